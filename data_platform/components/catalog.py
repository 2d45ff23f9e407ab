"""Puts the tables of all datasets together: who reads whom, and which partitions each model has."""

from collections.abc import Sequence
from dataclasses import replace

from data_platform.components.loading import Dataset
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions
from data_platform.planning.catalog import Catalog, ModelTable, Table


def catalog_of(datasets: Sequence[Dataset]) -> Catalog:
    """Raises CatalogError or ContractError when the datasets cannot stand together."""
    tables: list[Table] = []
    for dataset in datasets:
        tables += [*dataset.raw, *dataset.models]
    unsettled = Catalog.of(tables)
    settled: dict[object, Table] = {}
    for table in unsettled:
        if isinstance(table, ModelTable):
            table = replace(table, partitions=_partitions(table, [settled[name] for name in table.reads]))
        settled[table.name] = table
    return Catalog.of(settled.values())


def _partitions(table: ModelTable, reads: Sequence[Table]) -> Partitions | None:
    """A model has the partitions of what it reads, from the first that any input has; or none if it says so."""
    found = [read.partitions for read in reads if read.partitions is not None]
    if not found or table.contract.partitions == "none":
        return None
    if len({(partitions.kind, partitions.timezone) for partitions in found}) > 1:
        kinds = ", ".join(sorted({f"{read.name} {read.partitions.kind}" for read in reads if read.partitions}))
        raise ContractError(
            table.path, 1, f"reads tables of different partitions ({kinds}); say `partitions: none` to read all of each"
        )
    ends = [partitions.end for partitions in found if partitions.end is not None]
    return replace(
        found[0],
        start=min(partitions.start for partitions in found),
        end=max(ends) if len(ends) == len(found) else None,
    )
