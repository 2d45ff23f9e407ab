"""What one process does in a race: each waits at the gate wherever the others have to have come as far."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deltalake
import pandas
import pyarrow.compute
import pyarrow.parquet

from data_platform.lake.errors import PartitionMoved, SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.storage import LocalStorage
from data_platform.steps.build import Built, build
from data_platform.steps.publish import publish_warehouse
from data_platform.steps.receive import receive
from data_platform_tests.lake.writing import COLUMNS, TRIPS, fingerprint, replace, rows, sighting, write
from data_platform_tests.proof.racing import Gate, stopped_before
from data_platform_tests.small_dataset import NOW, SmallDataset
from data_platform_tests.warehouse.example import generation, generations_in, publish_onto_current

# Imported before racers are forked, so that none of them spends its time on it; deltalake must not be used before.
PRELOADED = (deltalake, pandas, pyarrow.compute, pyarrow.parquet)
COMMITS = 3  # of one process
APPENDS = 4
READINGS = TableName("staged", "readings")
# What Python reports before it opens, renames, links or removes a file: every step of a publisher's own.
_TOUCHES = frozenset({"open", "os.rename", "os.link", "os.remove"})


def commit_once(gate: Gate, root: Path, partition: str, who: str, count: int, waits: int = 1) -> tuple[int | str, int]:
    """Replaces a partition. It waits once the work is done, and when it has compared and is about to write.

    With 2 `waits` it does so before and while somebody who waits for it goes on.
    """
    lake = lake_in(root)
    table = lake.table(TRIPS)
    base = table.begin([partition])
    files = [write(lake, partition, rows(who, count)), write(lake, partition, rows(who, count + 1), rejected=True)]
    gate()
    with (
        stopped_before(deltalake.DeltaTable, "create", gate),
        stopped_before(deltalake.DeltaTable, "create_write_transaction", gate, waits) as attempts,
    ):
        try:
            committed = table.commit(
                base, files, columns=COLUMNS, fingerprints={partition: fingerprint(who)}, provenance={"who": who}
            )
        except PartitionMoved:
            return "moved", len(attempts)
    return committed.version, len(attempts)


def commit_often(gate: Gate, root: Path, partition: str, who: str) -> tuple[list[int], int]:
    """Replaces a partition again and again, each time with a row more; the first time all write at once."""
    lake = lake_in(root)
    with stopped_before(deltalake.DeltaTable, "create_write_transaction", gate) as attempts:
        versions = [replace(lake, partition, who, number + 1).version for number in range(COMMITS)]
    return versions, len(attempts)


def correct(gate: Gate, root: Path, partition: str, count: int) -> int:
    """Commits a correction from its beginning to its end, after somebody slow has compared and before it writes."""
    gate()
    gate()
    return replace(lake_in(root), partition, "corrected", count).version


def append_often(gate: Gate, root: Path, slot: str) -> tuple[list[int], int]:
    """Appends sightings of a slot of its own, one by one, and compacts on the way; the first time all write at once."""
    ledger = lake_in(root).ledger("trips")
    sequences = []
    with stopped_before(deltalake.DeltaTable, "create_write_transaction", gate) as attempts:
        for number in range(APPENDS):
            after = ledger.append([sighting(slot, f"{slot} {number}")], base=ledger.read())
            latest = after.latest("2024-01", slot)
            assert latest is not None
            sequences.append(latest.sequence)
            ledger.compact(beyond=10)
    return sequences, len(attempts)


def append_to_shared_slot(gate: Gate, root: Path, who: str) -> tuple[str, int]:
    """Appends one sighting of a slot that everybody wants and has compared; a lost race is an answer."""
    ledger = lake_in(root).ledger("trips")
    base = ledger.read()
    with stopped_before(deltalake.DeltaTable, "create_write_transaction", gate) as attempts:
        try:
            ledger.append([sighting("shared", who)], base=base)
        except SlotMoved:
            return "moved", len(attempts)
    return who, len(attempts)


def receive_build_and_publish(gate: Gate, small: SmallDataset, months: list[str]) -> int:
    """So many small writers in one process: each receives and builds its month; then the process publishes."""
    platform = small.platform
    raw, model = platform.catalog.raw(TableName("raw", "readings")), platform.catalog.model(READINGS)

    def load(month: str) -> int:
        (received,) = receive(platform.lake, raw, [month], run_id=month, now=NOW)
        assert received.outcome == "received"
        built = build(platform, model, month, run_id=month)
        assert isinstance(built, Built)
        return built.version

    gate()
    with ThreadPoolExecutor(len(months)) as writers:
        versions = list(writers.map(load, months))
    assert publish_warehouse(platform, now=NOW) is not None
    return len(versions)


def publish_often(gate: Gate, root: Path, times: int) -> None:
    """Publishes one generation after the other."""
    gate()
    for number in range(1, times + 1):
        publish_onto_current(root, generation(root, number))
    (root / "over").touch()


def publish_step_by_step(gate: Gate, root: Path, number: int) -> int:
    """Publishes one generation; before each touch of the folder it waits until somebody has asked."""
    contents = generation(root, number)
    touches = 0

    def wait(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touches
        if over or event not in _TOUCHES or not str(arguments[0]).startswith(str(root / "warehouse")):
            return
        touches += 1
        gate()
        gate()

    over = False
    sys.addaudithook(wait)
    publish_onto_current(root, contents)
    over = True
    (root / "over").touch()
    return touches


def read_between_steps(gate: Gate, root: Path) -> list[list[int]]:
    """Asks while the publisher stands still, and stands still while the publisher goes a step."""
    seen = []
    while not (root / "over").exists():
        gate()
        seen.append(sorted(generations_in(root / "warehouse" / "warehouse.duckdb")))
        gate()
    return seen


def read_on(gate: Gate, root: Path) -> list[list[int]]:
    """Opens and asks the warehouse until the publisher is done; returns the generations that each question saw."""
    gate()
    seen = []
    over = False
    while not over:
        over = (root / "over").exists()
        seen.append(sorted(generations_in(root / "warehouse" / "warehouse.duckdb")))
    return seen


def lake_in(root: Path) -> Lake:
    return Lake(LocalStorage(root / "lake"))
