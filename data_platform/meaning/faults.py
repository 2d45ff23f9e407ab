"""Arithmetic that makes no sense: where it stands, why, and what to write instead."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from data_platform.meaning.kinds import KINDS
from data_platform.meaning.value import Meaning

_LONGEST = 120


@dataclass(frozen=True)
class Fault:
    """`columns`: what an escape may name: the columns in the expression, and the one that it is computed for."""

    name: str
    line: int
    message: str
    columns: frozenset[str]

    @property
    def text(self) -> str:
        return f"{self.message} [{self.name}]"


def of_aggregate(name: str, call: exp.Expr, value: exp.Expr, meaning: Meaning) -> str:
    """What is wrong with a sum or mean of values of one kind."""
    text, of = shown(call), shown(value)
    return f"{text}: {of} is {_what(meaning)}. {_REPAIRS[name].format(of=of, per=_per(meaning))}"


def of_pair(name: str, node: exp.Expr, one: tuple[exp.Expr, Meaning], other: tuple[exp.Expr, Meaning]) -> str:
    """What is wrong with two values beside each other."""
    sides = [(shown(side, node), meaning) for side, meaning in (one, other)]
    (left, first), (right, second) = sides
    if name == "counter_outside_key":
        repair = f"Keep to one device: PARTITION BY, GROUP BY or join on {_per(first if first.per else second)}"
        told = f"the registers may be of different devices: {left} is {_what(first)}"
        return f"{shown(node)}: {told}. {repair}"
    if name == "arithmetic_on_id":
        which, meaning = next(side for side in sides if side[1].kind == "id")
        return f"{shown(node)}: {which} is {_what(meaning)}. {_REPAIRS[name]}"
    return f"{shown(node)}: {left} is {_what(first)}, {right} {_what(second)}. {_conversion(name, sides)}"


def told_of(text: str, meaning: Meaning) -> str:
    """`sum(x) is an amount of money in usd`."""
    return f"{text} is {_what(meaning)}"


def shown(node: exp.Expr, within: exp.Expr | None = None) -> str:
    """An expression as an author would write it, shortened: with tables where the whole of it is `within` several."""
    is_one = len({column.table for column in (within or node).find_all(exp.Column)}) < 2
    node = node.copy()
    if is_one:
        for column in node.find_all(exp.Column):
            column.set("table", None)
    text = node.sql(dialect="duckdb", normalize_functions="lower", comments=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_DIFFERENCE = "{of} - lag({of}) OVER (PARTITION BY {per} ORDER BY …)"
_WEIGHED = "Weigh it: sum({of} * weight) / sum(weight), or divide the sums of what it is made of"
_REPAIRS = {
    "sum_of_counter": f"Sum its differences: {_DIFFERENCE}",
    "mean_of_counter": f"Take the mean of its differences: {_DIFFERENCE}",
    "sum_of_id": "Count it, count(DISTINCT {of}), or sum something else",
    "mean_of_id": "Count it, or take the most frequent one, mode({of})",
    "arithmetic_on_id": "Compare, join or count it; where it is a number after all, give its column another `semantic`",
    "sum_of_ratio": _WEIGHED,
    "mean_of_ratio": _WEIGHED,
    "sum_of_mean": "Sum what it is the mean of, or its product with how many it stands for: sum({of} * n)",
    "mean_of_mean": "Each would count alike, whatever it stands for: sum({of} * n) / sum(n), or the mean of the rows",
}


def _what(meaning: Meaning) -> str:
    if meaning.kind is None:
        return "a number"
    what = KINDS[meaning.kind].what
    if meaning.kind == "counter" and meaning.per:
        return f"{what[:-1]}, per {', '.join(meaning.per)})"
    if meaning.kind == "quantity" and meaning.is_counted:
        return "a number of rows"
    return what if meaning.unit is None else f"{what} in {meaning.unit}"


def _per(meaning: Meaning) -> str:
    return ", ".join(meaning.per) or "its device"


def _conversion(name: str, sides: list[tuple[str, Meaning]]) -> str:
    (_, first), (right, second) = sides
    if name == "mixed_currencies":
        return "Convert one with the rate of its day, a ratio such as unit: usd/eur"
    if name == "mixed_kinds" or first.unit is None or second.unit is None:
        return "Only values of one kind and unit can be put beside each other: leave one out, or divide"
    if not first.unit.convertible(second.unit):
        return "No factor makes one into the other: leave one out, or divide"
    if first.unit.is_shifted or second.unit.is_shifted:
        return f"Convert one, such as {right} to {first.unit}"
    return f"Convert one: {right} * {second.unit.factor_to(first.unit):.9g}"


def named(node: exp.Expr) -> Iterator[str]:
    """The columns that an expression names."""
    for column in node.find_all(exp.Column):
        yield column.name.lower()
