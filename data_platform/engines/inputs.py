"""Binds what a model reads: each `layer.table` becomes a view over explicit files, typed as declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import identifier, literal, string_list
from data_platform.contracts.raw import Physical, RawColumn, match
from data_platform.lake.names import TableName

# Casts that keep every value: nothing to check, nothing to report.
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_WIDER = {
    **{narrow: {*_INTEGERS[i + 1 :], "HUGEINT"} for i, narrow in enumerate(_INTEGERS)},
    "UTINYINT": {"SMALLINT", "INTEGER", "BIGINT"},
    "USMALLINT": {"INTEGER", "BIGINT"},
    "UINTEGER": {"BIGINT"},
    "FLOAT": {"DOUBLE"},
    "DATE": {"TIMESTAMP"},
}
_EXACT_DOUBLE = {"TINYINT", "SMALLINT", "INTEGER"}


@dataclass(frozen=True)
class RawFile:
    """A received file: where its rows are read, what they are called in `_source_file`, and its own columns."""

    path: Path
    source_file: str
    columns: tuple[tuple[str, str], ...]
    numbered: bool = False
    """Whether the file carries `_source_row` itself (parsed text) instead of Parquet's row number."""


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
        connection.execute(f"CREATE VIEW {name} AS {_select(item)}")


def _select(item: Input) -> str:
    if isinstance(item, RawInput):
        return _raw_select(item)
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


def _raw_select(item: RawInput) -> str:
    if not item.files:
        columns = ", ".join(f"CAST(NULL AS {c.type}) AS {identifier(name)}" for name, c in item.declared.items())
        hidden = "CAST(NULL AS VARCHAR) AS _source_file, CAST(NULL AS BIGINT) AS _source_row"
        return f"SELECT {columns}, {hidden}, CAST(NULL AS VARCHAR) AS _uncast WHERE false"
    return " UNION ALL ".join(_file_select(item.declared, file) for file in item.files)


def _file_select(declared: Mapping[str, RawColumn], file: RawFile) -> str:
    found = match(declared, file.columns).columns
    columns = [f"{_value(found[name], column.type)} AS {identifier(name)}" for name, column in declared.items()]
    row = "_source_row" if file.numbered else "file_row_number"
    option = "" if file.numbered else ", file_row_number=true"
    return (
        f"SELECT {', '.join(columns)}, {literal(file.source_file)} AS _source_file, "
        f"CAST({row} AS BIGINT) AS _source_row, {_uncast(declared, found)} AS _uncast "
        f"FROM read_parquet({literal(file.path)}, hive_partitioning=false{option})"
    )


def _value(physical: Physical | None, wanted: str) -> str:
    if physical is None or physical.type == "NULL":
        return f"CAST(NULL AS {wanted})"
    column = identifier(physical.name)
    if physical.type == wanted:
        return column
    return f"CAST({column} AS {wanted})" if keeps_values(physical.type, wanted) else f"TRY_CAST({column} AS {wanted})"


def _uncast(declared: Mapping[str, RawColumn], found: Mapping[str, Physical | None]) -> str:
    """JSON of the original text of each value that its declared type cannot hold; NULL when all fit."""
    broken = {
        name: (identifier(physical.name), changes(identifier(physical.name), physical.type, declared[name].type))
        for name, physical in found.items()
        if physical is not None and physical.type not in ("NULL", declared[name].type)
        if not keeps_values(physical.type, declared[name].type)
    }
    return originals(broken)


def originals(broken: Mapping[str, tuple[str, str]]) -> str:
    """SQL for a JSON object of original texts: column name → (its SQL, the condition under which it is told)."""
    if not broken:
        return "CAST(NULL AS VARCHAR)"
    parts = ", ".join(
        f"CASE WHEN {condition} THEN to_json({literal(name)}) || ':' || to_json(CAST({column} AS VARCHAR)) END"
        for name, (column, condition) in broken.items()
    )
    anything = " OR ".join(f"({condition})" for _, condition in broken.values())
    return f"CASE WHEN {anything} THEN '{{' || concat_ws(',', {parts}) || '}}' END"


def changes(column: str, has: str, wanted: str) -> str:
    """SQL that is true where casting loses the value: it becomes NULL, or another whole number than it was."""
    cast = f"TRY_CAST({column} AS {wanted})"
    lost = f"{column} IS NOT NULL AND {cast} IS NULL"
    if wanted in _INTEGERS and (has in ("FLOAT", "DOUBLE") or has.startswith("DECIMAL")):
        # 1.5 would become 2 without a word.
        return f"({lost} OR {column} <> {cast})"
    return f"({lost})"


def keeps_values(has: str, wanted: str) -> bool:
    """Whether every value of one type can be cast to the other unchanged, so that nothing needs checking."""
    if has == wanted or wanted == "VARCHAR":
        return True
    return wanted in _WIDER.get(has, ()) or (wanted == "DOUBLE" and has in _EXACT_DOUBLE)
