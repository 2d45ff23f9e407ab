"""Which rows of a model's inputs a row of it can come from: its columns as expressions over each input's own columns.

Where a column is a plain function of an input's columns, equal values are a condition that every row behind it meets.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql.columns import output_name
from data_platform.sql.lineage import qualified
from data_platform.sql.relations import Scope, enter, references, relations_of, resolve
from data_platform.sql.row_rules import AGGREGATES, GENERATING
from data_platform.sql.syntax import read

Columns = Mapping[str, exp.Expr]
# Can stand anywhere without brackets.
_WHOLE = (exp.Column, exp.Func, exp.Literal, exp.Null, exp.Paren)
_DECIDING = ("having", "qualify", "limit", "offset", "sample")
_ACROSS_GROUPS = (exp.Rollup, exp.Cube, exp.GroupingSets)


@dataclass(frozen=True)
class View:
    """A view's SELECT, and (name, type) of its columns: what it puts out is cast to them."""

    text: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Feed:
    """One mention of an input. `keys`: output column (lower case) → SQL over the input's columns that has its value.

    A column that is missing there does not narrow the input: it is aggregated, or made of several tables. `only` are
    conditions of WHERE that look at one row of the input; `leaves_out`: others, or joins, may keep more rows out.
    `looks_further`: a window function reads rows beside the one that it stands in; then only what all windows are
    partitioned by is a key.
    """

    table: TableName
    keys: Mapping[str, str]
    only: tuple[str, ...] = ()
    leaves_out: bool = False
    looks_further: bool = False


def feeds(
    text: str, tables: Mapping[TableName, Sequence[str]], views: Mapping[TableName, View] | None = None
) -> tuple[Feed, ...]:
    """Of a SELECT: one for each mention of a stored table, seen through `views`.

    `tables` are the columns of all stored tables and views that may be named. Raises SqlError, as lineage does.
    """
    follower = _Follower({name: tuple(columns) for name, columns in tables.items()}, dict(views or {}))
    return tuple(
        Feed(
            found.table,
            {name: _sql(value) for name, value in found.columns.items()},
            tuple(_sql(condition) for condition in found.only),
            found.leaves_out,
            found.looks_further,
        )
        for found in follower.of(text)
    )


@dataclass(frozen=True)
class _Found:
    table: TableName
    columns: Columns
    only: tuple[exp.Expr, ...] = ()
    leaves_out: bool = False
    looks_further: bool = False


@dataclass(frozen=True)
class _Output:
    names: tuple[str, ...]
    found: tuple[_Found, ...]


class _Follower:
    """Follows one SELECT, and the views that it reads, down to stored tables."""

    def __init__(self, tables: Mapping[TableName, tuple[str, ...]], views: Mapping[TableName, View]) -> None:
        self._tables = tables
        self._views = views
        self._seen: set[int] = set()

    def of(self, text: str) -> tuple[_Found, ...]:
        tree = qualified(read(text).tree, tuple(self._tables.items()))
        recursive = any(with_.args.get("recursive") for with_ in tree.find_all(exp.With))
        found = () if recursive else self._query(tree, Scope()).found
        # What decides from within a condition, or feeds itself, is an input whose rows nothing narrows.
        others = [table for table, binding in references(tree) if binding is None and id(table) not in self._seen]
        return (*found, *(one for table in others for one in self._unnarrowed(table)))

    def _unnarrowed(self, table: exp.Table) -> Iterator[_Found]:
        if table.db:
            for one in self._stored(TableName(table.db, table.name)).found:
                yield _Found(one.table, {}, looks_further=one.looks_further)

    def _query(self, query: exp.Expr, outer: Scope) -> _Output:
        scope = enter(query, outer)
        if isinstance(query, exp.Subquery):
            return self._query(query.this, scope)
        if isinstance(query, exp.SetOperation):
            left, right = self._query(query.this, scope), self._query(query.expression, scope)
            names = dict(zip(right.names, left.names, strict=False))
            found = (*left.found, *(_renamed(one, names) for one in right.found))
            if not isinstance(query, exp.Union):
                found = tuple(replace(one, leaves_out=True) for one in found)
            return _Output(left.names, found)
        if isinstance(query, exp.Select):
            return self._select(query, scope)
        return _Output((), ())

    def _select(self, select: exp.Select, scope: Scope) -> _Output:
        relations = {relation.alias_or_name: self._relation(relation, scope) for relation in relations_of(select)}
        equal = _equalities(select)
        values = {output_name(each) or "": _unaliased(each) for each in select.expressions}
        keys, looks_further = _keys(select, values)
        found = []
        for alias, output in relations.items():
            for one in output.found:
                own = {name: made for name in keys if (made := _made_of(values[name], alias, one, equal)) is not None}
                tried = [_made_of(each, alias, one, equal) if _is_plain(each) else None for each in _conditions(select)]
                only = [condition for condition in tried if condition is not None]
                found.append(
                    replace(
                        one,
                        columns=own,
                        only=(*one.only, *only),
                        leaves_out=one.leaves_out or len(only) < len(tried) or _leaves_out(select),
                        looks_further=one.looks_further or looks_further,
                    )
                )
        return _Output(tuple(values), tuple(found))

    def _relation(self, relation: exp.Expr, scope: Scope) -> _Output:
        if isinstance(relation, exp.Subquery):
            return _columns_named(self._query(relation, scope), relation)
        if isinstance(relation, exp.Table) and not isinstance(relation.this, exp.Func):
            self._seen.add(id(relation))
            binding = resolve(relation, scope)
            if binding is not None:
                inner = _columns_named(self._query(binding.cte.this, binding.scope), binding.cte)
                return _columns_named(inner, relation)
            return _columns_named(self._stored(TableName(relation.db, relation.name)), relation)
        return _Output((), ())

    def _stored(self, name: TableName) -> _Output:
        view = self._views.get(name)
        if view is None:
            names = tuple(column.lower() for column in self._tables[name])
            return _Output(names, (_Found(name, {column: _column(column) for column in names}),))
        types = {column.lower(): type_ for column, type_ in view.columns}
        inner = _Follower(self._tables, self._views).of(view.text)
        cast = [
            replace(one, columns={c: exp.cast(v, types[c], dialect="duckdb") for c, v in one.columns.items()})
            for one in inner
        ]
        return _Output(tuple(types), tuple(cast))


