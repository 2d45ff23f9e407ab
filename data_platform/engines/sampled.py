"""Runs a model over rows in memory: a SELECT by DuckDB, a Python function by itself. Nothing is written anywhere."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from data_platform.contracts.quoting import identifier
from data_platform.lake.names import TableName

if TYPE_CHECKING:
    import pyarrow as pa


class SampledSelect:
    """One SELECT over tables that are given anew each time; `columns` are (name, type) of each table that it reads."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        select: str,
        columns: Mapping[TableName, Sequence[tuple[str, str]]],
        views: Sequence[tuple[TableName, str]] = (),
        *,
        seconds: float = 5,
    ) -> None:
        """`views` are (name, SELECT) of views over them; `seconds` is what one run may take."""
        self._connection = connection
        self._select = select
        self._given: dict[TableName, pa.Table] = {}
        self._names = {name: f"sample_{number}" for number, name in enumerate(columns)}
        self._columns = columns
        self._views = views
        self._seconds = seconds

    def __call__(self, tables: "Mapping[TableName, pa.Table]") -> "pa.Table":
        """What the SELECT gives. Raises duckdb.Error; duckdb.InterruptException when it takes too long, as a recursion
        does that other values never end.
        """
        first = not self._given
        for name, rows in tables.items():
            if self._given.get(name) is not rows:
                self._connection.register(self._names[name], rows)
                self._given[name] = rows
        if first:
            self._define()
        alarm = threading.Timer(self._seconds, self._connection.interrupt)
        alarm.start()
        try:
            return self._connection.sql(self._select).to_arrow_table()
        finally:
            alarm.cancel()

    def _define(self) -> None:
        for name, columns in self._columns.items():
            typed = ", ".join(f"CAST({identifier(c)} AS {type_}) AS {identifier(c)}" for c, type_ in columns)
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name.layer)}")
            relation = f"{identifier(name.layer)}.{identifier(name.table)}"
            self._connection.execute(f"CREATE VIEW {relation} AS SELECT {typed} FROM {self._names[name]}")
        for name, select in self._views:
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name.layer)}")
            self._connection.execute(f"CREATE VIEW {identifier(name.layer)}.{identifier(name.table)} AS {select}")


def sampled_function(
    function: Callable[..., Any], in_batches: frozenset[str] = frozenset()
) -> "Callable[[Mapping[TableName, pa.Table]], pa.Table]":
    """A Python model as what gives its output for some inputs; those `in_batches` it takes as readers.

    Raises what the function raises, or TypeError.
    """

    def run(tables: "Mapping[TableName, pa.Table]") -> "pa.Table":
        given = {name.table: rows for name, rows in tables.items()}
        return as_arrow(function(**{name: _given(rows, name in in_batches) for name, rows in given.items()}))

    return run


def _given(rows: "pa.Table", in_batches: bool) -> Any:
    return rows.to_reader() if in_batches else rows


def as_arrow(result: Any) -> "pa.Table":
    """What a Python model returned. Raises TypeError for anything but a pyarrow Table, a reader or a DataFrame."""
    import pyarrow as pa  # here and not above: this takes 0.2 s of each start, pandas 0.3 s more

    if isinstance(result, pa.Table):
        return result
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        return pa.Table.from_pandas(result, preserve_index=False)
    if isinstance(result, pa.RecordBatchReader):
        return result.read_all()
    raise TypeError(
        f"returned {type(result).__name__}; return a pyarrow Table, a RecordBatchReader or a pandas DataFrame"
    )


def as_batches(result: Any) -> "pa.Table | pa.RecordBatchReader":
    """The same, where it is not to be held in memory as a whole: a reader stays one."""
    import pyarrow as pa

    return result if isinstance(result, pa.RecordBatchReader) else as_arrow(result)
