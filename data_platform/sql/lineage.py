"""Which source columns a model's columns come from (direct) and which only decide about rows and order (indirect)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from data_platform.lake.names import TableName
from data_platform.sql.column_flow import UNNAMED, Follower, How, Output, Reach, Source
from data_platform.sql.columns import first_select
from data_platform.sql.fragments import Fragment, Fragments
from data_platform.sql.model import Model, located, output_columns
from data_platform.sql.places import numbered
from data_platform.sql.syntax import SqlError, read

Columns = tuple[tuple[TableName, tuple[str, ...]], ...]


@dataclass(frozen=True)
class ColumnLineage:
    """Direct: every column that the value is computed from, conditions of CASE and FILTER among them, because a code
    that is spelled out by CASE has no other source. Indirect: columns that decide which rows there are and how they
    are grouped and ordered: WHERE, JOIN, GROUP BY, HAVING, QUALIFY, DISTINCT, ORDER BY with LIMIT, the PARTITION BY
    and ORDER BY of windows and aggregates, here or in any CTE or subquery on the way. A column can be both.
    """

    direct: frozenset[Source]
    indirect: frozenset[Source]


@dataclass(frozen=True)
class ColumnEdge:
    """One way in which a source column gets into an output column, or decides about all rows (`column` None).

    `sql` is the fragment in which the column stands, as it is written: for a value the innermost projection that does
    more than hand it on, the outermost one where all hand it on; else the clause that makes it decide.
    """

    source: Source
    column: str | None
    how: How
    sql: str
    line: int


@dataclass(frozen=True)
class ColumnEdges:
    """All edges into one model's output, and the projection of the outermost SELECT that makes each column."""

    edges: tuple[ColumnEdge, ...]
    made_by: Mapping[str, Fragment]


def column_lineage(model: Model, columns: Mapping[TableName, Sequence[str]]) -> Mapping[str, ColumnLineage]:
    """The lineage of each output column of `model`, in order.

    `columns` tells which columns each table that the model reads has; more tables do no harm. A view counts as a
    table here, see `through`. Raises ModelError when a table is missing or a column cannot be found in any.
    """
    return dict(_followed(model, columns).lineage)


def column_edges(model: Model, columns: Mapping[TableName, Sequence[str]]) -> ColumnEdges:
    """The same, edge by edge: `column_lineage` is what is left of them without how and where. Raises the same."""
    followed = _followed(model, columns)
    with located(model.path):
        return followed.edges


def through(
    lineage: Mapping[str, ColumnLineage], views: Mapping[TableName, Mapping[str, ColumnLineage]]
) -> Mapping[str, ColumnLineage]:
    """`lineage` of a model that reads `views`, as if their text stood in its place.

    `views` holds the lineage of exactly the views that the model reads, each already led through the views that
    it reads itself. What decides about a view's rows decides about each column of the model.
    Raises KeyError when a view has no lineage for a column that is read from it.
    """
    views = {table: {name.lower(): column for name, column in view.items()} for table, view in views.items()}
    rows = frozenset[Source]().union(*(_common(view) for view in views.values()))
    found = {}
    for name, column in lineage.items():
        direct, indirect = set[Source](), set[Source](rows)
        for source in column.direct:
            inner = _inside(source, views)
            direct |= inner.direct
            indirect |= inner.indirect
        for source in column.indirect:
            inner = _inside(source, views)
            indirect |= inner.direct | inner.indirect
        found[name] = ColumnLineage(frozenset(direct), frozenset(indirect))
    return found


def as_json(lineage: Mapping[str, ColumnLineage]) -> dict[str, dict[str, list[str]]]:
    """Plain lists in a fixed order: `{"fare_usd": {"direct": ["raw.trips.fare_amount"], "indirect": []}}`."""
    return {
        name: {"direct": [str(s) for s in sorted(column.direct)], "indirect": [str(s) for s in sorted(column.indirect)]}
        for name, column in lineage.items()
    }


def _common(view: Mapping[str, ColumnLineage]) -> frozenset[Source]:
    """What every column of a view depends on: the columns that decide about its rows."""
    return frozenset.intersection(*(column.indirect for column in view.values())) if view else frozenset()


