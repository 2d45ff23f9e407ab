"""Stages rows that a test writes down, through a contract as an author writes it, and tells what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.account import RowAccount, account
from data_platform.contracts.contract import Contract
from data_platform.contracts.rules import conditions
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.copies import arrived
from data_platform.engines.duckdb import Engine
from data_platform.engines.staging import Staged, Staging, stage

JANUARY = (datetime(2024, 1, 1), datetime(2024, 2, 1))


def contract_of(text: str) -> Contract:
    """A contract from its YAML; the description is added."""
    return YamlFile(Path("given.yaml"), f"description: Given rows.\n{text}").parse(Contract)


def staging_of(
    select: str, contract: Contract, files: Mapping[str, int], bounds: tuple[datetime, datetime] | None = None
) -> Staging:
    columns = tuple((name, spec.type) for name, spec in contract.columns.items())
    first_by = contract.deduplicate.first_by if contract.deduplicate else ()
    return Staging(select, columns, conditions(contract, bounds), files, contract.grain, first_by)


@dataclass(frozen=True)
class Outcome:
    """Where the rows went, by their number in the source; `clean` has the contracted columns in order."""

    staged: Staged
    account: RowAccount
    clean: Mapping[tuple[str, int], tuple[Any, ...]]
    rejected: Mapping[tuple[str, int], Mapping[str, Any]]

    @property
    def kept(self) -> list[int]:
        return sorted(row for _, row in self.clean)

    @property
    def rules(self) -> dict[int, list[str]]:
        return {row: values["_rules"] for (_, row), values in sorted(self.rejected.items())}


def stage_rows(
    folder: Path,
    values: str,
    contract: str,
    *,
    names: Sequence[str] = (),
    bounds: tuple[datetime, datetime] | None = None,
) -> Outcome:
    """Stages the rows of `values` (what stands behind FROM; `names` for a VALUES list) as those of one file `f`.

    Their numbers are 0, 1, … in order.
    """
    read = contract_of(contract)
    given = ", ".join('"{}"'.format(name.replace('"', '""')) for name in names or read.columns)
    with Engine("512MiB", 2, folder / "tmp").connect() as connection:
        connection.execute(
            f"CREATE TABLE given AS SELECT *, 'f' AS _source_file, row_number() OVER () - 1 AS _source_row, "
            f"CAST(NULL AS VARCHAR) AS _uncast FROM ({values}) AS given({given})"
        )
        records = connection.execute("SELECT count(*) FROM given").fetchone()
        assert records is not None
        return stage_select(connection, folder, "SELECT * FROM given", read, {"f": records[0]}, bounds)


def stage_select(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    select: str,
    contract: Contract,
    records: Mapping[str, int],
    bounds: tuple[datetime, datetime] | None = None,
) -> Outcome:
    """Stages a model over what the connection holds; `records` are the rows that each source file has."""
    folder.mkdir(exist_ok=True)
    clean, rejected = folder / "clean.parquet", folder / "rejected.parquet"
    staged = stage(connection, staging_of(select, contract, records, bounds), clean=clean, rejected=rejected)
    rows = account(
        arrived(connection, records),
        staged.clean_rows,
        staged.rejected_rows,
        staged.dropped_rows,
        rejected_by=staged.rejected_by,
        dropped_by=staged.dropped_by,
        flagged=staged.flagged,
    )
    return Outcome(
        staged,
        rows,
        {_place(row): tuple(row[name] for name in contract.columns) for row in _read(connection, clean)},
        {_place(row): row for row in _read(connection, rejected)},
    )


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["_source_file"], row["_source_row"]


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    result = connection.execute("SELECT * FROM read_parquet(?) ORDER BY _source_file, _source_row", [str(path)])
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
