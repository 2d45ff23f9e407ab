"""Binds what a model reads: each `layer.table` becomes a view over explicit files, typed as declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import identifier, literal, string_list
from data_platform.contracts.raw import Physical, RawColumn, match
from data_platform.engines.casts import ROUNDED, Cast, keeps_values, originals, rounds
from data_platform.engines.cuts import cuts
from data_platform.lake.names import TableName

# DuckDB's virtual column of a Parquet file.
_ROW_NUMBER = "file_row_number"
_IDENTITY = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"))


@dataclass(frozen=True)
class RawFile:
    """A received file: where its rows are read, what they are called in `_source_file`, and its own columns."""

    path: Path
    source_file: str
    columns: tuple[tuple[str, str], ...]
    numbered: bool = False
    """Whether the file carries `_source_row` itself (parsed text) instead of Parquet's row number."""

    def names_in_sql(self) -> dict[str, str]:
        """Each column, in order, and its name in SQL: one that is called like the reader's row number gives way."""
        free = _ROW_NUMBER
        while free in {name.lower() for name, _ in self.columns}:
            free += "_"
        return {name: free if name.lower() == _ROW_NUMBER else name for name, _ in self.columns}


@dataclass(frozen=True)
class RawInput:
    """A raw table as models see it: the declared columns, whatever each file calls and types them."""

    name: TableName
    declared: Mapping[str, RawColumn]
    files: tuple[RawFile, ...]


@dataclass(frozen=True)
class TableInput:
    """A staged or curated table: the clean rows of explicit files; `columns` are (name, type)."""

    name: TableName
    columns: tuple[tuple[str, str], ...]
    files: tuple[Path, ...]

    def __post_init__(self) -> None:
        if len(set(self.files)) != len(self.files):
            raise ValueError(f"{self.name}: a file is named twice, its rows would count double")


@dataclass(frozen=True)
class ViewInput:
    """A view model: its SELECT, run inside whoever reads it."""

    name: TableName
    sql: str
    columns: tuple[tuple[str, str], ...]


Input = RawInput | TableInput | ViewInput


def bind(connection: duckdb.DuckDBPyConnection, inputs: Sequence[Input]) -> None:
    """Creates a view for each input under its own name; views come after what they read."""
    for item in inputs:
        name = f"{identifier(item.name.layer)}.{identifier(item.name.table)}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(item.name.layer)}")
        select = _select(connection, item)
        if isinstance(item, TableInput) and item.name.layer == "staged":
            # Models see the contract's columns; what is read is checked by identity, which lies behind them.
            connection.execute("CREATE SCHEMA IF NOT EXISTS as_read")
            with_identity = table_select((*item.columns, *_IDENTITY), item.files)
            connection.execute(f"CREATE VIEW {as_read(item.name)} AS {with_identity}")
            select = f"SELECT {', '.join(identifier(column) for column, _ in item.columns)} FROM {as_read(item.name)}"
        connection.execute(f"CREATE VIEW {name} AS {select}")


def as_read(name: TableName) -> str:
    """The relation behind a staged input: its rows as they are read, with `_source_file` and `_source_row`."""
    return f"as_read.{identifier(name.sql)}"


def _select(connection: duckdb.DuckDBPyConnection, item: Input) -> str:
    if isinstance(item, RawInput):
        return _raw_select(connection, item)
    if isinstance(item, TableInput):
        return table_select(item.columns, item.files)
    columns = ", ".join(f"CAST({identifier(name)} AS {type_}) AS {identifier(name)}" for name, type_ in item.columns)
    return f"SELECT {columns} FROM ({item.sql})"


def table_select(columns: Sequence[tuple[str, str]], files: Sequence[Path]) -> str:
    """A typed SELECT over explicit files. A column that a file lacks is NULL; no files: no rows, same columns."""
    empty = ", ".join(f"CAST(NULL AS {type_}) AS {identifier(name)}" for name, type_ in columns)
    if not files:
        return f"SELECT {empty} WHERE false"
    names = ", ".join(identifier(name) for name, _ in columns)
    paths = string_list([str(path) for path in files])
    # The empty branch adds the columns that no file has, and settles the types.
    return (
        f"SELECT {names} FROM ((SELECT {empty} WHERE false) UNION ALL BY NAME "
        f"(SELECT * FROM read_parquet({paths}, union_by_name=true, hive_partitioning=false)))"
    )


