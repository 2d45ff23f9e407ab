"""What an expression means, from what its columns mean; faults are told on the way."""

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from data_platform.meaning import algebra, functions
from data_platform.meaning.aggregates import Aggregates, Rows
from data_platform.meaning.faults import of_pair
from data_platform.meaning.identities import Identities
from data_platform.meaning.labels import Labelled, tell_apart, texts
from data_platform.meaning.surroundings import Columns, Here, Told
from data_platform.meaning.units import unit_of
from data_platform.meaning.value import UNKNOWN, Identity, Meaning, constant

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_PREDICATES = (exp.Predicate, exp.Not, exp.Connector, exp.Exists, exp.Boolean)
_CHOICES = (exp.Coalesce, exp.Greatest, exp.Least)
Query = Callable[[exp.Expr, Here], Columns]


class Expressions:
    """Evaluates the expressions of one text. `query` gives the columns of a subquery."""

    def __init__(self, told: Told, identities: Identities, query: Query) -> None:
        self._told = told
        self._identities = identities
        self._query = query
        self._aggregates = Aggregates(told, identities)

    def of(self, node: exp.Expr, here: Here) -> Meaning:
        """The meaning of the value of `node` in each row (or group) that it is computed for."""
        if isinstance(node, exp.Column):
            return here.column(node)
        if isinstance(node, exp.Literal):
            return constant() if node.is_string else constant(float(node.this))
        if isinstance(node, exp.Null):
            return constant()
        if isinstance(node, exp.Alias | exp.Paren | exp.Ordered):
            return self.of(node.this, here)
        if isinstance(node, exp.Neg):
            inner = self.of(node.this, here)
            return inner if inner.numbers is None else constant(*(-number for number in inner.numbers))
        if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.IntDiv):
            return self._computed(node, here)
        if isinstance(node, exp.Mod):
            left, _ = self.of(node.this, here), self.of(node.expression, here)
            return left.without_meaning() if left.family in (None, "name") else left
        if isinstance(node, exp.Window):
            return self._window(node, here)
        if isinstance(node, exp.Query | exp.Subquery):
            found = next(iter(self._query(node, here).values()), UNKNOWN)
            return replace(found, sums=found.sums + 1 if found.sums else 0)
        return self._chosen_or_called(node, here)

    def _chosen_or_called(self, node: exp.Expr, here: Here) -> Meaning:
        if isinstance(node, exp.Case):
            return self._case(node, here)
        if isinstance(node, exp.If):
            return self._branches(node, [node], here)
        if isinstance(node, _CHOICES):
            return self._choice(node, here)
        if isinstance(node, exp.Array) and node.expressions and not isinstance(node.expressions[0], exp.Query):
            return self._elements(node, here)
        if isinstance(node, exp.Unnest | exp.Explode):
            inner = node.expressions[0] if isinstance(node, exp.Unnest) else node.this
            return self.of(inner, here)
        if isinstance(node, exp.Cast | exp.TryCast):
            inner = self.of(node.this, here)
            return inner if node.to.this in functions.NUMERIC or inner.family == "name" else inner.without_meaning()
        if isinstance(node, _PREDICATES):
            return self._predicate(node, here)
        rows = Rows(here.group | here.fixed())
        found = self._aggregates.of(node, rows, lambda inner: self.of(inner, here))
        return self._scalar(node, here) if found is None else found

    def equate(self, condition: exp.Expr, here: Here) -> None:
        """What holds in every row: columns that a condition says are equal are the same from here on."""
        for part in _conjuncts(condition):
            if not isinstance(part, exp.EQ | exp.NullSafeEQ):
                continue
            one, other = part.this, part.expression
            pairs = [(one, other)]
            if isinstance(one, exp.Tuple) and isinstance(other, exp.Tuple):
                pairs = list(zip(one.expressions, other.expressions, strict=False))
            for left, right in pairs:
                self._identities.equate(self.of(left, here), self.of(right, here))

    def _computed(self, node: exp.Binary, here: Here) -> Meaning:
        left, right = self.of(node.this, here), self.of(node.expression, here)
        if isinstance(node, exp.Sub):
            found, fault = algebra.subtracted(left, right, self._identities.same)
        elif isinstance(node, exp.Add):
            found, fault = algebra.added(left, right)
        else:
            found, fault = (algebra.multiplied if isinstance(node, exp.Mul) else algebra.divided)(left, right)
        made_of = left.made_of | right.made_of
        if fault is not None:
            self._tell_pair(fault, node, (node.this, left), (node.expression, right))
            return Meaning(made_of=made_of)
        return replace(found, made_of=made_of)

    def _tell_pair(
        self, fault: str, node: exp.Expr, one: tuple[exp.Expr, Meaning], other: tuple[exp.Expr, Meaning]
    ) -> None:
        self._told.tell(fault, node, of_pair(fault, node, one, other))

    def _compare(self, node: exp.Expr, one: exp.Expr, other: exp.Expr, here: Here) -> None:
        other = other.this if isinstance(other, exp.Any | exp.All) else other
        left, right = self.of(one, here), self.of(other, here)
        fault = algebra.compared(left, right)
        if fault is not None:
            self._tell_pair(fault, node, (one, left), (other, right))

    def _predicate(self, node: exp.Expr, here: Here) -> Meaning:
        """True or false: a number that is 0 or 1."""
        if isinstance(node, _COMPARISONS) and not isinstance(node.this, exp.Tuple):
            self._compare(node, node.this, node.expression, here)
        elif isinstance(node, exp.Between):
            for bound in ("low", "high"):
                self._compare(node, node.this, node.args[bound], here)
        elif isinstance(node, exp.In):
            for each in [*node.expressions, *([node.args["query"]] if node.args.get("query") else [])]:
                self._compare(node, node.this, each, here)
        else:
            for child in node.iter_expressions():
                self.of(child, here)
        return constant(0.0, 1.0)

    def _case(self, node: exp.Case, here: Here) -> Meaning:
        if node.this is not None:
            for branch in node.args["ifs"]:
                self._compare(branch.this, node.this, branch.this, here)
        return self._branches(node, node.args["ifs"], here, node.args.get("default"))

    def _branches(self, node: exp.Expr, ifs: list[exp.Expr], here: Here, default: exp.Expr | None = None) -> Meaning:
        """One of several values; in each branch its condition holds, and those before it do not."""
        found: list[Labelled] = []
        with self._identities.assuming():
            for branch in ifs:
                self.of(branch.this, here)
                with self._identities.assuming():
                    self.equate(branch.this, here)
                    found.append((branch.args["true"], self.of(branch.args["true"], here), texts(branch.this)))
                for part in _disjuncts(branch.this):
                    if isinstance(part, exp.NEQ | exp.NullSafeNEQ):
                        self._identities.equate(self.of(part.this, here), self.of(part.expression, here))
            last = default or node.args.get("false")
            if last is not None:
                found.append((last, self.of(last, here), ()))
        return self._one_of(found)

    def _choice(self, node: exp.Expr, here: Here) -> Meaning:
        """COALESCE and its kind put values beside each other, as a comparison does."""
        return self._one_of([(each, self.of(each, here), ()) for each in (node.this, *node.expressions)])

    def _elements(self, node: exp.Array, here: Here) -> Meaning:
        """A list means what its elements mean, if they mean the same."""
        found, *others = (self.of(each, here) for each in node.expressions)
        made_of = found.made_of
        for other in others:
            found, fault = algebra.chosen(found, other)
            found = UNKNOWN if fault is not None else found
            made_of |= other.made_of
        return replace(found, made_of=made_of)

    def _one_of(self, values: list[Labelled]) -> Meaning:
        """The meaning that all values have together; each is held against those before it."""
        made_of = frozenset[Identity]().union(*(meaning.made_of for _, meaning, _ in values))
        found = constant()
        for position, (node, meaning, labels) in enumerate(values):
            for before, other, others in values[:position]:
                _, fault = algebra.chosen(other, meaning)
                if fault is None:
                    continue
                if not tell_apart((before, other, others), (node, meaning, labels)):
                    self._told.tell(fault, node, of_pair(fault, node, (before, other), (node, meaning)))
                return Meaning(made_of=made_of)
            found, _ = algebra.chosen(found, meaning)
        return replace(found, made_of=made_of)

    def _window(self, node: exp.Window, here: Here) -> Meaning:
        parts: list[exp.Expr] = [node]
        name = node.alias.lower() if node.args.get("alias") else ""
        while name and (inherited := here.windows.get(name)) is not None and inherited not in parts:
            parts.append(inherited)
            name = inherited.alias.lower() if inherited.args.get("alias") else ""
        agree: set[Identity] = set()
        for part in parts:
            for each in part.args.get("partition_by") or ():
                agree |= self.of(each, here).made_of
            if part.args.get("order"):
                self.of(part.args["order"], here)
        order = [part.args["order"].sql() for part in parts if part.args.get("order")]
        partition = [each.sql() for part in parts for each in part.args.get("partition_by") or ()]
        rows = Rows(frozenset(agree) | here.fixed(), (*partition, "ORDER BY", *order))
        found = self._aggregates.of(node.this, rows, lambda inner: self.of(inner, here))
        if found is None:
            return self.of(node.this, here).without_meaning()
        return replace(found, is_running=found.family == "amount" and bool(order))

    def _scalar(self, node: exp.Expr, here: Here) -> Meaning:
        """Any other function: its arguments are looked at, and what it gives is mostly unknown."""
        values = [self.of(child, here) for child in node.iter_expressions()]
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        made_of = frozenset[Identity]().union(*(value.made_of for value in values))
        if isinstance(node, functions.KEEPING) or name in functions.KEEPING_BY_NAME:
            return values[0] if values else UNKNOWN
        if isinstance(node, functions.KEEPING_NAMES) and values and values[0].family == "name":
            return values[0]
        if isinstance(node, exp.Sign):
            return constant(-1.0, 1.0)
        tells_apart = isinstance(node, functions.TELLING_APART) or name in functions.TELLING_APART_BY_NAME
        found = Meaning(made_of=made_of if tells_apart else frozenset())
        duration = _duration(node)
        return found if duration is None else replace(found, kind="quantity", unit=unit_of(duration))


def _duration(node: exp.Expr) -> str | None:
    """The unit of a number of seconds, days and the like between two moments."""
    if isinstance(node, exp.DateDiff):
        part = node.args.get("unit")
        return functions.DATE_PARTS.get(part.name.lower() if part is not None else "day")
    if isinstance(node, exp.Anonymous) and node.name.lower() in ("date_sub", "datesub") and node.expressions:
        return functions.DATE_PARTS.get(node.expressions[0].name.lower())
    if isinstance(node, exp.TimeToUnix) and isinstance(node.this.unnest(), exp.Sub):
        return "second"
    if isinstance(node, exp.Extract) and node.name.lower() == "epoch":
        return "second" if isinstance(node.expression.unnest(), exp.Sub) else None
    return None


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return [part for side in (condition.this, condition.expression) for part in _conjuncts(side)]
    return [condition]


def _disjuncts(condition: exp.Expr) -> list[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.Or):
        return [part for side in (condition.this, condition.expression) for part in _disjuncts(side)]
    return [condition]
