"""The labelled transforms: tables with sample rows, a SELECT or a function over them, and what each column comes from."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from data_platform.contracts.quoting import identifier
from data_platform.lake.names import TableName

TRANSFORMS = Path(__file__).with_name("transforms")
Pair = tuple[str, str]
"""An output column and a source column, `layer.table.column`."""


@dataclass(frozen=True)
class Table:
    """A table of the sample: (name, type) of its columns, and its rows."""

    columns: tuple[tuple[str, str], ...]
    rows: pa.Table


@dataclass(frozen=True)
class Transform:
    """One case. Exactly one of `sql` and `function` is there."""

    file: str
    name: str
    tables: Mapping[TableName, Table]
    sql: str | None
    function: Callable[..., Any] | None
    direct: frozenset[Pair]
    indirect: frozenset[Pair]

    @property
    def inputs(self) -> dict[TableName, Table]:
        """The tables that it is given: of a function those that it takes."""
        if self.function is None:
            return dict(self.tables)
        taken = inspect.signature(self.function).parameters
        return {name: table for name, table in self.tables.items() if name.table in taken}


def transforms() -> list[Transform]:
    """All cases of all files, in order."""
    return [case for file in sorted(TRANSFORMS.glob("*.yaml")) for case in _cases(file)]


def _cases(file: Path) -> Iterator[Transform]:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    tables = {TableName.parse(name): _table(table) for name, table in data["tables"].items()}
    for case in data["cases"]:
        said = case["lineage"]
        yield Transform(
            file=file.name,
            name=case["name"],
            tables=tables,
            sql=case.get("sql"),
            function=_function(case["python"], f"{file.name}: {case['name']}") if "python" in case else None,
            direct=frozenset((column, source) for column, of in said.items() for source in of["direct"]),
            indirect=frozenset((column, source) for column, of in said.items() for source in of["indirect"]),
        )


def _table(table: Mapping[str, Any]) -> Table:
    columns: dict[str, str] = table["columns"]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'{identifier(n)} {type_}' for n, type_ in columns.items())})")
        places = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO t VALUES ({places})", table["rows"])
        return Table(tuple(columns.items()), connection.sql("SELECT * FROM t").to_arrow_table())


def _function(text: str, name: str) -> Callable[..., Any]:
    module: dict[str, Any] = {}
    exec(compile(text, name, "exec"), module)  # noqa: S102 # the cases are ours, and functions are what they hold
    function: Callable[..., Any] = module["transform"]
    return function
