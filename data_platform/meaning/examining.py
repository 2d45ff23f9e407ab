"""A table's SELECT and the SQL in its contract, held against what its columns and those of its inputs mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data_platform.contracts.contract import AllowedArithmetic, Contract, NotReconciled
from data_platform.lake.names import TableName
from data_platform.meaning import algebra
from data_platform.meaning.declared import Declared
from data_platform.meaning.faults import Fault, told_of
from data_platform.meaning.flow import Grains, Tables, meanings_of
from data_platform.meaning.surroundings import Columns
from data_platform.meaning.value import UNKNOWN, Meaning

Place = tuple[str | int, ...]
# What every row of a staged or raw table carries besides its columns.
_HIDDEN = ("_source_file", "_source_row", "_uncast")


@dataclass(frozen=True)
class Found:
    """A fault, and where it stands: in the SELECT (`place` is None) or at a place of the contract."""

    fault: Fault
    place: Place | None = None


def columns_of(declared: Mapping[str, Declared], nouns: frozenset[str]) -> Columns:
    """The meanings of a table's columns by their names in lower case, and of those that every row carries."""
    own = {name.lower(): each.meaning(nouns) for name, each in declared.items()}
    return {**own, **{name: UNKNOWN for name in _HIDDEN if name not in own}}


def of_select(text: str, tables: Tables, grains: Grains) -> tuple[Columns, tuple[Found, ...]]:
    """What a SELECT makes, and what is wrong in it. Raises SqlError where it names what is not there."""
    found = meanings_of(text, tables, grains)
    return found.columns, tuple(Found(fault) for fault in found.faults)


def of_contract(name: TableName, contract: Contract, own: Columns, tables: Tables) -> Iterator[Found]:
    """What is wrong in rules, orders and reconciles. `own` are the table's columns, `tables` those of what it reads."""
    for index, rule in enumerate(contract.rules):
        yield from _told(f"SELECT {rule.condition} AS broken FROM {name.sql}", {name: own}, ("rules", index))
    for index, order in enumerate(contract.deduplicate.first_by if contract.deduplicate else ()):
        yield from _told(f"SELECT 1 FROM {name.sql} ORDER BY {order}", {name: own}, ("deduplicate", "first_by", index))
    if isinstance(contract.reconciles, NotReconciled):
        return
    for index, reconcile in enumerate(contract.reconciles):
        of = TableName.parse(reconcile.of)
        sides: list[Meaning] = []
        for side, text, table, columns in (
            ("this", reconcile.this, name, own),
            ("that", reconcile.that, of, tables.get(of, {})),
        ):
            groups = [group[0 if side == "this" else 1] for group in reconcile.groups]
            by = f" GROUP BY {', '.join(groups)}" if groups else ""
            found = meanings_of(f"SELECT {text} AS side FROM {table.sql}{by}", {table: columns})
            yield from (Found(fault, ("reconciles", index, side)) for fault in found.faults)
            sides.append(found.columns["side"])
        fault = algebra.compared(sides[0], sides[1])
        if fault is not None:
            told = f"{told_of(reconcile.this, sides[0])}, {told_of(reconcile.that, sides[1])}"
            message = f"reconcile '{reconcile.name}': {told}. Reconcile values of one kind and unit"
            yield Found(Fault(fault, 1, message, frozenset({reconcile.name})), ("reconciles", index))


def _told(text: str, tables: Tables, place: Place) -> Iterator[Found]:
    return (Found(fault, place) for fault in meanings_of(text, tables).faults)


def disagrees(declared: Meaning, made: Meaning) -> bool:
    """Whether a column cannot be what its contract says, because the SELECT makes something else."""
    if declared.kind is None or made.kind is None:
        return False
    if made.is_free:
        return declared.family == "name"
    if made.is_running and declared.family == "register":
        return False
    if {declared.kind, made.kind} == {"mean", "ratio"}:
        return _other_unit(declared, made, uncounted=True)
    return declared.kind != made.kind or _other_unit(declared, made, uncounted=declared.kind == "mean")


def _other_unit(declared: Meaning, made: Meaning, *, uncounted: bool) -> bool:
    if declared.unit is None or made.unit is None:
        return False
    if uncounted:
        return not declared.unit.uncounted().same(made.unit.uncounted())
    return not declared.unit.same(made.unit)


def carried(made: Mapping[str, Meaning]) -> dict[str, Declared]:
    """What columns without a `semantic` hand on to their readers; the type is left to the contract."""
    keys = {next(iter(each.made_of)): name for name, each in made.items() if len(each.made_of) == 1}
    found = {}
    for name, meaning in made.items():
        if meaning.kind is None or meaning.is_free:
            continue
        device = meaning.device or ()
        per = tuple(keys[one] for one in device) if all(one in keys for one in device) else ()
        found[name] = Declared("", meaning.kind, None if meaning.unit is None else str(meaning.unit), per)
    return found


@dataclass(frozen=True)
class Judged:
    """What remains to be told, and the escapes (by position) that silence nothing."""

    faults: tuple[Found, ...]
    stale: tuple[int, ...]


def judged(found: Sequence[Found], allowed: Sequence[AllowedArithmetic]) -> Judged:
    """The faults that no escape of the contract allows. An escape is for one fault and one column."""
    used: set[int] = set()
    left = []
    for each in found:
        by = [i for i, escape in enumerate(allowed) if _allows(escape, each.fault)]
        used.update(by)
        if not by:
            left.append(each)
    return Judged(tuple(left), tuple(i for i in range(len(allowed)) if i not in used))


def _allows(escape: AllowedArithmetic, fault: Fault) -> bool:
    return escape.allow == fault.name and escape.on.lower() in fault.columns


def with_meaning(declared: Declared, carried_on: Declared | None) -> Declared:
    """What readers are told of a column: what its contract says, else what its SELECT makes."""
    if declared.semantic is not None or carried_on is None:
        return declared
    return replace(carried_on, type=declared.type)
