"""Hostile files through the real path, in a process with limits: received, staged as they are, accounted for."""

import logging
import re
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from data_platform.lake.names import TableName
from data_platform.sources.arrival import arrived
from data_platform.sources.errors import Refused
from data_platform.steps.errors import StepError
from data_platform_tests.small_dataset import FILES, SmallDataset, small_dataset

MOST_BYTES = 1 << 30
MOST_SECONDS = 60
# What a lake table can hold; other types of a Parquet file are read as text.
_KEPT = {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"}


@dataclass(frozen=True)
class Seen:
    """What became of a file. `outcome`: received, refused, or not read (received; its values cannot be read)."""

    outcome: str
    told: str
    records: int = 0
    unparsed: int = 0
    clean: int = 0
    rows: tuple[dict[str, Any], ...] = ()


def within_limits(paths: Sequence[Path], pipe: Connection) -> None:
    """Sends what became of each file; what is not sent ended in a crash, or beyond the limits.

    The limit is on private writable memory: address space is what DuckDB and Arrow take without using it.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    logging.disable()
    for path in paths:
        with tempfile.TemporaryDirectory() as folder:
            pipe.send(through(path, Path(folder)))
    pipe.close()


def through(path: Path, folder: Path) -> Seen:
    """Receives the file as a raw table of its own columns, stages it without a model, and reads the rows back."""
    folder.mkdir(exist_ok=True)
    names = _names(path, folder)
    small = small_dataset(folder / "small", _files(path, names))
    (received,) = small.receive("dirty")
    if received.outcome == "refused":
        reason = received.text.partition(": ")[2].removeprefix(f"{path.name}: ")
        return Seen("refused", reason)
    (sighting,) = received.current
    try:
        built = small.built("staged.dirty")
    except StepError as error:
        return Seen("not read", _told(str(error)), sighting.records or 0)
    account = built.account
    assert account is not None
    assert account.closes
    assert (account.arrived, account.clean, account.dropped) == (sighting.records, built.rows, 0)
    assert account.rejected == account.rejected_by.get("unparsed", 0) + account.rejected_by.get("castable", 0)
    assert account.rejected_by.get("unparsed", 0) == (sighting.unparsed or 0)
    return Seen(
        "received",
        sighting.read_as or "",
        account.arrived,
        sighting.unparsed or 0,
        account.clean,
        tuple(_rows(small, names)),
    )


def _told(error: str) -> str:
    """The first line of an error, without the names of this test."""
    return re.split(r"cannot run: |cannot be read: ", error, maxsplit=1)[-1].partition("\n")[0].strip()


def _names(path: Path, folder: Path) -> list[tuple[str, str]]:
    """Name and type of the file's columns; one that is not there where it cannot be read."""
    try:
        found = arrived(path, path.name, folder / "rows", folder / "unparsed").columns
    except Refused:
        return [("a", "VARCHAR")]
    return [(name, type_ if type_ in _KEPT else "VARCHAR") for name, type_ in found]


def _files(path: Path, names: list[tuple[str, str]]) -> dict[str, str | None]:
    raw = {f"hostile_{at}": {"type": type_, "aliases": [name]} for at, (name, type_) in enumerate(names)}
    table = {"description": "Hostile.", "source": {"http_file": {"url": path.as_uri()}}, "columns": raw}
    dataset = {"description": "Hostile files.", "owners": ["team:test"], "raw": {"dirty": table}}
    defs = {"type": "data_platform.components.dataset.Dataset", "attributes": dataset}
    contract = {
        "description": "As it came.",
        "columns": {f"hostile_{at}": {"type": type_} for at, (_, type_) in enumerate(names)},
        "audit": {"max_rejected_share": 1},
    }
    others = dict.fromkeys(FILES)
    return {**others, "defs.yaml": yaml.safe_dump(defs), "staged/dirty.yaml": yaml.safe_dump(contract)}


def _rows(small: SmallDataset, names: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The clean rows in the file's order, under the file's names."""
    lake = small.platform.lake
    paths = [lake.storage.local(key) for key in lake.table(TableName("staged", "dirty")).files(None).clean]
    found = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
    found.sort(key=lambda row: int(row["_source_row"]))
    return [{name: row[f"hostile_{at}"] for at, (name, _) in enumerate(names)} for row in found]
