"""How columns flow through one qualified query. Each SELECT in it is looked at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql.columns import output_name
from data_platform.sql.relations import Scope, enter, resolve


@dataclass(frozen=True, order=True)
class Source:
    """A column of a table of the lake."""

    table: TableName
    column: str

    def __str__(self) -> str:
        return f"{self.table.sql}.{self.column}"


@dataclass(frozen=True)
class Flow:
    """What a value comes from, and what decides whether and where it is there."""

    direct: frozenset[Source] = frozenset()
    indirect: frozenset[Source] = frozenset()

    @property
    def touched(self) -> frozenset[Source]:
        return self.direct | self.indirect


@dataclass(frozen=True)
class Output:
    """What a relation offers. `rows` decides about its rows; it is part of the `indirect` of each column."""

    columns: Mapping[str, Flow]
    rows: frozenset[Source] = frozenset()
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
    """Follows columns to the tables in `columns`, whose spelling of table and column names is kept."""

    def __init__(self, columns: Iterable[tuple[TableName, tuple[str, ...]]]) -> None:
        self._tables = {table: _table(table, names) for table, names in columns}
        self._done: dict[int, Output] = {}
        self._before: dict[int, Output] = {}
        self._active: set[int] = set()
        self._recursive = False

    def columns_of(self, tree: exp.Expr) -> Mapping[str, Flow]:
        """The flow of each output column of `tree`, in order."""
        found = self._query(tree, Scope(), None)
        while self._recursive and self._done != self._before:  # a recursive CTE feeds itself until nothing is new
            self._before, self._done = self._done, {}
            found = self._query(tree, Scope(), None)
        return found.columns

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
            rows = rows.union(*(flow.touched for flow in (*left.columns.values(), *right.columns.values())))
        columns = {}
        others = [*right.columns.values()] or [Flow()] * len(left.columns)  # VALUES has no columns to speak of
        for (name, one), other in zip(left.columns.items(), others, strict=False):
            direct = one.direct | other.direct if isinstance(query, exp.Union) else one.direct
            columns[name] = Flow(direct, one.indirect | other.indirect | rows)
        return self._limited(query, Output(columns, rows), Surroundings(scope, {}, around, columns))

    def _select(self, select: exp.Select, scope: Scope, around: Surroundings | None) -> Output:
        here = Surroundings(scope, {}, around)
        rows: set[Source] = set()
        for relation in _relations(select):
            output = self._relation(relation, here)
            here.relations[relation.alias_or_name] = output
            rows |= output.rows
        for clause in _row_clauses(select):
            rows |= self._flow(clause, here).touched
        named = [(output_name(column) or str(i), column) for i, column in enumerate(select.expressions)]
        values = {name: self._flow(column, here) for name, column in named}
        distinct = select.args.get("distinct")
        if distinct is not None and not distinct.args.get("on"):
            rows = rows.union(*(flow.touched for flow in values.values()))
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
                rows |= self._flow(query.args[clause], here).touched
        if query.args.get("order") and not list(query.args["order"].find_all(exp.Column)):  # ALL, or positions
            rows = rows.union(*(flow.touched for flow in output.columns.values()))
        return Output({n: Flow(f.direct, f.indirect | rows) for n, f in output.columns.items()}, frozenset(rows))

    def _relation(self, relation: exp.Expr, here: Surroundings) -> Output:
        if isinstance(relation, exp.Subquery):
            return _renamed(self._query(relation, here.scope, here), relation)
        if isinstance(relation, exp.Lateral) and isinstance(relation.this, exp.Subquery):
            return _renamed(self._query(relation.this, here.scope, here), relation)
        if isinstance(relation, exp.Table) and not isinstance(relation.this, exp.Func):
            binding = resolve(relation, here.scope)
            if binding is not None:
                return _renamed(_renamed(self._query(binding.cte.this, binding.scope, None), binding.cte), relation)
            return _renamed(self._tables[TableName(relation.db, relation.name)], relation)
        generated = Flow(self._flow(relation, here).touched)
        return Output({}, generated.direct, Flow(generated.direct, generated.direct))

    def _flow(self, node: exp.Expr, here: Surroundings) -> Flow:
        direct: set[Source] = set()
        indirect: set[Source] = set()
        self._collect(node, here, direct, indirect)
        return Flow(frozenset(direct), frozenset(indirect))

    def _collect(self, node: exp.Expr, here: Surroundings, direct: set[Source], indirect: set[Source]) -> None:
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
        elif isinstance(node, exp.Window | exp.Order):
            self._collect_ordered(node, here, direct, indirect)
        else:
            for child in node.iter_expressions():
                self._collect(child, here, direct, indirect)

    def _collect_ordered(self, node: exp.Expr, here: Surroundings, direct: set[Source], indirect: set[Source]) -> None:
        """`value OVER (…)` and `value ORDER BY …`: only the value is direct."""
        for child in node.iter_expressions():
            if child is node.this:
                self._collect(child, here, direct, indirect)
            else:
                indirect |= self._flow(child, here).touched
        select = node.find_ancestor(exp.Select) if isinstance(node, exp.Window) and node.alias else None
        for named in select.args.get("windows") or () if select else ():
            if named.name.lower() == node.alias.lower():
                indirect |= self._flow(named, here).touched


def _table(table: TableName, names: tuple[str, ...]) -> Output:
    return Output({name.lower(): Flow(frozenset({Source(table, name)})) for name in names})


def _relations(select: exp.Select) -> Iterator[exp.Expr]:
    if select.args.get("from_"):
        yield select.args["from_"].this
    for join in select.args.get("joins") or ():
        yield join.this
    yield from select.args.get("laterals") or ()


def _row_clauses(select: exp.Select) -> Iterator[exp.Expr]:
    """The expressions that decide which rows a SELECT has."""
    for clause in ("where", "having", "qualify"):
        if select.args.get(clause):
            yield select.args[clause]
    for join in select.args.get("joins") or ():
        yield from (join.args[key] for key in ("on", "match_condition") if join.args.get(key))
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        yield distinct.args["on"]
    group = select.args.get("group")
    if group is not None:
        yield group
        if group.args.get("all"):
            yield from (column for column in select.expressions if not column.find(exp.AggFunc))


def _renamed(output: Output, relation: exp.Expr) -> Output:
    """A column list after the alias names the first columns anew."""
    names = [name.lower() for name in relation.alias_column_names]
    if not names:
        return output
    flows = list(output.columns.values())
    return Output(dict(zip([*names, *list(output.columns)[len(names) :]], flows, strict=False)), output.rows)
