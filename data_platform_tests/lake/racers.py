"""What other processes do to a test's lake: gets ready, waits for a line, acts, and answers in JSON."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from data_platform.lake.errors import PartitionMoved, SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform_tests.lake.writing import COLUMNS, TRIPS, fingerprint, replace, rows, sighting, write


def commit_once(lake: Lake, partition: str, who: str, count: str) -> Any:
    """Replaces a partition that was noted and written before the start; a lost race is an answer."""
    table = lake.table(TRIPS)
    base = table.begin([partition])
    file = write(lake, partition, rows(who, int(count)))
    _start()
    try:
        committed = table.commit(
            base, [file], columns=COLUMNS, fingerprints={partition: fingerprint(who)}, provenance={"who": who}
        )
    except PartitionMoved:
        return "moved"
    return committed.version


def commit_often(lake: Lake, partition: str, who: str, times: str) -> Any:
    """Replaces a partition several times, each time with one row more."""
    _start()
    return [replace(lake, partition, who, number + 1).version for number in range(int(times))]


def append_often(lake: Lake, slot: str, times: str) -> Any:
    """Appends sightings of a slot of its own, one by one."""
    ledger = lake.ledger("trips")
    _start()
    seen = []
    for number in range(int(times)):
        after = ledger.append([sighting(slot, f"{slot} {number}")], base=ledger.read())
        latest = after.latest("2024-01", slot)
        assert latest is not None
        seen.append(latest.sequence)
    return seen


def append_to_shared_slot(lake: Lake, who: str) -> Any:
    """Appends one sighting of a slot that everybody wants; a lost race is an answer."""
    ledger = lake.ledger("trips")
    base = ledger.read()
    _start()
    try:
        ledger.append([sighting("shared", who)], base=base)
    except SlotMoved:
        return "moved"
    return who


def compact_often(lake: Lake, times: str) -> Any:
    """Compacts the ledger, whatever it holds."""
    _start()
    return [lake.ledger("trips").compact(beyond=0) for _ in range(int(times))]


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