def _raw_select(connection: duckdb.DuckDBPyConnection, item: RawInput) -> str:
    if not item.files:
        columns = ", ".join(f"CAST(NULL AS {c.type}) AS {identifier(name)}" for name, c in item.declared.items())
        hidden = "CAST(NULL AS VARCHAR) AS _source_file, CAST(NULL AS BIGINT) AS _source_row"
        return f"SELECT {columns}, {hidden}, CAST(NULL AS VARCHAR) AS _uncast WHERE false"
    return " UNION ALL ".join(
        _file_select(item.declared, file) + piece
        for file in item.files
        for piece in _pieces(cuts(connection, file.path))
    )


def _pieces(cuts: Sequence[int]) -> list[str]:
    """A WHERE for each piece of a file that is cut before these rows."""
    if not cuts:
        return [""]
    between = [f" WHERE {_ROW_NUMBER} >= {a} AND {_ROW_NUMBER} < {b}" for a, b in pairwise(cuts)]
    return [f" WHERE {_ROW_NUMBER} < {cuts[0]}", *between, f" WHERE {_ROW_NUMBER} >= {cuts[-1]}"]


def _file_select(declared: Mapping[str, RawColumn], file: RawFile) -> str:
    """One file's rows: declared columns, then identity. The file's own column names stay inside."""
    in_sql = file.names_in_sql()
    found = {
        name: None if physical is None else Physical(in_sql[physical.name], physical.type)
        for name, physical in match(declared, file.columns).columns.items()
    }
    columns = [f"{_value(found[name], column)} AS {identifier(name)}" for name, column in declared.items()]
    names = ", ".join(map(identifier, in_sql.values()))
    renamed = f" AS file({names})" if list(in_sql) != list(in_sql.values()) else ""
    return (
        f"SELECT {', '.join(columns)}, {literal(file.source_file)} AS _source_file, "
        f"CAST({'_source_row' if file.numbered else _ROW_NUMBER} AS BIGINT) AS _source_row, "
        f"{_uncast(declared, found)} AS _uncast "
        # A file's minimum and maximum leave NaN out: without the option DuckDB takes `NaN > maximum` for false unseen.
        f"FROM read_parquet({literal(file.path)}, hive_partitioning=false, can_have_nan=true){renamed}"
    )


def _value(physical: Physical | None, declared: RawColumn) -> str:
    wanted = declared.type
    if physical is None or physical.type == "NULL":
        return f"CAST(NULL AS {wanted})"
    column = _in_file(physical, declared)
    if physical.type == wanted:
        return column
    return f"CAST({column} AS {wanted})" if keeps_values(physical.type, wanted) else f"TRY_CAST({column} AS {wanted})"


def _in_file(physical: Physical, declared: RawColumn) -> str:
    """A file's column; where that is text, with the declared words in place of what they stand for."""
    column = identifier(physical.name)
    if physical.type != "VARCHAR" or not declared.words:
        return column
    words = " ".join(f"WHEN {literal(word.upper())} THEN {literal(value)}" for word, value in declared.words.items())
    return f"CASE upper(trim({column})) {words} ELSE {column} END"


def _uncast(declared: Mapping[str, RawColumn], found: Mapping[str, Physical | None]) -> str:
    """JSON of the original text of each value that its declared type cannot hold.

    ROUNDED when all fit, yet one was made coarser; NULL when all are what they were.
    """
    casts = {
        name: Cast.of(_in_file(physical, declared[name]), physical.type, declared[name].type)
        for name, physical in found.items()
        if physical is not None and physical.type not in ("NULL", declared[name].type)
        if not keeps_values(physical.type, declared[name].type)
    }
    lost, rounded = originals(casts), [told for cast in casts.values() if (told := rounds(cast))]
    return f"coalesce({lost}, CASE WHEN {' OR '.join(rounded)} THEN {literal(ROUNDED)} END)" if rounded else lost
