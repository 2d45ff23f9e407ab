"""Which rules look at which column: what can reject a row for it."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from data_platform.contracts.contract import Contract
from data_platform.contracts.quoting import identifier
from data_platform.contracts.rules import Condition, conditions
from data_platform.sql.expressions import columns_of

# Any partition's: what the rule says of its bounds is written with their names instead.
_SOME_BOUNDS = (datetime(2000, 1, 1), datetime(2000, 1, 2))


def rules_by_column(contract: Contract, *, staged: bool) -> Mapping[str, tuple[Condition, ...]]:
    """The rules that can reject, drop or flag a row for what a column holds; one over several columns is of each.

    Among them what the platform itself rejects in a staged table: values that do not fit their type, and all but the
    first row of a grain.
    """
    spelled = {name.lower(): name for name in contract.columns}
    found: dict[str, list[Condition]] = {name: [] for name in contract.columns}
    for condition in _all_conditions(contract, staged=staged):
        for name in columns_of(condition.sql):
            if name.lower() in spelled:
                found[spelled[name.lower()]].append(condition)
    return {name: tuple(rules) for name, rules in found.items()}


def _all_conditions(contract: Contract, *, staged: bool) -> Iterator[Condition]:
    bounded = {f"{name}_within_partition": name for name, spec in contract.columns.items() if spec.within_partition}
    if staged:
        for name, spec in contract.columns.items():
            if spec.type != "VARCHAR":
                column = identifier(name)
                sql = f"TRY_CAST({column} AS {spec.type}) IS NULL AND {column} IS NOT NULL"
                yield Condition("castable", "reject", sql)
    for condition in conditions(contract, _SOME_BOUNDS):
        column = identifier(bounded[condition.name]) if condition.name in bounded else ""
        sql = f"{column} < partition_start() OR {column} >= partition_end()" if column else condition.sql
        yield Condition(condition.name, condition.kind, sql)
    if contract.deduplicate is not None:
        grain = ", ".join(identifier(name) for name in contract.grain)
        order = ", ".join(contract.deduplicate.first_by)
        yield Condition("duplicate", "reject", f"row_number() OVER (PARTITION BY {grain} ORDER BY {order}) > 1")
