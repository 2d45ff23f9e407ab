"""Where a text says what a number is: a label beside the figures of a long table, a unit at the end of a name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlglot import exp

from data_platform.meaning.currencies import MINOR_UNITS
from data_platform.meaning.faults import named
from data_platform.meaning.units import Unit, currency_of, unit_of
from data_platform.meaning.value import Meaning

_WORD = re.compile(r"[a-z0-9]+")
# Only what can be nothing else: `_min` is as often the least as a minute, `_m` a million as a metre.
_LENGTHS, _TIMES = "miles km kilometers kilometres meters metres feet", "seconds minutes hours days"
_ENDINGS = frozenset(f"{_LENGTHS} {_TIMES} kg grams tonnes kwh mwh liters litres bytes".split())
_SPELT = {"kwh": "kWh", "mwh": "MWh"}


def named_constant(name: str, meaning: Meaning) -> Meaning:
    """A constant has the unit that its name tells; zero is none of anything."""
    if meaning.unit is not None or not meaning.numbers or meaning.numbers == {0.0}:
        return meaning
    return replace(meaning, unit=unit_by_name(name))


def unit_by_name(name: str) -> Unit | None:
    """The unit that the name of a constant ends with: `limit_eur`, `longest_km`; None where it ends with none."""
    before, _, last = name.lower().rpartition("_")
    if not before:
        return None
    if last in MINOR_UNITS:
        return currency_of(last) if last not in _WORD_TOO else None
    return unit_of(_SPELT.get(last, last)) if last in _ENDINGS else None


# Currencies whose codes are words that names end with.
_WORD_TOO = frozenset(
    {"all", "top", "try", "cup", "mad", "pen", "gel", "lak", "mop", "cop", "bam", "ron", "sos", "std"}
)


_EDGES = (
    "before after start end started ended begin first last opening closing open close opened closed min max from to"
)
_MOMENTS = frozenset(f"{_EDGES} prev previous next current now then old new at today yesterday lag lead".split())


def are_different_registers(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two columns of one table are two registers (entries and exits), not one at two moments (km_start and
    km_end): one less the other is then no amount that passed.
    """
    if len(one) != 1 or len(other) != 1:
        return False
    (left,), (right,) = one, other
    (table, _, name), (other_table, _, other_name) = left.rpartition("."), right.rpartition(".")
    return table == other_table and _stem(name) != _stem(other_name)


def _stem(name: str) -> frozenset[str]:
    return frozenset(name.lower().split("_")) - _MOMENTS


def texts(condition: exp.Expr) -> tuple[str, ...]:
    """The texts that a condition compares with."""
    return tuple(each.name.lower() for each in condition.find_all(exp.Literal) if each.is_string)


def resembles(labels: Iterable[str], node: exp.Expr, meaning: Meaning) -> bool:
    """Whether a text names what an expression is: 'fare' a fare_usd, 'EUR' an amount in eur."""
    words = {word for name in (*named(node), str(meaning.unit or "").lower()) for word in _WORD.findall(name.lower())}
    words = {word for each in words for word in each.split("_")} | words
    return any(word in words for label in labels for word in _WORD.findall(label))


def of_branches(left: Mapping[str, exp.Expr], right: Mapping[str, exp.Expr]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts that stand in the same columns of two branches of a UNION and tell these apart."""
    pairs = zip(left.values(), right.values(), strict=False)
    both = [pair for pair in pairs if all(isinstance(each, exp.Literal) and each.is_string for each in pair)]
    apart = [(one.name.lower(), other.name.lower()) for one, other in both if one.name != other.name]
    return tuple(one for one, _ in apart), tuple(other for _, other in apart)


Labelled = tuple[exp.Expr, Meaning, tuple[str, ...]]


def tell_apart(one: Labelled, other: Labelled) -> bool:
    """Whether labels say which of two unlike values a row has, so that one column may hold both.

    Figures of different dimensions need a label each. Two units of one dimension need labels that name them: who reads
    `amount` beside a country does not know the currency.
    """
    (left, first, ours), (right, second, theirs) = one, other
    if resembles(ours, left, first) or resembles(theirs, right, second):
        return True
    units = (first.unit, second.unit)
    are_money = all(unit is not None and unit.currency is not None for unit in units)
    is_one = units[0] is not None and units[1] is not None and units[0].convertible(units[1])
    return bool(ours) and bool(theirs) and not is_one and not are_money
