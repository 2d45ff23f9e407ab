"""The labelled transforms, as their files say them: sample rows, SQL or a function, and what depends on what."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

TRANSFORMS = Path(__file__).parent / "transforms"


@dataclass(frozen=True)
class Sample:
    """A table of the sample: DuckDB's types by column, and its rows."""

    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Transform:
    """Either `sql` or `python` has a text. `direct` and `indirect` hold each output column's sources, as
    `layer.table.column`.
    """

    name: str
    sql: str
    python: str
    tables: Mapping[str, Sample]
    direct: Mapping[str, frozenset[str]]
    indirect: Mapping[str, frozenset[str]]


def transforms(folder: Path = TRANSFORMS) -> Iterator[Transform]:
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        tables = {name: Sample(table["columns"], table["rows"]) for name, table in content["tables"].items()}
        for case in content["cases"]:
            yield Transform(
                name=f"{path.stem}: {case['name']}",
                sql=case.get("sql", ""),
                python=case.get("python", ""),
                tables=tables,
                direct={name: frozenset(edges["direct"]) for name, edges in case["lineage"].items()},
                indirect={name: frozenset(edges["indirect"]) for name, edges in case["lineage"].items()},
            )


def make_tables(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sample]) -> None:
    for name, sample in tables.items():
        columns = ", ".join(f'"{column}" {sql_type}' for column, sql_type in sample.columns.items())
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(sample.columns))})", sample.rows)


def result_of(transform: Transform, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """What the transform makes of the tables that the connection holds."""
    if transform.sql:
        return connection.sql(transform.sql).to_arrow_table()
    names: dict[str, Any] = {}
    exec(transform.python, names)  # noqa: S102 - the text of a case, which stands beside this file
    by_name = {name.partition(".")[2]: name for name in transform.tables}
    function = names["transform"]
    taken = {
        parameter: connection.table(by_name[parameter]).to_arrow_table()
        for parameter in inspect.signature(function).parameters
    }
    made = function(**taken)
    return made if isinstance(made, pa.Table) else pa.Table.from_pandas(made, preserve_index=False)
