"""How rows of a curated table or view lead to rows of its inputs: by its SQL, and by what its contract reconciles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_platform.contracts.contract import NotReconciled
from data_platform.contracts.quoting import identifier
from data_platform.engines.tracing import Pair, Way
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.sql.key_flow import Feed, View, feeds
from data_platform.sql.model import Model, located


@dataclass(frozen=True)
class Narrowing:
    """How one input is narrowed: `ways` are alternatives, `by` the table's columns that do it in all of them.

    `leaves_out`: joins or conditions that were not applied may keep some of its rows out of the table.
    `looks_further`: the values of a row may come from other rows as well, through a window function.
    """

    input: TableName
    ways: tuple[Way, ...]
    by: tuple[str, ...]
    leaves_out: bool
    looks_further: bool


def narrowings(catalog: Catalog, table: ModelTable, given: Sequence[str]) -> tuple[Narrowing, ...]:
    """For each stored input of a table. `given` are the columns of which a row's values are known.

    A column of the table that is a function of the input's columns must agree; of the others, what the contract
    reconciles by. An input that nothing narrows has one way without a pair.
    """
    found: dict[TableName, list[Feed]] = {name: [] for name in catalog.stored(table.reads)}
    with located(table.model.path):
        if isinstance(table.model, Model):
            for feed in feeds(table.model.text, *_known(catalog, table.reads)):
                found[feed.table].append(feed)
        return tuple(_narrowing(catalog, table, name, ways, given) for name, ways in found.items())


def _narrowing(
    catalog: Catalog, table: ModelTable, name: TableName, ways: Sequence[Feed], given: Sequence[str]
) -> Narrowing:
    types = {column.lower(): type_ for column, type_ in table.columns}
    known = {column.lower() for column in given}
    by: list[set[str]] = []
    found = []
    for feed in ways or [Feed(name, {})]:
        keys = {column: sql for column, sql in feed.keys.items() if column in known}
        way = [Pair(identifier(column), sql, types[column]) for column, sql in keys.items()]
        reconciled = _reconciled(catalog, table, name, known, keys)
        way += reconciled.values()
        by.append({*keys, *reconciled})
        found.append(Way(tuple(way), feed.only))
    # What narrows one way alone leaves the others wide.
    all_ways = set.intersection(*by)
    told = tuple(column for column, _ in table.columns if column.lower() in all_ways)
    leaves_out, looks_further = any(one.leaves_out for one in ways), any(one.looks_further for one in ways)
    return Narrowing(name, tuple(found), told, leaves_out, looks_further)


def _reconciled(
    catalog: Catalog, table: ModelTable, name: TableName, known: set[str], keys: Mapping[str, str]
) -> dict[str, Pair]:
    """What the contract says agrees between the groups of the table and of this input, where the SQL does not."""
    types = {column.lower(): type_ for column, type_ in table.columns}
    found: dict[str, Pair] = {}
    rules = () if isinstance(table.contract.reconciles, NotReconciled) else table.contract.reconciles
    for rule in rules:
        of = TableName.parse(rule.of)
        for this, that, _ in rule.groups:
            column = this.strip('"').lower()
            # Only a column: what is made of several may need one whose value nobody has given.
            if column not in known or column in keys or column in found or name not in catalog.stored([of]):
                continue
            group = feeds(f"SELECT {that} AS _group FROM {of.sql}", *_known(catalog, [of]))
            keys_here = [feed.keys for feed in group if feed.table == name]
            # A view that reads the table twice has a way for each, and this says nothing of which is which.
            if len(keys_here) == 1 and "_group" in keys_here[0]:
                found[column] = Pair(identifier(column), keys_here[0]["_group"], types[column])
    return found


def _known(
    catalog: Catalog, reads: Sequence[TableName]
) -> tuple[Mapping[TableName, Sequence[str]], Mapping[TableName, View]]:
    """Columns of what is read, directly or through views; and the views."""
    views = catalog.views(reads)
    names = {*reads, *(read for view in views for read in view.reads)}
    texts = {
        view.name: View(view.model.text, view.columns)
        for view in views
        if isinstance(view.model, Model)  # a view always is
    }
    return {name: _columns(catalog, name) for name in sorted(names)}, texts


def _columns(catalog: Catalog, name: TableName) -> list[str]:
    table = catalog.tables[name]
    return list(table.columns) if isinstance(table, RawTable) else list(table.contract.columns)
