"""Where personal data goes: which columns of a table hold some by what they are made of, and on which way it came."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from data_platform.contracts.contract import PersonalKind
from data_platform.lake.names import TableName
from data_platform.lineage.declared import parse_column
from data_platform.lineage.graph import columns_of
from data_platform.planning.catalog import Catalog, ModelTable, RawTable, Table
from data_platform.sql.column_flow import Source
from data_platform.sql.model import Model
from data_platform.sql.personal_flow import Pick, carried

FAULTS = {
    "carries_personal": "a column holds personal data and has no mask",
    "picks_by_personal": "rows are picked by comparing personal data with a value",
}


@dataclass(frozen=True)
class Tag:
    """What personal data a column holds, and the columns through which it came, the first one first."""

    kind: PersonalKind
    way: tuple[str, ...]


Tags = Mapping[str, Tag]


@dataclass(frozen=True)
class Arriving:
    """Column → the tagged columns that its values may come from. `undeclared` are those of a Python model that says
    nothing of them: anything may be in there. `picks`: see `carried`.
    """

    columns: Mapping[str, tuple[Source, ...]]
    picks: tuple[Pick, ...] = ()
    undeclared: frozenset[str] = frozenset()


def personal_columns(catalog: Catalog) -> Mapping[TableName, Mapping[str, PersonalKind]]:
    """All columns of all tables that hold personal data, or had it masked before they were stored: those that say so
    and those that get some by their lineage. Tables without any are left out.
    """
    found = {table.name: personal_of(table) for table in catalog}
    return {name: kinds for name, kinds in found.items() if kinds}


def personal_of(table: Table) -> Mapping[str, PersonalKind]:
    """The same of one table of a catalog."""
    specs = table.columns.items() if isinstance(table, RawTable) else table.contract.columns.items()
    return {name: spec.pii for name, spec in specs if spec.pii is not None}


def arriving(table: ModelTable, tables: Mapping[TableName, Table], tags: Mapping[TableName, Tags]) -> Arriving:
    """What of the tagged columns of its inputs gets into a table. Raises ModelError where lineage cannot be told."""
    tagged = {Source(name, column): tag for name in table.reads for column, tag in tags[name].items()}
    if not tagged:
        return Arriving({})
    if isinstance(table.model, Model):
        known = {name: columns_of(tables[name]) for name in table.reads}
        texts = [source for source, tag in tagged.items() if tag.kind == "free_text"]
        found = carried(table.model, known, tagged, texts)
        by_name = {name.lower(): name for name in table.contract.columns}
        columns = {by_name[name.lower()]: sources for name, sources in found.columns.items() if name.lower() in by_name}
        return Arriving(columns, found.picks)
    return _declared(table, sorted(tagged))


def _declared(table: ModelTable, tagged: Collection[Source]) -> Arriving:
    columns: dict[str, tuple[Source, ...]] = {}
    said = table.contract.lineage
    for name, lineage in said.items():
        direct = {Source(*parse_column(text)) for text in lineage.direct}
        columns[name] = tuple(source for source in tagged if source in direct)
    undeclared = frozenset(name for name in table.contract.columns if name not in said)
    columns |= dict.fromkeys(undeclared, tuple(tagged))
    return Arriving({name: sources for name, sources in columns.items() if sources}, undeclared=undeclared)


def kind_of(sources: Iterable[Tag]) -> PersonalKind:
    """Of values of several kinds in one column: one that is personal as a whole goes before text with some in it."""
    kinds = [tag.kind for tag in sources]
    return next((kind for kind in kinds if kind != "free_text"), "free_text")
