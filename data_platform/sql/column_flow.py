"""How columns flow through one qualified query. Each SELECT in it is looked at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql.columns import output_name
from data_platform.sql.places import Place, makers_of_rows, place_at, place_of_projection
from data_platform.sql.relations import Scope, enter, resolve

How = Literal["value", "filter", "join", "group", "window", "order", "distinct"]
UNNAMED = "\0"
"""Begins what stands for the name of a column that cannot be named."""


@dataclass(frozen=True, order=True)
class Source:
    """A column of a table of the lake."""

    table: TableName
    column: str

    def __str__(self) -> str:
        return f"{self.table.sql}.{self.column}"


class Reach(NamedTuple):
    """One way in which a source gets somewhere. `place` is where the author's text uses it: the innermost projection
    that does more than hand it on, or the clause that makes it decide about rows. `passing`: handed on only, so far.
    """

    source: Source
    how: How
    place: Place | None = None
    passing: bool = True


@dataclass(frozen=True)
class Flow:
    """What a value comes from, and what decides whether and where it is there: numbers of `Follower.reaches`."""

    direct: frozenset[int] = frozenset()
    indirect: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Output:
    """What a relation offers. `rows` decides about its rows; it is part of the `indirect` of each column."""

    columns: Mapping[str, Flow]
    rows: frozenset[int] = frozenset()
    anything: Flow | None = None  # of every column, where a function generates them

    def column(self, name: str) -> Flow:
        return self.columns.get(name) or self.anything or Flow()


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The relations that an expression can name; `outer` are those around a correlated subquery."""

    scope: Scope
    relations: dict[str, Output]
    outer: "Surroundings | None" = None
    own: Mapping[str, Flow] | None = None  # the SELECT's own columns, which ORDER BY can name

    def find(self, name: str) -> Output | None:
        if name in self.relations:
            return self.relations[name]
        return self.outer.find(name) if self.outer else None

    def flow(self, column: exp.Column) -> Flow:
        """`relation.column`, or `relation.column.field` of a struct; a name alone is a column of the SELECT itself."""
        parts = [part.name for part in column.parts]
        for position in range(len(parts) - 1):
            relation = self.find(parts[position])
            if relation is not None:
                return relation.column(parts[position + 1])
        return (self.own or {}).get(parts[-1], Flow())


