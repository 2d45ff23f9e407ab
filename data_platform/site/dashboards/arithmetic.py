"""Whether what a dashboard's queries compute makes sense by what the columns that they read mean."""

from collections.abc import Collection, Iterable

from data_platform.lake.names import TableName
from data_platform.meaning.declared import Declared
from data_platform.meaning.examining import columns_of
from data_platform.meaning.flow import meanings_of
from data_platform.meaning.surroundings import Columns
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.sql.syntax import SqlError
from data_platform.warehouse.recorded import Query


def check(catalog: Catalog, queries: Iterable[Query]) -> None:
    """Raises ValueError that names the query, its line, the reason and the repair, at the first that makes no sense.

    A query over relations that have no contract (`operations`, `quarantine`) is left alone, as is one whose columns
    cannot be followed.
    """
    for query in queries:
        known = _known(catalog, query.tables)
        if len(known) < len(query.tables):
            continue
        try:
            faults = meanings_of(query.sql, known).faults
        except SqlError:
            continue
        for fault in faults:
            what = f"query {query.number}{f' ({query.title})' if query.title else ''}, line {fault.line}"
            raise ValueError(f"{what}: {fault.text} [{fault.name}]")


def _known(catalog: Catalog, relations: Collection[str]) -> dict[TableName, Columns]:
    """Of the relations that have a contract, what their columns mean."""
    found = {}
    for name, table in catalog.tables.items():
        if name.sql in relations and isinstance(table, ModelTable):
            columns = table.contract.columns.items()
            declared = {column: Declared(spec.type, spec.semantic, spec.unit, spec.per) for column, spec in columns}
            found[name] = columns_of(declared, catalog.nouns)
    return found
