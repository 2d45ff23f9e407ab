"""What a figure was measured with: the command, the time, the machine; a process for each measurement."""

import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_platform import machine

REPOSITORY = Path(__file__).parents[1]
_PACKAGES = ("duckdb", "dagster", "deltalake", "sqlglot")


def headline(module: str, arguments: Sequence[str], began: datetime, load: float) -> str:
    """The command and when; `load` is the machine's load average (1 minute) when it began."""
    return (
        f"`{shlex.join(['python', '-m', module, *arguments])}`, {began:%Y-%m-%d %H:%M} UTC. Machine: "
        f"{machine.cores()} cores, {machine.memory_bytes() / 2**30:.0f} GiB, {platform.system()} {platform.machine()}; "
        f"load average {load:.1f} when it began. Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in _PACKAGES)}."
    )


def loop_seconds() -> float:
    """CPU seconds of five million steps of Python: how fast one core is just now."""
    began, total = time.process_time(), 0
    for step in range(5_000_000):
        total += step * step % 7
    return time.process_time() - began


def pace(before: float) -> str:
    """What a page says at its end, after figures of Python alone; `before` is what the loop took when it began."""
    return (
        f"A loop of five million steps of Python took {before:.2f} s before this and {loop_seconds():.2f} s after it."
    )


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The caller's environment without his own settings of the platform, and with this home."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_"))
    }
    ours = {f"DATA_PLATFORM_{name.upper()}": value for name, value in variables.items()}
    return inherited | {"PYTHONPATH": str(REPOSITORY), "DATA_PLATFORM_HOME": str(home)} | ours


def told(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Any:
    """Runs Python with arguments; the JSON of the last line that it writes. Raises RuntimeError with what it said."""
    done = subprocess.run(
        [sys.executable, *command], env=dict(env), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])