class Follower:
    """Follows columns to the tables in `columns`, whose spelling of table and column names is kept.

    `reaches` are all ways that were met; a flow names them by their position, as sets of numbers are what is fast.
    """

    def __init__(self, columns: Iterable[tuple[TableName, tuple[str, ...]]]) -> None:
        self.reaches: list[Reach] = []
        self._numbers: dict[Reach, int] = {}
        self._tables = {table: self._table(table, names) for table, names in columns}
        self._done: dict[int, Output] = {}
        self._before: dict[int, Output] = {}
        self._active: set[int] = set()
        self._recursive = False

    def follow(self, tree: exp.Expr) -> Output:
        """The flow of each output column of `tree`, in order, and what decides about its rows."""
        found = self._query(tree, Scope(), None)
        while self._recursive and self._done != self._before:  # a recursive CTE feeds itself until nothing is new
            self._before, self._done = self._done, {}
            found = self._query(tree, Scope(), None)
        return found

    def _number(self, reach: Reach) -> int:
        number = self._numbers.setdefault(reach, len(self.reaches))
        if number == len(self.reaches):
            self.reaches.append(reach)
        return number

    def _table(self, table: TableName, names: tuple[str, ...]) -> Output:
        flows = {}
        for name in names:
            flows[name.lower()] = Flow(frozenset({self._number(Reach(Source(table, name), "value"))}))
        return Output(flows)

    def _projected(self, flow: Flow, place: Place, *, passing: bool) -> Flow:
        """What a projection makes of a value: one that only hands it on leaves a place that does more as it is."""
        direct = set()
        for number in flow.direct:
            reach = self.reaches[number]
            direct.add(self._number(Reach(reach.source, "value", place, passing)) if reach.passing else number)
        return Flow(frozenset(direct), flow.indirect)

    def _deciding(self, flow: Flow, how: How, place: Place) -> frozenset[int]:
        """What a clause at `place` that reads `flow` lets decide; what decided before it keeps its own place."""
        direct = {self._number(Reach(self.reaches[number].source, how, place, False)) for number in flow.direct}
        return flow.indirect.union(direct)

    def _deciding_all(self, flows: Iterable[Flow], how: How, place: Place) -> frozenset[int]:
        return frozenset[int]().union(*(self._deciding(flow, how, place) for flow in flows))

    def _query(self, query: exp.Expr, outer: Scope, around: Surroundings | None) -> Output:
        key = id(query)
        if key in self._active:
            self._recursive = True
            return self._before.get(key, Output({}))
        if key not in self._done:
            self._active.add(key)
            self._done[key] = self._follow(query, enter(query, outer), around)
            self._active.remove(key)
        return self._done[key]

    def _follow(self, query: exp.Expr, scope: Scope, around: Surroundings | None) -> Output:
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, scope, around)
        if isinstance(query, exp.Select):
            return self._select(query, scope, around)
        if isinstance(query, exp.Subquery):
            inner = self._query(query.this, scope, around)
            return self._limited(query, inner, Surroundings(scope, {}, around, inner.columns))
        return Output({})  # VALUES: constants come from nowhere

    def _set_operation(self, query: exp.SetOperation, scope: Scope, around: Surroundings | None) -> Output:
        left, right = self._query(query.this, scope, around), self._query(query.expression, scope, around)
        rows = left.rows | right.rows
        if query.args.get("distinct") or not isinstance(query, exp.Union):
            how: How = "distinct" if isinstance(query, exp.Union) else "filter"
            flows = (*left.columns.values(), *right.columns.values())
            rows |= self._deciding_all(flows, how, place_at(query, "set"))
        columns = {}
        others = [*right.columns.values()] or [Flow()] * len(left.columns)  # VALUES has no columns to speak of
        for (name, one), other in zip(left.columns.items(), others, strict=False):
            direct = one.direct | other.direct if isinstance(query, exp.Union) else one.direct
            columns[name] = Flow(direct, one.indirect | other.indirect | rows)
        return self._limited(query, Output(columns, rows), Surroundings(scope, {}, around, columns))

    def _select(self, select: exp.Select, scope: Scope, around: Surroundings | None) -> Output:
        here = Surroundings(scope, {}, around)
        rows: set[int] = set()
        for index, relation in enumerate(_relations(select)):
            output = self._relation(relation, here, place_at(select, "from", index))
            here.relations[relation.alias_or_name] = output
            rows |= output.rows
        for how, place, clause in _row_clauses(select):
            rows |= self._deciding(self._flow(clause, here), how, place)
        values = {}
        for index, projection in enumerate(select.expressions):
            place = place_of_projection(select, projection, index)
            passing = isinstance(projection.unalias(), exp.Column)
            name = output_name(projection)
            # Branches of a UNION go by position: there two columns may have one name, or none.
            key = name if name and name not in values else f"{UNNAMED}{index}"
            values[key] = self._projected(self._flow(projection, here), place, passing=passing)
            for maker in makers_of_rows(select, projection):  # as many rows as the list has elements
                rows |= self._deciding(self._flow(maker, here), "join", place)
        distinct = select.args.get("distinct")
        if distinct is not None and not distinct.args.get("on"):
            rows |= self._deciding_all(values.values(), "distinct", place_at(select, "distinct"))
        columns = {name: Flow(flow.direct, flow.indirect | rows) for name, flow in values.items()}
        ordering = Surroundings(scope, here.relations, around, values)
        return self._limited(select, Output(columns, frozenset(rows)), ordering)

    def _limited(self, query: exp.Expr, output: Output, here: Surroundings) -> Output:
        """With LIMIT or DISTINCT ON, the ORDER BY decides which rows there are."""
        distinct = query.args.get("distinct") if isinstance(query, exp.Select) else None
        chosen = query.args.get("limit") or query.args.get("offset") or (distinct and distinct.args.get("on"))
        if not chosen:
            return output
        rows = set(output.rows)
        for clause in ("order", "limit", "offset"):
            if query.args.get(clause):
                rows |= self._deciding(self._flow(query.args[clause], here), "order", place_at(query, clause))
        if query.args.get("order") and not list(query.args["order"].find_all(exp.Column)):  # ALL, or positions
            rows |= self._deciding_all(output.columns.values(), "order", place_at(query, "order"))
        return Output({n: Flow(f.direct, f.indirect | rows) for n, f in output.columns.items()}, frozenset(rows))

    def _relation(self, relation: exp.Expr, here: Surroundings, place: Place) -> Output:
        if isinstance(relation, exp.Subquery):
            return _renamed(self._query(relation, here.scope, here), relation)
        if isinstance(relation, exp.Lateral) and isinstance(relation.this, exp.Subquery):
            return _renamed(self._query(relation.this, here.scope, here), relation)
        if isinstance(relation, exp.Table) and not isinstance(relation.this, exp.Func):
            binding = resolve(relation, here.scope)
            if binding is not None:
                return _renamed(_renamed(self._query(binding.cte.this, binding.scope, None), binding.cte), relation)
            return _renamed(self._tables[TableName(relation.db, relation.name)], relation)
        flow = self._flow(relation, here)
        generated = Flow(self._projected(flow, place, passing=False).direct, self._deciding(flow, "join", place))
        return Output({}, generated.indirect, generated)

    def _flow(self, node: exp.Expr, here: Surroundings) -> Flow:
        direct: set[int] = set()
        indirect: set[int] = set()
        self._collect(node, here, direct, indirect)
        return Flow(frozenset(direct), frozenset(indirect))

    def _collect(self, node: exp.Expr, here: Surroundings, direct: set[int], indirect: set[int]) -> None:
        """Adds what the value of `node` comes from to `direct` and what merely orders or filters to `indirect`."""
        if isinstance(node, exp.Column):
            flow = here.flow(node)
            direct |= flow.direct
            indirect |= flow.indirect
        elif isinstance(node, exp.TableColumn):  # the whole row as one value
            relation = here.find(node.name)
            for flow in relation.columns.values() if relation else ():
                direct |= flow.direct
                indirect |= flow.indirect
        elif isinstance(node, exp.Query):
            output = self._query(node, here.scope, here)
            indirect |= output.rows
            for flow in () if isinstance(node.parent, exp.Exists) else output.columns.values():
                direct |= flow.direct
                indirect |= flow.indirect
        elif isinstance(node, exp.Window):
            self._collect_window(node, here, direct, indirect)
        elif isinstance(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup):
            if isinstance(node.this, exp.Expr):
                self._collect(node.this, here, direct, indirect)
            for child in node.expressions:
                indirect |= self._deciding(self._flow(child, here), "order", place_at(node, "order"))
        else:
            for child in node.iter_expressions():
                self._collect(child, here, direct, indirect)

    def _collect_window(self, node: exp.Window, here: Surroundings, direct: set[int], indirect: set[int]) -> None:
        """`value OVER (…)`: only the value is direct."""
        self._collect(node.this, here, direct, indirect)
        select = node.find_ancestor(exp.Select) if node.alias else None
        named: list[exp.Expr] = []
        while select and (extended := _named(select, (named or [node])[-1])) and extended not in named:
            named.append(extended)
        for window in (node, *named):
            order, frame = window.args.get("order"), window.args.get("spec")
            parts = [("partition", child) for child in window.args.get("partition_by") or ()]
            # The frame stands behind the ORDER BY, and is told with it.
            parts += [
                ("order", child) for child in (*(order.expressions if order else ()), *([frame] if frame else ()))
            ]
            for part, child in parts:
                indirect |= self._deciding(self._flow(child, here), "window", place_at(window, part))