def _inside(source: Source, views: Mapping[TableName, Mapping[str, ColumnLineage]]) -> ColumnLineage:
    view = views.get(source.table)
    if view is None:
        return ColumnLineage(frozenset({source}), frozenset())
    return view[source.column.lower()]


@dataclass(frozen=True, eq=False)
class _Followed:
    text: str
    names: tuple[str, ...]
    output: Output
    reaches: Sequence[Reach]
    lineage: tuple[tuple[str, ColumnLineage], ...]

    @cached_property
    def edges(self) -> ColumnEdges:
        syntax = read(self.text)
        fragments = Fragments(syntax, numbered(syntax.tree))
        into: list[tuple[str | None, frozenset[int]]] = [(None, self.output.rows)]
        for name, flow in zip(self.names, self.output.columns.values(), strict=True):
            into.append((name, flow.direct | (flow.indirect - self.output.rows)))
        edges: dict[tuple[Source, str | None, How, str], ColumnEdge] = {}
        for column, numbers in into:
            for number in sorted(numbers):
                reach = self.reaches[number]
                fragment = fragments.of(reach.place)
                edge = ColumnEdge(reach.source, column, reach.how, fragment.sql, fragment.line)
                edges.setdefault((edge.source, column, edge.how, edge.sql), edge)
        select = first_select(syntax.tree)
        made = {name: fragments.projection(select, name) for name in self.names} if select is not None else {}
        return ColumnEdges(tuple(edges.values()), {name: one for name, one in made.items() if one is not None})


def _followed(model: Model, columns: Mapping[TableName, Sequence[str]]) -> _Followed:
    known = {table: tuple(columns[table]) for table in model.tables if table in columns}
    missing = [table.sql for table in model.tables if table not in known]
    with located(model.path):
        if missing:
            raise SqlError(1, f"the columns of {', '.join(missing)} are not known, so that lineage cannot be told")
        return _follow(model, tuple(known.items()))


@lru_cache(maxsize=4096)
def _follow(model: Model, columns: Columns) -> _Followed:
    tree = read(model.text).tree
    numbered(tree)
    follower = Follower(columns)
    output = follower.follow(qualified(tree, columns))
    sources = [reach.source for reach in follower.reaches]
    found = [
        ColumnLineage(frozenset(sources[n] for n in flow.direct), frozenset(sources[n] for n in flow.indirect))
        for flow in output.columns.values()
    ]
    names = output_columns(model) or tuple(map(_spelled, output.columns, found))
    if len(names) != len(found) or any(name.startswith(UNNAMED) for name in names):
        told = ", ".join(name for name in names if not name.startswith(UNNAMED))
        raise SqlError(1, f"two columns of the SELECT have one name; it puts out {told}")
    return _Followed(model.text, names, output, follower.reaches, tuple(zip(names, found, strict=True)))


def _spelled(name: str, lineage: ColumnLineage) -> str:
    """A column that a `*` took over keeps the spelling of its table."""
    return next((source.column for source in lineage.direct if source.column.lower() == name), name)


def qualified(tree: exp.Query, columns: Columns) -> exp.Expr:
    """A copy in which each `*` is spelled out and each column says which relation it is of, all in lower case."""
    schema = MappingSchema(dialect="duckdb")
    for table, names in columns:
        schema.add_table(f'"{table.layer}"."{table.table}"', dict.fromkeys(names, "UNKNOWN"), match_depth=False)
    try:
        return qualify(tree.copy(), schema=schema, dialect="duckdb", quote_identifiers=False)
    except OptimizeError as error:
        line, message = _position(str(error))
        raise SqlError(line, f"{message}; check its spelling, and that the table has it") from error


def _position(message: str) -> tuple[int, str]:
    """sqlglot ends its messages with `. Line: 1, Col: 9`."""
    text, found, position = message.partition(". Line: ")
    digits = position.split(",")[0]
    return (int(digits) if found and digits.isdigit() else 1), text.strip(". \n")
