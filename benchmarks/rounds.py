"""Runs the sides in turns, each in a process of its own, and the cold command line after them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.layout import Layout
from benchmarks.measuring import Outcome
from benchmarks.source import MONTH, WARM_UP_MONTH, month_file, zones_file
from data_platform.steps.measure import Cost

_REPOSITORY = Path(__file__).parents[1]


class SideFailed(Exception):  # noqa: N818 - it is named for what happened
    """A side did not run, or made other rows than the side that it is compared with."""


@dataclass(frozen=True)
class Measured:
    """What a side cost in one round, and what it made."""

    cost: Cost
    outcome: Outcome


def generate(layout: Layout, rows: int) -> None:
    """Makes the source, in another process: the command line's peak memory is never less than ours when it starts."""
    _step(layout, layout.ready, ["generate", str(layout.root), "--rows", str(rows)])


def copy_source(layout: Layout, site: Path) -> None:
    """Takes the months and the zones from a copy of the TLC's site."""
    for file in _source_files(layout.source):
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / file.relative_to(layout.source), file)


def prepare(layout: Layout) -> None:
    """Makes the links that the yardstick wants and the lake from which the platform starts."""
    layout.flat_source.mkdir()
    for file in _source_files(layout.source):
        (layout.flat_source / file.name).symlink_to(file)
    _step(layout, layout.ready, ["prepare", str(layout.root)])


def _source_files(folder: Path) -> list[Path]:
    return [month_file(folder, WARM_UP_MONTH), month_file(folder, MONTH), zones_file(folder)]


def run_rounds(layout: Layout, sides: Sequence[str], rounds: int) -> dict[str, list[Measured]]:
    """Side → its figures, a round each: round after round, so that what else the machine does falls on all alike."""
    found: dict[str, list[Measured]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            found[side].append(_run(layout, side))
            refuse_other_rows(found)
    return found


def refuse_other_rows(found: Mapping[str, Sequence[Measured]]) -> None:
    """Raises SideFailed when sides that do the same work did not make the same rows."""
    made = [(side, each.outcome) for side, rounds in found.items() for each in rounds if each.outcome.digest]
    for side, outcome in made:
        first, expected = made[0]
        if outcome != expected:
            raise SideFailed(f"{side} and {first} made different rows: {outcome} and {expected}")


def run_command_line(layout: Layout) -> Cost:
    """What `dagster asset materialize` costs from a shell, start-up and all; the peak is that of one process."""
    _start_afresh(layout)
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "data_platform.definitions"]
    command += ["--select", "staged/yellow_trips", "--partition", MONTH]
    began = time.perf_counter()
    with (layout.root / "command-line.log").open("w+") as log:
        process = subprocess.Popen(command, env=_environment(layout, layout.output), stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode != 0:
            log.seek(0)
            raise SideFailed(f"{' '.join(command)} failed:\n{log.read()[-3000:]}")
    peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
    return Cost(round(wall, 3), round(usage.ru_utime + usage.ru_stime, 3), round(peak / 1e6, 1))


def _run(layout: Layout, side: str) -> Measured:
    _start_afresh(layout)
    arguments = [side, str(layout.root)]
    if layout.yardstick is not None:
        arguments += ["--yardstick", str(layout.yardstick)]
    told = json.loads(_step(layout, layout.output, arguments))
    return Measured(Cost(**told["cost"]), Outcome(**told["outcome"]))


def _start_afresh(layout: Layout) -> None:
    shutil.rmtree(layout.output, ignore_errors=True)
    shutil.copytree(layout.ready, layout.output)


def _step(layout: Layout, home: Path, arguments: Sequence[str]) -> str:
    command = [sys.executable, "-m", "benchmarks.side", *arguments]
    done = subprocess.run(
        command, env=_environment(layout, home), cwd=layout.root, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SideFailed(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _environment(layout: Layout, home: Path) -> Mapping[str, str]:
    """The caller's environment without his own settings of the platform."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_"))
    }
    return inherited | {
        "PYTHONPATH": str(_REPOSITORY),
        "DATA_PLATFORM_HOME": str(home),
        "DATA_PLATFORM_SOURCES": "live",
        "DATA_PLATFORM_TLC_URL": layout.source.as_uri(),
        "DATA_PLATFORM_FIRST_PARTITION": WARM_UP_MONTH,
        "DAGSTER_HOME": str(home / "dagster"),
    }