def _named(select: exp.Select, window: exp.Expr) -> exp.Expr | None:
    """The named window that a window takes over."""
    name = window.alias.lower()
    return next((each for each in select.args.get("windows") or () if name and each.name.lower() == name), None)


def _relations(select: exp.Select) -> Iterator[exp.Expr]:
    if select.args.get("from_"):
        yield select.args["from_"].this
    for join in select.args.get("joins") or ():
        yield join.this
    yield from select.args.get("laterals") or ()


def _row_clauses(select: exp.Select) -> Iterator[tuple[How, Place, exp.Expr]]:
    """The expressions that decide which rows a SELECT has."""
    for clause in ("where", "having", "qualify"):
        if select.args.get(clause):
            yield "filter", place_at(select, clause), select.args[clause]
    for index, join in enumerate(select.args.get("joins") or ()):
        for key in ("on", "match_condition"):
            if join.args.get(key):
                yield "join", place_at(select, "on", index), join.args[key]
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        yield "distinct", place_at(select, "distinct_on"), distinct.args["on"]
    group = select.args.get("group")
    if group is not None:
        for index, key in enumerate(group.expressions):
            yield "group", place_at(select, "group", index), key
        if group.args.get("all"):
            for column in select.expressions:
                if not column.find(exp.AggFunc):
                    yield "group", place_at(select, "groups"), column


def _renamed(output: Output, relation: exp.Expr) -> Output:
    """A column list after the alias names the first columns anew."""
    names = [name.lower() for name in relation.alias_column_names]
    if not names:
        return output
    flows = list(output.columns.values())
    return Output(dict(zip([*names, *list(output.columns)[len(names) :]], flows, strict=False)), output.rows)
