"""A few rows for people to look at, with personal data masked."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform.engines.inputs import table_select
from data_platform.planning.catalog import ModelTable

_ROWS = 5
MASK = "•••"


@dataclass(frozen=True)
class Preview:
    """Column names, and the first rows as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def preview(connection: duckdb.DuckDBPyConnection, table: ModelTable, path: Path | None) -> Preview:
    """The first rows of what was written."""
    names = tuple(table.contract.columns)
    rows = connection.execute(
        f"SELECT * FROM ({table_select(table.columns, [path] if path else [])}) LIMIT {_ROWS}"
    ).fetchall()
    personal = [table.conceals(name) for name in names]
    return Preview(
        names,
        tuple(tuple(MASK if hide else str(value) for value, hide in zip(row, personal, strict=True)) for row in rows),
    )
