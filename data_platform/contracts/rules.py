"""Compiles a contract into named conditions over its typed columns. What breaks none is clean."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data_platform.contracts.contract import ColumnSpec, Contract
from data_platform.contracts.quoting import identifier, literal

Kind = Literal["reject", "drop", "flag", "warn"]
# One bit a rule in a HUGEINT of 127 bits beside its sign; `castable` and `rounded` take one each.
MOST_RULES = 125
# Counted by the platform itself.
BUILT_IN = ("castable", "duplicate", "rounded", "unparsed")
_FLAGS_BY_ITSELF = "rounded"
_SOME_BOUNDS = (datetime(2000, 1, 1), datetime(2000, 1, 2))


@dataclass(frozen=True)
class Condition:
    """A named rule: SQL over the table's columns that is true where the rule is broken (NULL: not broken)."""

    name: str
    kind: Kind
    sql: str


def conditions(contract: Contract, bounds: tuple[datetime, datetime] | None) -> tuple[Condition, ...]:
    """The rules of a contract: those its columns imply (all `reject`), then its own, in the file's order.

    `bounds` are the partition's first moment and the first after it (local time), None if unpartitioned.
    Raises ValueError when there are more rules than bits, or two of one name.
    """
    implied = [
        Condition(f"{name}_{suffix}", "reject", sql)
        for name, column in contract.columns.items()
        for suffix, sql in _implied(identifier(name), column, bounds)
    ]
    own = [Condition(rule.name, rule.kind, rule.condition) for rule in contract.rules]
    taken = {*BUILT_IN, *(condition.name for condition in implied)}
    for rule in own:
        if rule.name in taken:
            raise ValueError(f"rule '{rule.name}' has the name of a rule that the platform makes itself; rename it")
    if len(implied) + len(own) > MOST_RULES:
        raise ValueError(f"{len(implied) + len(own)} rules; at most {MOST_RULES} fit one table: join some into one")
    return (*implied, *own)


def _implied(column: str, spec: ColumnSpec, bounds: tuple[datetime, datetime] | None) -> list[tuple[str, str]]:
    found = []
    if spec.required:
        found.append(("required", f"{column} IS NULL"))
    if spec.min is not None or spec.max is not None:
        found.append(("range", _outside(column, spec)))
    if spec.is_finite:
        found.append(("finite", f"NOT isfinite({column})"))
    if spec.accepted is not None:
        accepted = ", ".join(_typed(value, spec.type) for value in spec.accepted)
        found.append(("accepted", f"{column} NOT IN ({accepted})"))
    if spec.within_partition and bounds is not None:
        start, end = (_typed(moment, spec.type) for moment in bounds)
        found.append(("within_partition", f"{column} < {start} OR {column} >= {end}"))
    return found


def _outside(column: str, spec: ColumnSpec) -> str:
    parts = []
    if spec.min is not None:
        parts.append(f"{column} < {_typed(spec.min, spec.type)}")
    if spec.max is not None:
        parts.append(f"{column} > {_typed(spec.max, spec.type)}")
    if spec.type in ("DOUBLE", "FLOAT"):
        # NaN is greater than every number in DuckDB: without a max it would pass.
        parts.append(f"isnan({column})")
    return " OR ".join(parts)


def rejecting(contract: Contract) -> tuple[str, ...]:
    """The rules that may quarantine a row of this contract, those of the platform among them."""
    # Whatever the partition's bounds are, a column that must keep them has a rule.
    own = [rule.name for rule in conditions(contract, _SOME_BOUNDS) if rule.kind == "reject"]
    return (*(name for name in BUILT_IN if name != _FLAGS_BY_ITSELF), *own)


def values(contract: Contract) -> list[tuple[str, str, str]]:
    """(column, value, its SQL in the column's type) of all bounds: what must be readable as that type."""
    found = []
    for name, spec in contract.columns.items():
        for value in (spec.min, spec.max, *(spec.accepted or ())):
            if value is not None:
                found.append((name, str(value), _typed(value, spec.type)))
    return found


def _typed(value: object, type_: str) -> str:
    return f"CAST({literal(value)} AS {type_})"
