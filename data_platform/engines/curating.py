"""Curating: a SELECT becomes a file of its contract's types; then the file is asked whether it keeps the contract."""

import re
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
from data_platform.engines.typing import ModelColumns


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
    ModelColumns.of(connection, select).check(columns)
    casts = ", ".join(f"CAST({identifier(name)} AS {type_}) AS {identifier(name)}" for name, type_ in columns)
    statement = f"SELECT {casts} FROM ({select})"
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
    names = [_alias(part) for part in rule.by]
    keys = "".join(f"{part}, " for part in rule.by)
    group = f" GROUP BY {', '.join(str(i + 1) for i in range(len(rule.by)))}" if rule.by else ""
    pairs = " AND ".join(f"t.{name} IS NOT DISTINCT FROM s.{name}" for name in names) or "true"
    told = "".join(f"coalesce(t.{name}, s.{name}), " for name in names)
    # A group that one side lacks counts as 0 there: 0 rows, 0 dollars.
    differs = f"abs(coalesce(t._value, 0) - coalesce(s._value, 0)) > {literal(rule.tolerance)}::DECIMAL(38,9)"
    if rule.tolerance == Decimal(0):
        differs = "coalesce(t._value, 0) <> coalesce(s._value, 0)"
    rows = connection.execute(
        f"SELECT {told} t._value, s._value FROM (SELECT {keys}{rule.this} AS _value FROM {relation}{group}) t "
        f"FULL JOIN (SELECT {keys}{rule.that} AS _value FROM {source}{group}) s ON {pairs} WHERE {differs} LIMIT {most}"
    ).fetchall()
    plain = [name.strip('"') for name in names]
    return [Difference(dict(zip(plain, row, strict=False)), row[-2], row[-1]) for row in rows]


def _alias(part: str) -> str:
    """The name of a group column: what follows `AS`, or the column itself."""
    return re.split(r"\s+AS\s+", part.strip(), flags=re.IGNORECASE)[-1]
