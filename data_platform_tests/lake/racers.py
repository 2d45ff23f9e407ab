"""What other processes do to a test's lake: gets ready, waits for a line, acts, and answers in JSON."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform_tests.lake.writing import TRIPS, replace, rows, write


def die_with_files_written(lake: Lake, partition: str) -> Any:
    """Gets as far as the commit and no further."""
    lake.table(TRIPS).begin([partition])
    write(lake, partition, rows("the dead", 7))
    write(lake, partition, rows("the dead", 2), rejected=True)
    _start()
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_a_row_of_commits(lake: Lake, partition: str) -> Any:
    """Commits until somebody kills it."""
    _start()
    number = 0
    while True:
        number += 1
        replace(lake, partition, f"commit {number}", number)
        print(number, flush=True)  # noqa: T201 - the answer to whoever kills this process


def _start() -> None:
    print("ready", flush=True)  # noqa: T201 - the answer to whoever started this process
    sys.stdin.readline()


if __name__ == "__main__":
    root, name, *arguments = sys.argv[1:]
    print(json.dumps(globals()[name](Lake(LocalStorage(Path(root))), *arguments)), end="")  # noqa: T201 - the answer