def _keys(select: exp.Select, values: Mapping[str, exp.Expr]) -> tuple[list[str], bool]:
    """The output columns that are plain values of one row or of a group's key; and whether windows look further."""
    group = select.args.get("group")
    across = group is not None and group.find(*_ACROSS_GROUPS) is not None
    plain = [] if across else [name for name, value in values.items() if name and _is_plain(value)]
    windows = [window for part in _computed(select) for window in part.find_all(exp.Window)]
    if not windows:
        return plain, False
    shared = [
        name for name in plain if all(values[name] in (window.args.get("partition_by") or ()) for window in windows)
    ]
    return shared, True


def _computed(select: exp.Select) -> Iterator[exp.Expr]:
    yield from select.expressions
    if select.args.get("qualify"):
        yield select.args["qualify"]


def _conditions(select: exp.Select) -> list[exp.Expr]:
    """What WHERE demands, one by one."""
    where = select.args.get("where")
    if where is None:
        return []
    return list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]


def _leaves_out(select: exp.Select) -> bool:
    """Whether anything but WHERE decides which rows come out."""
    joins = select.args.get("joins") or ()
    return any(select.args.get(clause) for clause in _DECIDING) or any(join.side.upper() != "LEFT" for join in joins)


def _is_plain(value: exp.Expr) -> bool:
    """Whether it is computed from its own row alone."""
    for node in value.walk():
        name = node.name.lower() if isinstance(node, exp.Anonymous) else node.key
        if isinstance(node, exp.Query | exp.Window | exp.AggFunc | exp.UDTF | exp.Explode):
            return False
        if name in GENERATING or (isinstance(node, exp.Func) and name in AGGREGATES):
            return False
    return True


def _made_of(
    value: exp.Expr, alias: str, found: _Found, equal: Callable[[str, exp.Column], exp.Column | None]
) -> exp.Expr | None:
    """`value` over the columns of `found`, which stands behind `alias`; None where it takes something else too."""
    made = exp.Paren(this=value.copy())
    for column in list(made.find_all(exp.Column)):
        own = column if column.table == alias else equal(alias, column)
        inner = None if own is None else found.columns.get(own.name)
        if inner is None:
            return None
        column.replace(inner.copy() if isinstance(inner, _WHOLE) else exp.Paren(this=inner.copy()))
    result: exp.Expr = made.this
    return result


def _equalities(select: exp.Select) -> Callable[[str, exp.Column], exp.Column | None]:
    """For a relation and another's column: its own column that equals it in every row that it takes part in."""
    pairs: dict[tuple[str, str, str], exp.Column] = {}
    for join in select.args.get("joins") or ():
        side, kind, joined = join.side.upper(), join.kind.upper(), join.this.alias_or_name
        on = join.args.get("on")
        if on is None or side in ("RIGHT", "FULL") or kind == "ANTI":
            continue
        for condition in on.flatten() if isinstance(on, exp.And) else [on]:
            one, other = condition.this, condition.expression
            if (
                not isinstance(condition, exp.EQ)
                or not isinstance(one, exp.Column)
                or not isinstance(other, exp.Column)
            ):
                continue
            for mine, theirs in ((one, other), (other, one)):
                # A row of the left side stays where nothing matches: there the right side's column is NULL.
                if mine.table == joined or side != "LEFT":
                    pairs[mine.table, theirs.table, theirs.name] = mine
    return lambda alias, column: pairs.get((alias, column.table, column.name))


def _columns_named(output: _Output, relation: exp.Expr) -> _Output:
    """A column list after the alias names the first columns anew."""
    names = tuple(name.lower() for name in relation.alias_column_names)
    if not names:
        return output
    renamed = dict(zip(output.names, (*names, *output.names[len(names) :]), strict=False))
    return _Output(tuple(renamed.values()), tuple(_renamed(one, renamed) for one in output.found))


def _renamed(found: _Found, names: Mapping[str, str]) -> _Found:
    columns = {names[name]: value for name, value in found.columns.items() if name in names}
    return replace(found, columns=columns)


def _unaliased(projection: exp.Expr) -> exp.Expr:
    return projection.this if isinstance(projection, exp.Alias) else projection


def _column(name: str) -> exp.Expr:
    return exp.column(exp.to_identifier(name, quoted=True))


def _sql(value: exp.Expr) -> str:
    return value.sql(dialect="duckdb")
