"""A lake of its own for each test, and processes that use it at the same moment."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage

REPOSITORY = Path(__file__).parents[2]

# (arguments of each process) → (exit code, what it answered) of each process
Race = Callable[[Sequence[Sequence[str]]], list[tuple[int, Any]]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LocalStorage(tmp_path / "the lake's ö"))


@pytest.fixture
def race(lake: Lake) -> Iterator[Race]:
    """Starts `racers.py` several times on the test's lake, waits until all are warm, and lets them go together."""
    started: list[subprocess.Popen[str]] = []

    def run(all_arguments: Sequence[Sequence[str]]) -> list[tuple[int, Any]]:
        root = lake.storage.delta_uri("")
        for arguments in all_arguments:
            command = [sys.executable, "-m", "data_platform_tests.lake.racers", root, *arguments]
            pipe = subprocess.PIPE
            started.append(subprocess.Popen(command, cwd=REPOSITORY, text=True, stdin=pipe, stdout=pipe))
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=60)[0] for process in started]
        codes = [process.returncode for process in started]
        return [(code, json.loads(text) if text else None) for code, text in zip(codes, answers, strict=True)]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
