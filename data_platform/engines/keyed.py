"""Rows of a table as they leave the platform, in batches; and whether a key tells them apart over all partitions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.quoting import identifier
from data_platform.engines.inputs import TableInput, bind, table_select

_AT_ONCE = 1_000


def row_batches(
    connection: duckdb.DuckDBPyConnection, table: TableInput, columns: Sequence[str]
) -> Iterator[list[tuple[Any, ...]]]:
    """The table's rows with these columns in this order, as Python values: decimals exact, moments with their zone."""
    bind(connection, [table])
    named = ", ".join(map(identifier, columns))
    of = f"{identifier(table.name.layer)}.{identifier(table.name.table)}"
    for batch in connection.sql(f"SELECT {named} FROM {of}").to_arrow_reader(_AT_ONCE):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def in_two_partitions(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[tuple[str, str]],
    key: Sequence[str],
    files: Mapping[str, Sequence[Path]],
) -> tuple[int, str, str] | None:
    """How many keys are in several partitions, and two of these; None if there are none. `files`: by partition."""
    chosen = [column for column in columns if column[0] in key]
    connection.execute("CREATE TEMP TABLE keyed (partition VARCHAR, key VARCHAR)")
    told = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in key)
    for partition, paths in files.items():
        select = f"SELECT DISTINCT ?, CAST([{told}] AS VARCHAR) FROM ({table_select(chosen, paths)})"
        connection.execute(f"INSERT INTO keyed {select}", [partition])
    shared = "SELECT min(partition) AS first, max(partition) AS last FROM keyed GROUP BY key HAVING count(*) > 1"
    found = connection.execute(f"SELECT count(*), min(first), max(last) FROM ({shared})").fetchone()
    return None if found is None or found[0] == 0 else found
