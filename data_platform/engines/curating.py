"""Curating: a SELECT becomes a file of its contract's types; then the file is asked whether it keeps the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from data_platform.contracts.contract import Groups, Reconcile
from data_platform.contracts.quoting import identifier, literal
from data_platform.contracts.rules import Condition
from data_platform.engines.copies import Copied, copy
from data_platform.engines.inputs import table_select
from data_platform.engines.typing import ModelColumns, strict_select
from data_platform.privacy.applying import Masking, define
from data_platform.privacy.key import PersonalKey


@dataclass(frozen=True)
class Curated:
    """What was written; not yet visible to anybody."""

    file: Copied | None
    statement: str
    checksum: "Checksum"


@dataclass(frozen=True)
class Checksum:
    """Rows of a relation and the sum of their hashes: equal for equal rows in any order."""

    rows: int
    hash_sum: int


@dataclass(frozen=True)
class Masks:
    """Column → what becomes of its personal values, and the key of hashes."""

    of: Mapping[str, Masking]
    key: PersonalKey


def curate(
    connection: duckdb.DuckDBPyConnection,
    select: str,
    columns: Sequence[tuple[str, str]],
    path: Path,
    masks: Masks | None = None,
) -> Curated:
    """Writes the model's rows, cast to their contract's types and then masked, to `path`: what was there before is
    nowhere afterwards, and nobody else is asked about it.

    Raises ModelColumnsError when the columns are not the contract's, and duckdb.Error when a value does not fit
    its type: in a curated table that is a mistake in the model, not a bad source row.
    """
    statement = strict_select(ModelColumns.of(connection, select), columns, select)
    if masks is not None and masks.of:
        define(connection, masks.of.values(), masks.key)
        statement = _masked(statement, columns, masks.of)
    # Kept until the file has been read back: curated tables are small beside what they are made of.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE result AS {statement}")
    return Curated(copy(connection, "SELECT * FROM result", path), statement, checksum(connection, "result", columns))


def _masked(statement: str, columns: Sequence[tuple[str, str]], masks: Mapping[str, Masking]) -> str:
    names = [name for name, _ in columns]
    told = [f"{masks[n].sql(identifier(n))} AS {identifier(n)}" if n in masks else identifier(n) for n in names]
    return f"SELECT {', '.join(told)} FROM ({statement}) AS unmasked"


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


def checksum(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[tuple[str, str]]) -> Checksum:
    """Of all values of a relation, row by row."""
    values = ", ".join(identifier(name) for name, _ in columns)
    row = connection.execute(
        f"SELECT count(*), coalesce(sum(CAST(hash({values}) AS HUGEINT)), 0) FROM {relation}"
    ).fetchone()
    assert row is not None  # an aggregate without GROUP BY has one row
    return Checksum(row[0], int(row[1]))


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows a relation has."""
    # Read to its end: what is half read would hold the connection against the inputs of a Python model.
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
    return int(rows)


def repeated_grains(connection: duckdb.DuckDBPyConnection, relation: str, grain: Sequence[str]) -> int:
    """How many rows repeat the grain of another row."""
    keys = ", ".join(identifier(name) for name in grain)
    groups = f"SELECT count(*) AS n FROM {relation} GROUP BY {keys} HAVING count(*) > 1"
    row = connection.execute(f"SELECT coalesce(sum(n - 1), 0) FROM ({groups})").fetchone()
    return int(row[0]) if row else 0


def reconcile(
    connection: duckdb.DuckDBPyConnection, relation: str, rules: Sequence[Reconcile], *, most: int = 10
) -> dict[str, list[Difference]]:
    """For each rule the groups (at most `most`) in which `this` over the new rows is not `that` over its input.

    Rules that compare the same groups of the same input share one pass over it.
    """
    together: dict[tuple[str, Groups], list[Reconcile]] = {}
    for rule in rules:
        together.setdefault((rule.of, rule.groups), []).append(rule)
    found: dict[str, list[Difference]] = {}
    for (of, groups), same in together.items():
        source = ".".join(identifier(part) for part in of.split("."))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE both_sides AS {_both_sides(relation, source, groups, same)}")
        for number, rule in enumerate(same):
            found[rule.name] = _differences(connection, groups, number, rule, most)
    return {rule.name: found[rule.name] for rule in rules}


def _both_sides(relation: str, source: str, groups: Groups, rules: Sequence[Reconcile]) -> str:
    """One row for each group that either side has: its key, and every rule's value here and there."""
    places = range(1, len(groups) + 1)
    group = f" GROUP BY {', '.join(map(str, places))}" if groups else ""
    sides = []
    for side, (read, values) in enumerate(
        ((relation, [rule.this for rule in rules]), (source, [rule.that for rule in rules]))
    ):
        sides.append(f"(SELECT {', '.join([*(each[side] for each in groups), *values])} FROM {read}{group})")
    keys = [f"_key_{i}" for i in places]
    these, those = ([f"_{side}_{i}" for i in range(len(rules))] for side in ("this", "that"))
    pairs = " AND ".join(f"t.{key} IS NOT DISTINCT FROM s.{key}" for key in keys) or "true"
    told = ", ".join([*(f"coalesce(t.{key}, s.{key}) AS {key}" for key in keys), *these, *those])
    return (
        f"SELECT {told} FROM {sides[0]} AS t({', '.join([*keys, *these])}) "
        f"FULL JOIN {sides[1]} AS s({', '.join([*keys, *those])}) ON {pairs}"
    )


def _differences(
    connection: duckdb.DuckDBPyConnection, groups: Groups, number: int, rule: Reconcile, most: int
) -> list[Difference]:
    keys = "".join(f"_key_{i}, " for i in range(1, len(groups) + 1))
    # A group that one side lacks counts as 0 there: 0 rows, 0 dollars.
    this, that = f"coalesce(_this_{number}, 0)", f"coalesce(_that_{number}, 0)"
    differs = f"abs({this} - {that}) > {literal(rule.tolerance)}::DECIMAL(38,9)"
    if rule.tolerance == Decimal(0):
        differs = f"{this} <> {that}"
    rows = connection.execute(
        f"SELECT {keys}_this_{number}, _that_{number} FROM both_sides WHERE {differs} LIMIT {most}"
    ).fetchall()
    names = [name for *_, name in groups]
    return [Difference(dict(zip(names, row, strict=False)), row[-2], row[-1]) for row in rows]
