"""Which source columns a model's columns come from (direct) and which only decide about rows and order (indirect)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from data_platform.lake.names import TableName
from data_platform.sql.column_flow import Flow, Follower, Source
from data_platform.sql.model import Model, located, output_columns
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


def column_lineage(model: Model, columns: Mapping[TableName, Sequence[str]]) -> Mapping[str, ColumnLineage]:
    """The lineage of each output column of `model`, in order.

    `columns` tells which columns each table that the model reads has; more tables do no harm. A view counts as a
    table here, see `through`. Raises ModelError when a table is missing or a column cannot be found in any.
    """
    known = {table: tuple(columns[table]) for table in model.tables if table in columns}
    missing = [table.sql for table in model.tables if table not in known]
    with located(model.path):
        if missing:
            raise SqlError(1, f"the columns of {', '.join(missing)} are not known, so that lineage cannot be told")
        return dict(_lineage(model, tuple(known.items())))


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


@lru_cache(maxsize=4096)
def _lineage(model: Model, columns: Columns) -> tuple[tuple[str, ColumnLineage], ...]:
    tree = qualified(read(model.text).tree, columns)
    flows = Follower(columns).columns_of(tree)
    names = output_columns(model) or tuple(_spelled(name, flow) for name, flow in flows.items())
    if len(names) != len(flows):
        raise SqlError(1, f"two columns of the SELECT have one name; it puts out {', '.join(names)}")
    return tuple((name, _as_lineage(flow)) for name, flow in zip(names, flows.values(), strict=True))


def _spelled(name: str, flow: Flow) -> str:
    """A column that a `*` took over keeps the spelling of its table."""
    return next((source.column for source in flow.direct if source.column.lower() == name), name)


def _as_lineage(flow: Flow) -> ColumnLineage:
    return ColumnLineage(flow.direct, flow.indirect)


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
