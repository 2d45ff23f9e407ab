"""Which column each column comes from and which decide about its rows, over all tables: the column graph, and it as
JSON.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit
from data_platform.lineage.declared import parse_column
from data_platform.lineage.edges import Disagreement, Edge, compared
from data_platform.lineage.permuting import Permuted
from data_platform.lineage.rules import rules_by_column
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable, Table
from data_platform.sql.column_flow import How
from data_platform.sql.fragments import Fragment
from data_platform.sql.lineage import ColumnEdge, column_edges
from data_platform.sql.model import Model

MadeBy = Literal["sql", "python", "view", "raw", "pass_through"]


@dataclass(frozen=True)
class ColumnGraph:
    """All edges between the tables and views of a catalog: each to what the SQL names, not through views.

    `made` has for each table the text that makes each of its columns: the projection of the outermost SELECT.
    """

    edges: tuple[Edge, ...]
    made: Mapping[TableName, Mapping[str, Fragment]] = field(default_factory=dict)
    disagreements: tuple[Disagreement, ...] = ()

    def into(self, table: TableName) -> tuple[Edge, ...]:
        """What the columns of a table come from, in the order of its text."""
        return self._into.get(table, ())

    def out_of(self, table: TableName) -> tuple[Edge, ...]:
        """What is made of the columns of a table."""
        return self._out_of.get(table, ())

    def disagreements_of(self, table: TableName) -> tuple[Disagreement, ...]:
        return tuple(each for each in self.disagreements if each.table == table)

    @cached_property
    def _into(self) -> Mapping[TableName, tuple[Edge, ...]]:
        found: dict[TableName, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.table].append(edge)
        return {table: tuple(edges) for table, edges in found.items()}

    @cached_property
    def _out_of(self) -> Mapping[TableName, tuple[Edge, ...]]:
        found: dict[TableName, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            found[edge.source].append(edge)
        return {table: tuple(edges) for table, edges in found.items()}


def column_graph(catalog: Catalog, seen: Mapping[TableName, Permuted] | None = None) -> ColumnGraph:
    """The graph of all tables: of SQL what its text says, of Python models what their contracts declare, and what
    permutation has `seen` of either (see `seen.all_seen`).

    Raises ModelError where a model names a column that its input does not have. Each text is followed once a process.
    """
    seen = seen or {}
    edges: list[Edge] = []
    disagreements: list[Disagreement] = []
    made: dict[TableName, Mapping[str, Fragment]] = {}
    for table in catalog:
        if isinstance(table, RawTable):
            continue
        if isinstance(table.model, Model):
            known = {name: columns_of(catalog.tables[name]) for name in table.reads}
            found = column_edges(table.model, known)
            passed = made_by(table) == "pass_through"
            own = list(_from_yaml(table, found.edges) if passed else _from_sql(table, found.edges))
            made[table.name] = found.made_by
        else:
            own = list(_declared(table))
        if table.name in seen:
            own, disputed = compared(own, seen[table.name], table.name, file_of(table))
            disagreements += disputed
        edges += own
    return ColumnGraph(tuple(edges), made, tuple(disagreements))


def as_json(graph: ColumnGraph, catalog: Catalog, table: TableName, commit: Commit | None = None) -> dict[str, Any]:
    """A table with its columns, the edges that come in and go out, and what is in dispute. `commit` is its last one.

    Shape: `{"table", "dataset", "layer", "made_by", "description", "commit", "columns", "from", "to",
    "disagreements"}`; docs/lineage.md has an example. Raises KeyError for a table that the catalog has not.
    """
    found = catalog.tables[table]
    description = found.description if isinstance(found, RawTable) else found.contract.description
    return {
        "table": table.sql,
        "dataset": found.dataset,
        "layer": table.layer,
        "made_by": made_by(found),
        "description": description,
        "commit": None if commit is None else _commit(commit),
        "columns": _columns(graph, catalog, table),
        "from": [_incoming(edge) for edge in graph.into(table)],
        "to": [_outgoing(edge) for edge in graph.out_of(table)],
        "disagreements": [_disagreement(each) for each in graph.disagreements_of(table)],
    }


def columns_of(table: Table) -> tuple[str, ...]:
    """The names of a table's columns as declared, in order."""
    return tuple(table.columns) if isinstance(table, RawTable) else tuple(table.contract.columns)


