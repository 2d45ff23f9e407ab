"""Curating: a SELECT becomes a file of its contract's types; then the file is asked whether it keeps the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.contract import Reconcile
from data_platform.contracts.quoting import identifier, literal
from data_platform.contracts.rules import Condition
from data_platform.engines.copies import Copied, copy
from data_platform.engines.inputs import table_select
from data_platform.engines.typing import ModelColumns, strict_select


@dataclass(frozen=True)
class Curated:
    """What was written; not yet visible to anybody."""

    file: Copied | None
    statement: str


def curate(
    connection: duckdb.DuckDBPyConnection, select: str, columns: Sequence[tuple[str, str]], path: Path
) -> Curated:
    """Writes the model's rows, cast to their contract's types, to `path`.

    Raises ModelColumnsError when the columns are not the contract's, and duckdb.Error when a value does not fit
    its type: in a curated table that is a mistake in the model, not a bad source row.
    """
    statement = strict_select(ModelColumns.of(connection, select), columns, select)
    return Curated(copy(connection, statement, path), statement)


@dataclass(frozen=True)
class Difference:
    """A group in which a reconciliation does not agree; `group` is empty when the whole table is compared."""

    group: Mapping[str, Any]
    this: Any
    that: Any


def written_view(connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str]], path: Path | None) -> str:
    """Makes what was written readable as a relation and returns its name."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW written AS {table_select(columns, [path] if path else [])}")
    return "written"


def broken(connection: duckdb.DuckDBPyConnection, relation: str, conditions: Sequence[Condition]) -> dict[str, int]:
    """Rows per broken condition (or raised flag) in a relation; conditions that no row breaks are left out."""
    if not conditions:
        return {}
    counts = ", ".join(f"count(*) FILTER (WHERE {condition.sql})" for condition in conditions)
    row = connection.execute(f"SELECT {counts} FROM {relation}").fetchone()
    assert row is not None  # an aggregate without GROUP BY has one row
    return {condition.name: rows for condition, rows in zip(conditions, row, strict=True) if rows}


def repeated_grains(connection: duckdb.DuckDBPyConnection, relation: str, grain: Sequence[str]) -> int:
    """How many rows repeat the grain of another row."""
    keys = ", ".join(identifier(name) for name in grain)
    groups = f"SELECT count(*) AS n FROM {relation} GROUP BY {keys} HAVING count(*) > 1"
    row = connection.execute(f"SELECT coalesce(sum(n - 1), 0) FROM ({groups})").fetchone()
    return int(row[0]) if row else 0


def reconcile(
    connection: duckdb.DuckDBPyConnection, relation: str, rule: Reconcile, source: str, *, most: int = 10
) -> list[Difference]:
    """The groups (at most `most`) in which `this` over the new rows is not `that` over the source."""
    places = range(1, len(rule.by) + 1)
    group = f" GROUP BY {', '.join(map(str, places))}" if rule.by else ""
    keys = "".join(f"{expression}, " for expression, _ in rule.groups)
    names = ", ".join([*(f"_key_{i}" for i in places), "_value"])
    pairs = " AND ".join(f"t._key_{i} IS NOT DISTINCT FROM s._key_{i}" for i in places) or "true"
    told = "".join(f"coalesce(t._key_{i}, s._key_{i}), " for i in places)
    # A group that one side lacks counts as 0 there: 0 rows, 0 dollars.
    differs = f"abs(coalesce(t._value, 0) - coalesce(s._value, 0)) > {literal(rule.tolerance)}::DECIMAL(38,9)"
    if rule.tolerance == Decimal(0):
        differs = "coalesce(t._value, 0) <> coalesce(s._value, 0)"
    rows = connection.execute(
        f"SELECT {told} t._value, s._value FROM (SELECT {keys}{rule.this} FROM {relation}{group}) AS t({names}) "
        f"FULL JOIN (SELECT {keys}{rule.that} FROM {source}{group}) AS s({names}) ON {pairs} "
        f"WHERE {differs} LIMIT {most}"
    ).fetchall()
    return [
        Difference({name: value for (_, name), value in zip(rule.groups, row, strict=False)}, row[-2], row[-1])
        for row in rows
    ]
