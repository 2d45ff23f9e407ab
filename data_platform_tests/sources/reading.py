"""Reads what a test writes down, as if it had just arrived, and gives its rows and its unparsed lines."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_platform.sources.arrival import arrived
from data_platform.sources.errors import Refused
from data_platform.sources.inspect import Inspected
from data_platform.sources.options import ReadOptions

Rows = list[list[str | None]]
PLAIN = ReadOptions(delimiter=",", quote='"', header=True)
"""A dialect that is not looked for."""


@dataclass(frozen=True)
class Parsed:
    """What came out: rows without their number, `numbers`, and (number, line, text, error) of what was not read."""

    found: Inspected
    rows: Rows
    numbers: list[int]
    unparsed: list[tuple[int, int, str, str]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.found.columns)


def parsed(
    folder: Path,
    content: bytes | Path,
    name: str = "f.csv",
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - a frozen value
    declared: tuple[str, ...] = (),
) -> Parsed:
    """What arrived in these bytes, after checking that every number from 0 on is that of one row or line."""
    path, into, lines = folder / "incoming", folder / "rows", folder / "unparsed"
    path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    lines.unlink(missing_ok=True)
    found = arrived(path, name, into, lines, options=options, declared=declared)
    table = pq.read_table(into)
    assert table.schema.names == [*(column for column, _ in found.columns), "_source_row"]
    assert {type_ for _, type_ in found.columns} <= {"VARCHAR"}
    assert set(map(str, table.schema.types[:-1])) <= {"string"}
    columns = [table.column(index).to_pylist() for index in range(table.num_columns)]
    numbers: list[int] = columns.pop()
    unparsed = [tuple(row.values()) for row in pq.read_table(lines).to_pylist()] if lines.exists() else []
    assert sorted([*numbers, *(row[0] for row in unparsed)]) == list(range(found.records))
    assert len(unparsed) == found.unparsed
    rows: Rows = [list(row) for row in zip(*columns, strict=True)] if columns else []
    return Parsed(found, rows, numbers, unparsed)


def refused(
    folder: Path,
    content: bytes,
    name: str = "f.csv",
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - a frozen value
    declared: tuple[str, ...] = (),
) -> str:
    """Why it was; nothing was written."""
    path, into, lines = folder / "incoming", folder / "rows", folder / "unparsed"
    path.write_bytes(content)
    for old in (into, lines):
        old.unlink(missing_ok=True)
    with pytest.raises(Refused) as caught:
        arrived(path, name, into, lines, options=options, declared=declared)
    assert not into.exists()
    assert not lines.exists()
    return caught.value.reason
