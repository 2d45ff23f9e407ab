"""A small lake in memory, twice: with the hidden columns of raw rows, and without them as the author thinks of it."""

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from data_platform.sql.identity import Threaded, thread
from data_platform.sql.model import parse
from data_platform.sql.row_path import HIDDEN

Rows = Counter[tuple[Any, ...]]

_TABLES = {
    "raw.trips": ("range(12)", 'i AS id, i % 4 AS k, i % 3 AS v, i * 10 AS "Odd Col"'),
    "raw.green": ("range(7)", 'i AS id, nullif(i % 5, 0) AS k, 1 AS v, i AS "Odd Col"'),
    "raw.fhv": ("range(5)", '1 AS id, 2 AS k, i % 2 AS v, 0 AS "Odd Col"'),
    "raw.zones": ("range(3)", "i AS k, 'raw ' || i AS name"),
    "staged.zones": ("range(4)", "i AS k, 'zone ' || i AS name, i + 100 AS n"),
    "staged.visits": ("range(8)", "i AS id, i % 2 AS k, i AS n"),
}


def lake(*, hidden: bool) -> duckdb.DuckDBPyConnection:
    """All tables; the raw ones with HIDDEN, as the platform gives them, if `hidden`."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA staged")
    for name, (source, columns) in _TABLES.items():
        if hidden and name.startswith("raw."):
            columns += f", '{name}-' || i % 2 AS _source_file, i AS _source_row, 'text ' || i AS _uncast"
        connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {source} AS r(i)")
    return connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """The rows of a query with the number of times each comes."""
    return Counter(connection.execute(sql).fetchall())


def threaded(sql: str) -> Threaded:
    return thread(parse(Path("staged/trips.sql"), sql))


def check_identity(with_hidden: duckdb.DuckDBPyConnection, plain: duckdb.DuckDBPyConnection, sql: str) -> Threaded:
    """Each row of the driving tables comes out once under its own identity, and shows what `sql` says."""
    made = threaded(sql)
    result = with_hidden.execute(made.sql)
    names = [column[0] for column in result.description or ()]
    found = result.fetchall()
    assert tuple(names[-3:]) == HIDDEN
    assert not set(names[:-3]) & set(HIDDEN)
    given = " UNION ALL ".join(f"SELECT {', '.join(HIDDEN)} FROM {table.sql}" for table in made.driving)
    assert Counter(row[-3:] for row in found) == rows(with_hidden, given)
    assert Counter(row[:-3] for row in found) == rows(plain, sql)
    for lookup in made.lookups:
        assert with_hidden.execute(made.repeated_keys(lookup)).fetchall() == []
    return made
