"""What becomes of many values: sums, means, counts, and one of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlglot import exp

from data_platform.meaning import functions
from data_platform.meaning.faults import of_aggregate
from data_platform.meaning.identities import Identities
from data_platform.meaning.kinds import KINDS
from data_platform.meaning.surroundings import Told
from data_platform.meaning.units import NUMBER
from data_platform.meaning.value import UNKNOWN, Identity, Meaning

Of = Callable[[exp.Expr], Meaning]
_ROWS = frozenset({"*"})
_INDICATOR = frozenset({0.0, 1.0})


@dataclass(frozen=True)
class Rows:
    """The rows that a value is taken from: `agree` are the columns in which they agree, `window` the text of theirs."""

    agree: frozenset[Identity]
    window: tuple[str, ...] = ()


class Aggregates:
    """Aggregates and window functions of one text."""

    def __init__(self, told: Told, identities: Identities) -> None:
        self._told = told
        self._identities = identities

    def of(self, node: exp.Expr, rows: Rows, of: Of) -> Meaning | None:
        """The meaning of an aggregate or window function over `rows`; None where it is none."""
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        if isinstance(node, exp.Filter):
            of(node.expression.this)
            return self.of(node.this, rows, of)
        if isinstance(node, exp.IgnoreNulls | exp.RespectNulls):
            return self.of(node.this, rows, of)
        if isinstance(node, exp.WithinGroup):
            return self._median(node, node.expression.expressions[0].this, of)
        arguments = _arguments(node)
        if isinstance(node, functions.COUNTS) or name in functions.COUNTS_BY_NAME:
            for each in arguments:
                of(each)
            is_distinct = isinstance(node.this, exp.Distinct) or isinstance(node, exp.ApproxDistinct)
            return Meaning("quantity", is_counted=not is_distinct, columns=_ROWS, sums=1)
        if not arguments:
            return None
        for order in _orders(node):
            of(order)
        return self._of_values(node, name, arguments, rows, of)

    def _of_values(self, node: exp.Expr, name: str, arguments: list[exp.Expr], rows: Rows, of: Of) -> Meaning | None:
        first, *others = arguments
        if isinstance(node, functions.SUMS) or name in functions.SUMS_BY_NAME:
            return self._sum(node, first, of(first))
        if isinstance(node, functions.MEANS) or name in functions.MEANS_BY_NAME:
            return self._mean(node, first, of(first))
        if isinstance(node, functions.MEDIANS) or name in functions.MEDIANS_BY_NAME:
            return self._median(node, first, of)
        if name in functions.WEIGHTED_BY_NAME:
            return self._weighted(node, first, others, of)
        if isinstance(node, functions.SPREADS) or name in functions.SPREADS_BY_NAME:
            value = of(first)
            if value.family in ("register", "name"):
                self._tell(KINDS[value.kind or ""].mean, node, first, value)
            return UNKNOWN
        if isinstance(node, functions.ONE_OF) or name in functions.ONE_OF_BY_NAME:
            for other in others:
                of(other)
            return self._taken(of(first), node, rows)
        return None

    def _sum(self, node: exp.Expr, argument: exp.Expr, value: Meaning) -> Meaning:
        if value.is_constant:
            is_counted = bool(value.numbers) and (value.numbers or _INDICATOR) <= _INDICATOR
            return Meaning("quantity", is_counted=is_counted, is_scaled=not is_counted, columns=_ROWS, sums=1)
        if value.kind is None or value.is_weighted:
            return replace(value, made_of=frozenset(), sums=value.sums + 1)
        if self._tell(KINDS[value.kind].sum, node, argument, value):
            return UNKNOWN
        return replace(value, made_of=frozenset(), device=None, sums=value.sums + 1)

    def _mean(self, node: exp.Expr, argument: exp.Expr, value: Meaning) -> Meaning:
        if value.is_constant:
            is_share = bool(value.numbers) and (value.numbers or _INDICATOR) <= _INDICATOR
            return Meaning("ratio", NUMBER) if is_share else UNKNOWN
        if value.is_weighted:
            return Meaning("ratio", value.unit)
        if value.kind is not None and self._tell(KINDS[value.kind].mean, node, argument, value):
            return UNKNOWN
        return Meaning("mean", value.unit, is_scaled=value.is_scaled)

    def _median(self, node: exp.Expr, argument: exp.Expr, of: Of) -> Meaning:
        value = of(argument)
        if value.kind is not None and self._tell(KINDS[value.kind].median, node, argument, value):
            return UNKNOWN
        return UNKNOWN if value.is_constant else Meaning("mean", value.unit, is_scaled=value.is_scaled)

    def _weighted(self, node: exp.Expr, argument: exp.Expr, others: list[exp.Expr], of: Of) -> Meaning:
        value = of(argument)
        for other in others:
            of(other)
        if value.family in ("register", "name") and self._tell(KINDS[value.kind or ""].mean, node, argument, value):
            return UNKNOWN
        return Meaning("ratio" if value.kind == "ratio" else "mean", value.unit)

    def _taken(self, value: Meaning, node: exp.Expr, rows: Rows) -> Meaning:
        """One row's value. Of whose columns, nobody knows where the rows do not agree in them."""
        key: tuple[object, ...] = (id(node),)
        if isinstance(node, functions.SHIFTING) and rows.window:
            key = (rows.window, type(node).__name__, *(each.sql() for each in _others(node)))
        elif isinstance(node, exp.ArgMax | exp.ArgMin | exp.First | exp.Last):
            key = (type(node).__name__, *(each.sql() for each in (*_others(node), *_orders(node))))

        def taken(identity: Identity) -> Identity:
            return identity if self._identities.covers(rows.agree, identity) else ("taken", key, identity)

        return value.moved(taken)

    def _tell(self, fault: str | None, node: exp.Expr, argument: exp.Expr, value: Meaning) -> bool:
        if fault is None:
            return False
        self._told.tell(fault, node, of_aggregate(fault, node, argument, value))
        return True


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    """The values that a function is given, the one that it is of first, without DISTINCT and ORDER BY."""
    if isinstance(node, exp.Anonymous):
        found = list(node.expressions)
    else:
        found = [node.this, *_others(node)] if isinstance(node.this, exp.Expr) else []
    return [_bare(each) for each in found if not isinstance(each, exp.Star)]


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Order | exp.Distinct | exp.IgnoreNulls | exp.RespectNulls | exp.Having | exp.HavingMax):
        node = node.expressions[0] if isinstance(node, exp.Distinct) else node.this
    return node


def _others(node: exp.Expr) -> list[exp.Expr]:
    return [child for child in node.iter_expressions() if child is not node.this]


def _orders(node: exp.Expr) -> list[exp.Expr]:
    at = node.this if isinstance(node.this, exp.Expr) else None
    while isinstance(at, exp.IgnoreNulls | exp.RespectNulls | exp.Distinct):
        at = at.expressions[0] if isinstance(at, exp.Distinct) else at.this
    return list(at.expressions) if isinstance(at, exp.Order) else []
