"""Mutation operators on a SELECT: each changes one place of its tree so that rows are lost, invented or altered.

Whether anybody notices is asked elsewhere; nothing here knows a dataset.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse_one

from data_platform.lake.names import TableName
from data_platform_tests.proof.losses_rows import IN_ORDER, altered_select

# Of many columns a few will do: each place is mutated by the first few of them.
_FEW = 3


@dataclass(frozen=True)
class Mutant:
    """A changed SELECT. `moves_rows`: it loses, merges or invents rows, where it changes anything at all."""

    operator: str
    place: str
    sql: str
    moves_rows: bool


Columns = Mapping[TableName, Sequence[tuple[str, str]]]
"""(name, type) of the columns of each table that a SELECT may name."""


@dataclass(frozen=True)
class Operator:
    """`change` yields, for a fresh copy of the tree each time, what was changed where."""

    name: str
    moves_rows: bool
    change: Callable[[exp.Expr, Columns], Iterator[tuple[str, exp.Expr]]]


def mutants(sql: str, columns: Columns) -> Iterator[Mutant]:
    """Every mutant of a SELECT by every operator, those of equal text once."""
    tree = parse_one(sql, dialect="duckdb")
    seen = {tree.sql(dialect="duckdb")}
    for operator in OPERATORS:
        for place, changed in operator.change(tree, columns):
            text = changed.sql(dialect="duckdb")
            if text not in seen:
                seen.add(text)
                yield Mutant(operator.name, place, text, operator.moves_rows)


def _at(tree: exp.Expr, node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """A copy of the tree, and in it the copy of one of its nodes."""
    number = next(i for i, each in enumerate(tree.walk()) if each is node)
    copy = tree.copy()
    return copy, next(each for i, each in enumerate(copy.walk()) if i == number)


def _short(node: exp.Expr) -> str:
    text = " ".join(node.sql(dialect="duckdb").split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _selects(tree: exp.Expr) -> Iterator[exp.Select]:
    yield from (select for select in tree.find_all(exp.Select) if select.args.get("from_"))


def _place(select: exp.Select) -> str:
    """How a person finds this SELECT: its CTE, or what it reads."""
    cte = select.find_ancestor(exp.CTE)
    return f"CTE {cte.alias}" if cte else f"FROM {_short(select.args['from_'].this)}"


def _own_columns(select: exp.Select) -> list[exp.Column]:
    """The columns that a SELECT names itself, each once: first, middle and last of them."""
    found = {
        column.sql(dialect="duckdb"): column
        for projection in select.expressions
        for column in projection.find_all(exp.Column)
        if not column.is_star and not column.name.startswith("_")
    }
    values = list(found.values())
    chosen = {0, len(values) // 2, len(values) - 1} if values else set()
    return [values[i] for i in sorted(chosen)]


def _where(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for select in _selects(tree):
        for column in _own_columns(select)[:_FEW]:
            copy, at = _at(tree, select)
            assert isinstance(at, exp.Select)
            condition = f"hash({column.sql(dialect='duckdb')}) % 5 <> 1"
            at.where(condition, copy=False, dialect="duckdb")
            yield f"{_place(select)}: WHERE {condition}", copy


def _clauses(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for select in _selects(tree):
        for text in (
            "DISTINCT",
            "LIMIT 3",
            "ORDER BY ALL LIMIT 3",
            "ORDER BY ALL OFFSET 1",
            "USING SAMPLE 50% (bernoulli, 7)",
        ):
            copy, at = _at(tree, select)
            assert isinstance(at, exp.Select)
            if text == "DISTINCT":
                yield f"{_place(select)}: {text}", _replaced(copy, at, at.copy().distinct())
            else:
                changed = parse_one(f"SELECT * FROM ({at.sql(dialect='duckdb')}) AS o {text}", dialect="duckdb")
                yield f"{_place(select)}: {text}", _replaced(copy, at, changed)
        if select.args.get("group"):
            copy, at = _at(tree, select)
            assert isinstance(at, exp.Select)
            at.having("count(*) > 1", copy=False, dialect="duckdb")
            yield f"{_place(select)}: HAVING count(*) > 1", copy


def _replaced(tree: exp.Expr, node: exp.Expr, by: exp.Expr) -> exp.Expr:
    if node is tree:
        return by
    node.replace(by)
    return tree


def _base_tables(tree: exp.Expr) -> Iterator[exp.Table]:
    yield from (table for table in tree.find_all(exp.Table) if table.db)


def _as_subquery(tree: exp.Expr, table: exp.Table, inner: str) -> exp.Expr:
    """The tree with a table replaced by a subquery of the same name."""
    copy, at = _at(tree, table)
    alias = table.alias or table.name
    at.replace(
        exp.Subquery(this=parse_one(inner, dialect="duckdb"), alias=exp.TableAlias(this=exp.to_identifier(alias)))
    )
    return copy


def _rows(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for table in _base_tables(tree):
        named = f"{table.db}.{table.name}"
        for what, inner in IN_ORDER.items():
            yield f"{_short(table)}: {what}", _as_subquery(tree, table, inner.format(t=named))


def _alter(*, pair: bool) -> Callable[[exp.Expr, Columns], Iterator[tuple[str, exp.Expr]]]:
    def change(tree: exp.Expr, columns: Columns) -> Iterator[tuple[str, exp.Expr]]:
        used = {column.name for column in tree.find_all(exp.Column)}
        for table in _base_tables(tree):
            named = TableName(table.db, table.name)
            for name, type_ in columns.get(named, ()):
                if name in used:
                    what = "one up, another down" if pair else "one value"
                    inner = altered_select(named.sql, name, type_, columns[named], pair=pair)
                    yield f"{_short(table)}: {name}, {what}", _as_subquery(tree, table, inner)

    return change


def _inner_join(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for join in tree.find_all(exp.Join):
        if join.side == "LEFT":
            for side, kind in (("", "INNER"), ("RIGHT", ""), ("FULL", "")):
                copy, at = _at(tree, join)
                at.set("side", side or None)
                at.set("kind", kind or None)
                yield f"{_short(join.this)}: {side or kind} JOIN", copy


def _fan_out(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for join in tree.find_all(exp.Join):
        on = join.args.get("on")
        if on is None:
            continue
        # Not ON true: it would take minutes to be caught.
        for key in on.find_all(exp.EQ):
            copy, at = _at(tree, key)
            sides = [f"hash({side.sql(dialect='duckdb')}) % 97" for side in (key.this, key.expression)]
            at.replace(parse_one(" = ".join(sides), dialect="duckdb"))
            yield f"{_short(join.this)}: a coarser key than {_short(key)}", copy
        for conjunct in on.flatten() if isinstance(on, exp.And) else ():
            copy, at = _at(tree, conjunct)
            at.replace(exp.true())
            yield f"{_short(join.this)}: without {_short(conjunct)}", copy
        copy, at = _at(tree, join.this)
        doubled = f"SELECT * FROM {_without_alias(join.this)} UNION ALL SELECT * FROM {_without_alias(join.this)}"
        alias = exp.TableAlias(this=exp.to_identifier(join.this.alias_or_name))
        at.replace(exp.Subquery(this=parse_one(doubled, dialect="duckdb"), alias=alias))
        yield f"{_short(join.this)}: joined to itself twice over", copy
    for select in _selects(tree):
        copy, at = _at(tree, select)
        assert isinstance(at, exp.Select)
        at.join("(SELECT unnest([1, 2]) AS twice) AS twice", join_type="cross", copy=False, dialect="duckdb")
        yield f"{_place(select)}: CROSS JOIN two rows", copy


def _without_alias(relation: exp.Expr) -> str:
    copy = relation.copy()
    copy.set("alias", None)
    return copy.sql(dialect="duckdb")


def _wrong_key(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for join in tree.find_all(exp.Join):
        on, select = join.args.get("on"), join.find_ancestor(exp.Select)
        if on is None or select is None:
            continue
        for key in on.find_all(exp.Column):
            others = {
                column.name: column
                for column in select.find_all(exp.Column)
                if column.table == key.table and column.name != key.name and not column.name.startswith("_")
            }
            for other in list(others.values())[:_FEW]:
                copy, at = _at(tree, key)
                at.replace(other.copy())
                yield f"{_short(join.this)}: ON {_short(other)} for {_short(key)}", copy


def _branches(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for union in tree.find_all(exp.Union):
        for side in ("this", "expression"):
            copy, at = _at(tree, union)
            yield (
                f"branch {_short(union.args[side])} dropped",
                _replaced(copy, at, at.args["expression" if side == "this" else "this"].copy()),
            )
            copy, at = _at(tree, union)
            other = at.args["expression" if side == "this" else "this"]
            here, there = (next(_base_tables(each), None) for each in (at.args[side], other))
            if here is not None and there is not None:
                here.replace(there.copy())
                yield f"branch {_short(union.args[side])} reads {_short(there)}", copy
        copy, at = _at(tree, union)
        at.set("distinct", True)
        yield "UNION instead of UNION ALL", copy
        copy, at = _at(tree, union)
        yield (
            "last branch twice",
            _replaced(copy, at, exp.Union(this=at.copy(), expression=at.args["expression"].copy(), distinct=False)),
        )


def _group_key(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for select in _selects(tree):
        group = select.args.get("group")
        for number, key in enumerate(group.expressions if group else ()):
            for what, by in (("left to min()", exp.Min(this=key.copy())), ("left to max()", exp.Max(this=key.copy()))):
                copy, at = _at(tree, select)
                expressions = at.args["group"].expressions
                expressions[number].pop()
                for projection in at.expressions:
                    for node in list(projection.find_all(type(key))):
                        if node == key and not node.find_ancestor(exp.AggFunc):
                            node.replace(by.copy())
                yield f"{_place(select)}: GROUP BY without {_short(key)}, {what}", copy
            if isinstance(key, exp.TimestampTrunc | exp.DateTrunc):
                copy, at = _at(tree, select)
                for node in list(at.find_all(type(key))):
                    if node == key and node.find_ancestor(exp.AggFunc) is None:
                        node.set("unit", exp.Literal.string("WEEK"))
                yield f"{_place(select)}: GROUP BY week instead of {_short(key)}", copy


def _aggregates(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for node in tree.find_all(exp.Sum, exp.Count, exp.Median):
        changes: list[tuple[str, exp.Expr]] = []
        if isinstance(node, exp.Sum):
            changes = [("max", exp.Max(this=node.this.copy())), ("avg", exp.Avg(this=node.this.copy()))]
            changes.append(("sum(DISTINCT)", exp.Sum(this=exp.Distinct(expressions=[node.this.copy()]))))
        elif isinstance(node, exp.Median):
            changes = [("avg", exp.Avg(this=node.this.copy())), ("max", exp.Max(this=node.this.copy()))]
        elif isinstance(node.this, exp.Star):
            changes = [("count(*) + 1", exp.paren(exp.Add(this=node.copy(), expression=exp.Literal.number(1))))]
        for what, by in changes:
            if node.find_ancestor(exp.Filter, exp.Window) and what.startswith("count"):
                continue
            copy, at = _at(tree, node)
            at.replace(by)
            yield f"{_short(_output(node))}: {what}", copy


def _output(node: exp.Expr) -> exp.Expr:
    """The column of the SELECT that a node stands in."""
    while node.parent is not None and not isinstance(node.parent, exp.Select):
        node = node.parent
    return exp.column(node.alias_or_name) if node.alias_or_name else node


def _filters(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    for node in tree.find_all(exp.Filter):
        copy, at = _at(tree, node)
        at.replace(at.this.copy())
        yield f"{_short(_output(node))}: without FILTER", copy
        copy, at = _at(tree, node)
        condition = at.expression.this
        condition.replace(exp.Not(this=exp.paren(condition.copy())))
        yield f"{_short(_output(node))}: FILTER (WHERE NOT ...)", copy


_BOUNDARY: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
}


def _bounds(tree: exp.Expr, _: Columns) -> Iterator[tuple[str, exp.Expr]]:
    """Off by one: comparisons that lose or take in their boundary, and numbers in joins and window frames."""
    for node in tree.find_all(*_BOUNDARY):
        copy, at = _at(tree, node)
        at.replace(_BOUNDARY[type(node)](this=at.this.copy(), expression=at.expression.copy()))
        yield f"{_short(_output(node))}: boundary of {_short(node)}", copy
    for node in tree.find_all(exp.Literal):
        if node.find_ancestor(exp.Join, exp.WindowSpec) and str(node.this).isdigit():
            copy, at = _at(tree, node)
            at.replace(exp.Literal(this=str(int(node.this) + 1), is_string=node.is_string))
            yield f"{_short(node.parent or node)}: one more", copy


OPERATORS: tuple[Operator, ...] = (
    Operator("WHERE", True, _where),
    Operator("DISTINCT, LIMIT, OFFSET, sample, HAVING", True, _clauses),
    Operator("INNER, RIGHT or FULL JOIN for LEFT JOIN", True, _inner_join),
    Operator("fan-out join", True, _fan_out),
    Operator("wrong join key", False, _wrong_key),
    Operator("UNION ALL branch dropped, swapped or doubled", True, _branches),
    Operator("GROUP BY key dropped or coarser", True, _group_key),
    Operator("input: rows dropped, doubled or both", True, _rows),
    Operator("input: one value altered", False, _alter(pair=False)),
    Operator("input: one value up, another down", False, _alter(pair=True)),
    Operator("another aggregate", False, _aggregates),
    Operator("FILTER dropped or negated", False, _filters),
    Operator("off-by-one bounds", False, _bounds),
)
