"""Finds the rows of explicit files that some values lead to. What to compare is the caller's; values stay data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import identifier, literal
from data_platform.engines.inputs import table_select

_IDENTITY = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"))
_QUARANTINED = (*_IDENTITY, ("_rules", "VARCHAR[]"))
TARGET = "traced_rows"
Typed = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """What must have one value on both sides: SQL over the rows that were found, SQL over the input, and its type."""

    this: str
    that: str
    type: str


@dataclass(frozen=True)
class Way:
    """How rows that were found lead to rows of an input: what must agree, and conditions over the input's rows."""

    pairs: tuple[Pair, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileRows:
    """Rows of one source file: how many, and the first of their numbers (from 0)."""

    source_file: str
    count: int
    rows: tuple[int, ...]


def fits(connection: duckdb.DuckDBPyConnection, value: str, type_: str) -> bool:
    """Whether a text is a value of a type."""
    ((found,),) = connection.execute(f"SELECT TRY_CAST({literal(value)} AS {type_}) IS NOT NULL").fetchall()
    return bool(found)


def matches(columns: Typed, key: Mapping[str, str | None]) -> str:
    """SQL that is true for rows whose columns have these values (None: NULL)."""
    types = dict(columns)
    return " AND ".join(
        f"{identifier(name)} IS NOT DISTINCT FROM "
        + ("NULL" if value is None else f"CAST({literal(value)} AS {types[name]})")
        for name, value in key.items()
    )


def find(connection: duckdb.DuckDBPyConnection, name: str, columns: Typed, files: Sequence[Path], where: str) -> int:
    """Keeps the rows of some files for which `where` is true as the relation `name`; returns how many there are."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS "
        f"SELECT * FROM ({table_select(columns, files)}) WHERE {where}"
    )
    return _count(connection, name)


def key_row(connection: duckdb.DuckDBPyConnection, name: str, columns: Typed, key: Mapping[str, str | None]) -> None:
    """Keeps one row with nothing but a key as the relation `name`."""
    types = dict(columns)
    values = ", ".join(
        f"CAST({'NULL' if value is None else literal(value)} AS {types[column]}) AS {identifier(column)}"
        for column, value in key.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT {values}")


def follow(
    connection: duckdb.DuckDBPyConnection,
    found: str,
    name: str,
    columns: Typed,
    files: Sequence[Path],
    ways: Sequence[Way],
) -> int:
    """Keeps those rows of an input as the relation `name` that any of the ways leads to from the rows in `found`.

    Returns how many there are. Raises duckdb.Error where an expression fails on a row.
    """
    rows = f"({table_select(columns, files)})"
    selects = [_along(found, rows, columns, way) for way in ways]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {' UNION '.join(selects)}")
    return _count(connection, name)


def _along(found: str, rows: str, columns: Typed, way: Way) -> str:
    names = ", ".join(f"i.{identifier(column)}" for column, _ in columns)
    where = " AND ".join(f"({condition})" for condition in way.only) or "true"
    if not way.pairs:
        return f"SELECT {names} FROM {rows} AS i WHERE {where}"
    # Computed on each side alone: both may have a column of one name.
    these = ", ".join(f"CAST({pair.this} AS {pair.type}) AS _key_{at}" for at, pair in enumerate(way.pairs))
    those = ", ".join(f"TRY_CAST({pair.that} AS {pair.type}) AS _key_{at}" for at, pair in enumerate(way.pairs))
    same = " AND ".join(f"i._key_{at} IS NOT DISTINCT FROM t._key_{at}" for at in range(len(way.pairs)))
    return (
        f"SELECT {names} FROM (SELECT *, {those} FROM {rows} WHERE {where}) AS i "
        f"SEMI JOIN (SELECT DISTINCT {these} FROM {identifier(found)}) AS t ON {same}"
    )


def file_rows(connection: duckdb.DuckDBPyConnection, name: str, most: int) -> list[FileRows]:
    """The source rows of a relation with row identity, by file; of each file at most so many are named."""
    rows = connection.execute(
        f"SELECT _source_file, count(*), list_slice(list_sort(list(_source_row)), 1, {most}) "
        f"FROM {identifier(name)} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [FileRows(file, count, tuple(numbers)) for file, count, numbers in rows]


def quarantined(
    connection: duckdb.DuckDBPyConnection, columns: Typed, files: Sequence[Path], where: str, most: int
) -> list[tuple[str, int, tuple[str, ...]]]:
    """(source file, row, rules) of quarantined rows for which `where` is true."""
    rows = connection.execute(
        f"SELECT _source_file, _source_row, _rules FROM ({table_select((*columns, *_QUARANTINED), files)}) "
        f"WHERE {where} ORDER BY 1, 2 LIMIT {most}"
    ).fetchall()
    return [(file, row, tuple(rules)) for file, row, rules in rows]


def with_identity(columns: Typed) -> tuple[tuple[str, str], ...]:
    """The columns of a staged table's files, those that say where a row is from with them."""
    return (*columns, *_IDENTITY)


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchall()
    return int(rows)
