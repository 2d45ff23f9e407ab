"""The warehouse as a dashboard sees it: one SELECT at a time, each kept with its parameters and its rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from data_platform.sql.relations import references
from data_platform.sql.syntax import SqlError, read
from data_platform.warehouse.read import open_read_only

if TYPE_CHECKING:
    import pyarrow as pa

# Functions in FROM that read nothing from outside.
_GENERATORS = (exp.GenerateSeries, exp.Unnest)

Parameters = Mapping[str, Any] | Sequence[Any] | None


@dataclass(frozen=True)
class Query:
    """A SELECT that was run: its number from 1, what its first comment says, and the relations that it names."""

    number: int
    title: str
    sql: str
    parameters: Parameters
    tables: tuple[str, ...]
    """As `schema.name`, sorted."""
    rows: "pa.Table"

    @property
    def name(self) -> str:
        return f"query_{self.number}"


class NotPublishedError(LookupError):
    """A query names a relation that this publication does not have."""

    def __init__(self, relation: str) -> None:
        super().__init__(f"{relation} is not in the published warehouse")
        self.relation = relation


class RecordedWarehouse:
    """A read-only warehouse with `sql`, the method of that name of a DuckDB connection, and nothing else."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._results: list[tuple[Query, duckdb.DuckDBPyRelation]] = []

    @property
    def queries(self) -> tuple[Query, ...]:
        """All that were run, in order."""
        return tuple(query for query, _ in self._results)

    def sql(self, query: str, *, params: Parameters = None) -> duckdb.DuckDBPyRelation:
        """The rows of one SELECT, already fetched: data for a chart as it is, or `.fetchall()`, `.df()` and so on.

        Raises ValueError for anything but one SELECT over relations of the warehouse, NotPublishedError where there
        is no such relation, duckdb.Error for what DuckDB refuses.
        """
        tables = _tables(query)
        for table in tables:
            self._check_published(table)
        rows = self._connection.sql(query, params=params).materialize()
        number = len(self._results) + 1
        recorded = Query(number, _title(query), query.strip(), params, tables, rows.to_arrow_table())
        self._results.append((recorded, rows))
        return rows

    def _check_published(self, table: str) -> None:
        found = "SELECT 1 FROM information_schema.tables WHERE table_schema || '.' || table_name = ?"
        if not self._connection.execute(found, [table]).fetchall():
            raise NotPublishedError(table)

    def query_of(self, rows: object) -> Query | None:
        """The query whose result this is; None for anything that `sql` did not return."""
        return next((query for query, result in self._results if result is rows), None)


def open_recorded(path: Path) -> tuple[duckdb.DuckDBPyConnection, RecordedWarehouse]:
    """The publication at `path`: for whoever draws, and recorded for whom it is drawn. Close the connection.

    Raises FileNotFoundError if nothing was published yet.
    """
    connection = open_read_only(path)
    return connection, RecordedWarehouse(connection)


def _tables(query: str) -> tuple[str, ...]:
    try:
        tree = read(query).tree
    except SqlError as error:
        raise ValueError(
            f"not one SELECT: {error.message}. A dashboard reads the warehouse; it changes nothing"
        ) from None
    found = set()
    for table, cte in references(tree):
        if cte is None and isinstance(table.this, exp.Identifier):
            if not table.db:
                raise ValueError(f"FROM {table.name}: write its layer before it, such as curated.{table.name}")
            found.add(f"{table.db}.{table.name}")
        elif cte is None and not isinstance(table.this, _GENERATORS):
            raise ValueError(
                f"FROM {table.this.sql('duckdb')}: a dashboard reads relations of the warehouse, nothing else"
            )
    return tuple(sorted(found))


def _title(query: str) -> str:
    found = re.match(r"\s*--+ *(\S.*?)\.?[ \t]*\n", query)
    return found[1] if found else ""
