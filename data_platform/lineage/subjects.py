"""Where a person stands: the raw columns that a key column comes from, and those that hold the same kind of id."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from data_platform.contracts.errors import nearest
from data_platform.lake.names import TableName
from data_platform.lineage.graph import ColumnGraph, columns_of
from data_platform.planning.catalog import Catalog, RawTable

# What has a form by which it is found in a text.
MENTIONED = ("email", "phone", "handle")

_Column = tuple[TableName, str]


class NoSuchColumn(ValueError):  # noqa: N818 - it is named for what is wrong
    """A key column that no table has; the message names the nearest."""


@dataclass(frozen=True)
class Subjects:
    """`kind` is what the key column holds; `columns`: raw column (`raw.table.column`) → what is looked for in it.

    `known`: of each raw table the columns whose values are known of a person once a row of theirs is found, and what
    these are. Those of the kinds in `follow` lead on to other rows, all others only to where they are mentioned.
    """

    kind: str
    columns: Mapping[str, frozenset[str]]
    known: Mapping[TableName, Mapping[str, str]]
    follow: frozenset[str]


def subjects_of(catalog: Catalog, graph: ColumnGraph, column: str, follow: Collection[str]) -> Subjects:
    """Who is meant by values of `column` (`layer.table.column`); `follow` are the kinds that lead on.

    Raises NoSuchColumn.
    """
    key = _parsed(catalog, column)
    kinds = _Kinds(catalog, graph)
    kind = kinds.of(key)
    columns: dict[str, set[str]] = defaultdict(set)
    for table, name in kinds.raw_of(key):
        columns[f"{table.sql}.{name}"].add(kind)
    known: dict[TableName, dict[str, str]] = defaultdict(dict)
    for (table, name), held in kinds.of_raw.items():
        if held == kind:
            columns[f"{table.sql}.{name}"].add(kind)
        leads_on = held.partition(":")[0] in follow
        if leads_on or held in MENTIONED:
            known[table][name] = held
        if leads_on:
            columns[f"{table.sql}.{name}"].add(held)
    found = {name: frozenset(kinds) for name, kinds in columns.items()}
    kinds_known = {held for of_table in known.values() for held in of_table.values()}
    return Subjects(kind, found, known, frozenset(one for one in kinds_known if one.partition(":")[0] in follow))


class _Kinds:
    """What each personal column holds: its tag; of ids whose, which columns of the same name have in common."""

    def __init__(self, catalog: Catalog, graph: ColumnGraph) -> None:
        self._graph = graph
        tags: dict[_Column, str] = {}
        for table in catalog:
            for name, spec in (table.columns if isinstance(table, RawTable) else table.contract.columns).items():
                if spec.pii is not None:
                    tags[table.name, name] = spec.pii
        self._tags = tags
        names: dict[_Column, set[str]] = defaultdict(set)
        other: dict[_Column, str] = {}
        for column, tag in tags.items():
            for raw in self.raw_of(column):
                if tag == "id":
                    names[raw].add(column[1].lower())
                elif tags.get(raw, tag) == tag:
                    other[raw] = tag
        self._whose = _joined(names.values())
        self.of_raw = {**other, **{raw: f"id:{self._whose[min(found)]}" for raw, found in names.items()}}
        """Of each raw column that is tagged, or that a tagged one is computed from."""

    def of(self, key: _Column) -> str:
        """What a column holds. One that is not tagged, and comes from none that is, is an id of its own."""
        tag = self._tags.get(key)
        if tag is not None and tag != "id":
            return tag
        if tag == "id":
            return f"id:{self._whose.get(key[1].lower(), key[1].lower())}"
        found = sorted({self.of_raw[raw] for raw in self.raw_of(key) if raw in self.of_raw})
        return found[0] if len(found) == 1 else f"id:{key[0].sql}.{key[1]}"

    def raw_of(self, column: _Column) -> set[_Column]:
        """The raw columns whose values a column is computed from; itself where it is one."""
        seen, todo = {_folded(column)}, [column]
        found: set[_Column] = set()
        while todo:
            table, name = todo.pop()
            if table.layer == "raw":
                found.add((table, name))
            for edge in self._graph.into(table):
                source = (edge.source, edge.source_column)
                is_value = edge.how == "value" and edge.column is not None and edge.column.lower() == name.lower()
                if is_value and _folded(source) not in seen:
                    seen.add(_folded(source))
                    todo.append(source)
        return found


def _joined(groups: Collection[set[str]]) -> dict[str, str]:
    """Each name → the first of all that are the same by way of some group."""
    whose: dict[str, str] = {}
    for group in groups:
        names = group | {other for other, head in whose.items() if head in {whose.get(name) for name in group}}
        whose |= dict.fromkeys(names, min(names))
    return whose


def _folded(column: _Column) -> _Column:
    return column[0], column[1].lower()


def _parsed(catalog: Catalog, text: str) -> _Column:
    table, _, column = text.rpartition(".")
    try:
        name = TableName.parse(table)
    except ValueError:
        raise NoSuchColumn(f"'{text}' is no column: write layer.table.column, such as staged.customers.email") from None
    if name not in catalog.tables:
        known = nearest(name.sql, [each.sql for each in catalog.tables])
        raise NoSuchColumn(f"{text}: there is no table {name.sql}{known}")
    columns = {each.lower(): each for each in columns_of(catalog.tables[name])}
    if column.lower() not in columns:
        raise NoSuchColumn(f"{text}: {name.sql} has no column {column}{nearest(column, list(columns.values()))}")
    return name, columns[column.lower()]
