"""A few rows of each table of the published warehouse, as text for its page. Personal columns are never read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.contract import ColumnSpec
from data_platform.contracts.quoting import identifier
from data_platform.meaning.format import Format, format_of, formatted
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.warehouse.read import open_read_only

ROWS = 10
MASK = "•••"
_LONGEST = 120
_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"}


@dataclass(frozen=True)
class SampleColumn:
    """A column of a sample; numbers stand to the right."""

    name: str
    is_number: bool
    personal: bool


@dataclass(frozen=True)
class Sample:
    """Rows as text, in the columns' order; None stands for NULL. Masked values are `MASK`."""

    columns: tuple[SampleColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]


def samples(catalog: Catalog, warehouse: Path) -> Mapping[str, Sample]:
    """By `layer.table`; tables that the publication does not have, or not in today's columns, are missing."""
    found = {}
    with open_read_only(warehouse) as connection:
        published = _published(connection)
        for table in catalog:
            if not isinstance(table, ModelTable) or table.name.sql not in published:
                continue
            shown = {name: spec for name, spec in table.contract.columns.items() if not table.conceals(name)}
            if shown.keys() <= published[table.name.sql]:
                found[table.name.sql] = _sample(connection, table, shown)
    return found


def _published(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = current_database() GROUP BY ALL"
    ).fetchall()
    return {name: set(columns) for name, columns in rows}


def _sample(connection: duckdb.DuckDBPyConnection, table: ModelTable, shown: Mapping[str, ColumnSpec]) -> Sample:
    names = ", ".join(map(identifier, shown)) or "1"
    relation = f"{identifier(table.name.layer)}.{identifier(table.name.table)}"
    rows = connection.execute(f"SELECT {names} FROM {relation} LIMIT {ROWS}").fetchall()
    columns = table.contract.columns
    places = {name: place for place, name in enumerate(shown)}
    formats = {name: format_of(spec.semantic, spec.unit, spec.type) for name, spec in columns.items()}

    def cell(row: tuple[Any, ...], name: str) -> str | None:
        return MASK if name not in places else _text(row[places[name]], formats[name])

    return Sample(
        tuple(SampleColumn(name, _is_number(spec), table.conceals(name)) for name, spec in columns.items()),
        tuple(tuple(cell(row, name) for name in columns) for row in rows),
    )


def _is_number(spec: ColumnSpec) -> bool:
    return spec.semantic != "id" and spec.type.partition("(")[0] in _NUMBERS


def _text(value: Any, format_: Format) -> str | None:
    if value is None:
        return None
    text = formatted(value, format_)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
