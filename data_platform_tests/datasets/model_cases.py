"""A dataset's models on a few rows by hand: raw and other tables with given rows, and what a model makes of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.contract import Contract
from data_platform.contracts.quoting import identifier
from data_platform.contracts.raw import RawColumns
from data_platform.contracts.yaml_file import YamlFile

Row = Mapping[str, Any]


@contextmanager
def layers() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database with the layers' schemas."""
    with duckdb.connect() as connection:
        for layer in ("raw", "staged", "curated"):
            connection.execute(f"CREATE SCHEMA {layer}")
        yield connection


@dataclass(frozen=True)
class Models:
    """The models of the dataset in a folder."""

    folder: Path

    def contract(self, layer: str, table: str) -> Contract:
        return YamlFile.read(self.folder / layer / f"{table}.yaml").parse(Contract)

    def given(self, connection: duckdb.DuckDBPyConnection, layer: str, table: str, rows: Sequence[Row]) -> None:
        """A table with the declared columns; what a row leaves out is NULL."""
        types = self._types(layer, table)
        columns = ", ".join(f"{identifier(name)} {type_}" for name, type_ in types.items())
        connection.execute(f"CREATE TABLE {layer}.{table} ({columns})")
        for row in rows:
            assert set(row) <= set(types)
            names = ", ".join(identifier(name) for name in row)
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO {layer}.{table} ({names}) VALUES ({marks})", list(row.values()))

    def result(
        self, connection: duckdb.DuckDBPyConnection, layer: str, table: str, *columns: str
    ) -> list[tuple[str | None, ...]]:
        """The model's rows as text, typed by its contract, in the order of the named columns."""
        types = self.contract(layer, table).columns
        casts = ", ".join(f"CAST(CAST({name} AS {types[name].type}) AS VARCHAR)" for name in columns)
        sql = (self.folder / layer / f"{table}.sql").read_text()
        return connection.execute(f"SELECT {casts} FROM ({sql}) ORDER BY ALL").fetchall()

    def _types(self, layer: str, table: str) -> dict[str, str]:
        if layer != "raw":
            return {name: column.type for name, column in self.contract(layer, table).columns.items()}
        raw = YamlFile.read(self.folder / "defs.yaml").data["attributes"]["raw"]
        declared = RawColumns.model_validate({"columns": raw[table]["columns"]})
        return {name: column.type for name, column in declared.columns.items()}