def made_by(table: Table) -> MadeBy:
    """What makes a table; `pass_through`: a contract alone, which takes the raw table of its name as it is."""
    if isinstance(table, RawTable):
        return "raw"
    if isinstance(table.model, PythonModel):
        return "python"
    if table.is_view:
        return "view"
    return "sql" if table.model.path.suffix == ".sql" else "pass_through"


def file_of(table: ModelTable) -> str:
    """The file that makes it, `dataset/layer/name.sql`, whatever folder the datasets are in."""
    path = table.model.path
    return f"{table.dataset}/{path.parent.name}/{path.name}"


def _from_sql(table: ModelTable, edges: Iterable[ColumnEdge]) -> Iterator[Edge]:
    file = file_of(table)
    for each in edges:
        source = each.source
        yield Edge(source.table, source.column, table.name, each.column, each.how, each.sql, file, each.line, ("sql",))


def _from_yaml(table: ModelTable, edges: Iterable[ColumnEdge]) -> Iterator[Edge]:
    """Without SQL the contract's own line is what says so."""
    file, yaml = file_of(table), YamlFile.read(table.path)
    for each in edges:
        source, line = each.source, yaml.line("columns", each.column or "")
        yield Edge(source.table, source.column, table.name, each.column, each.how, each.sql, file, line, ("sql",))


def _declared(table: ModelTable) -> Iterator[Edge]:
    if not table.contract.lineage:
        return
    file, yaml = f"{table.dataset}/{table.path.parent.name}/{table.path.name}", YamlFile.read(table.path)
    for column, said in table.contract.lineage.items():
        for kind, names in (("direct", said.direct), ("indirect", said.indirect)):
            how: How = "value" if kind == "direct" else "filter"
            for index, name in enumerate(names):
                source, source_column = parse_column(name)
                line = yaml.line("lineage", column, kind, index)
                yield Edge(source, source_column, table.name, column, how, "", file, line, ("declared",))


def _columns(graph: ColumnGraph, catalog: Catalog, name: TableName) -> dict[str, Any]:
    table = catalog.tables[name]
    rules = {} if isinstance(table, RawTable) else rules_by_column(table.contract, staged=name.layer == "staged")
    made = graph.made.get(name, {})
    columns = table.columns if isinstance(table, RawTable) else table.contract.columns
    return {
        column: {
            "type": spec.type,
            "semantic": spec.semantic,
            "unit": spec.unit,
            "description": spec.description,
            "personal": spec.personal,
            "privacy": spec.privacy,
            "rules": [{"name": rule.name, "kind": rule.kind, "sql": rule.sql} for rule in rules.get(column, ())],
            "sql": made[column].sql if column in made else None,
            "line": made[column].line if column in made else None,
        }
        for column, spec in columns.items()
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {"version": commit.version, "at": commit.committed_at.isoformat(), "partitions": len(commit.partitions)}


def _incoming(edge: Edge) -> dict[str, Any]:
    return {"source": edge.source.sql, "source_column": edge.source_column, "column": edge.column, **_way(edge)}


def _outgoing(edge: Edge) -> dict[str, Any]:
    return {"table": edge.table.sql, "column": edge.column, "source_column": edge.source_column, **_way(edge)}


def _way(edge: Edge) -> dict[str, Any]:
    return {"how": edge.how, "sql": edge.sql, "file": edge.file, "line": edge.line, "found": list(edge.found)}


def _disagreement(each: Disagreement) -> dict[str, Any]:
    return {
        "source": each.source.sql,
        "source_column": each.source_column,
        "column": each.column,
        "said": each.said,
        "text": each.text,
    }
