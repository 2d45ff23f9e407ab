"""What a side costs, and what it wrote: sides that are compared must have made the same rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.source import MONTH, WARM_UP_MONTH
from data_platform.contracts.quoting import identifier, string_list
from data_platform.steps.measure import Cost, Meter


def measured(stage: Callable[[str], None]) -> Cost:
    """What staging the month costs after the small month was staged: libraries are loaded and caches filled."""
    stage(WARM_UP_MONTH)
    meter = Meter()
    stage(MONTH)
    return meter.read()


@dataclass(frozen=True)
class Outcome:
    """`digest` is the sum of a hash over every column of each clean row; `rejected_by` counts rows per broken rule.

    Both are empty for a side that does less than the others: it is not compared.
    """

    clean: int
    rejected: int
    digest: str
    rejected_by: Mapping[str, int]


def outcome(clean: Sequence[Path], rejected: Sequence[Path], rules: str) -> Outcome:
    """Reads back what a side wrote. `rules` is SQL for the list of rules that a rejected row broke.

    Columns that begin with `_` are the platform's own and do not count.
    """
    with duckdb.connect() as connection:
        names = [name for name, *_ in connection.execute(f"DESCRIBE FROM {_files(clean)}").fetchall()]
        columns = ", ".join(identifier(name) for name in names if not name.startswith("_"))
        rows, digest = _row(connection, f"SELECT count(*), sum(CAST(hash({columns}) AS HUGEINT)) FROM {_files(clean)}")
        (broken,) = _row(connection, f"SELECT count(*) FROM {_files(rejected)}")
        by = connection.execute(
            f"SELECT unnest({rules}) AS rule, count(*) FROM {_files(rejected)} GROUP BY 1 ORDER BY 1"
        )
        return Outcome(rows, broken, str(digest), dict(by.fetchall()))


def _row(connection: duckdb.DuckDBPyConnection, aggregate: str) -> tuple[int, ...]:
    row: tuple[int, ...] | None = connection.execute(aggregate).fetchone()
    assert row is not None  # an aggregate without GROUP BY has one row
    return row


def _files(files: Sequence[Path]) -> str:
    return f"read_parquet({string_list([str(file) for file in files])}, hive_partitioning = false)"
