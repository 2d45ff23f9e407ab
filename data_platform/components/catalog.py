"""Puts the tables of all datasets together: who reads whom, and which partitions each model has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from data_platform.components.expressions import check_reconciles
from data_platform.components.loading import Dataset
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions
from data_platform.contracts.yaml_file import YamlFile
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, ModelTable, Table


def catalog_of(datasets: Sequence[Dataset]) -> Catalog:
    """Raises CatalogError or ContractError when the datasets cannot stand together."""
    tables: list[Table] = []
    for dataset in datasets:
        tables += [*dataset.raw, *dataset.models]
    unsettled = Catalog.of(tables)
    settled: dict[TableName, Table] = {}
    for table in unsettled:
        if isinstance(table, ModelTable):
            table = replace(table, partitions=_partitions(table, [settled[name] for name in table.reads]))
            _check_together(table, settled)
        settled[table.name] = table
    return Catalog.of(settled.values())


def _check_together(table: ModelTable, settled: Mapping[TableName, Table]) -> None:
    """What a contract says about partitions and about other tables' columns."""
    file = YamlFile.read(table.path)
    for name, spec in table.contract.columns.items():
        if spec.within_partition and table.partitions is None:
            line = file.line("columns", name, "within_partition")
            text = f"column '{name}': the table has no partitions that a row could lie outside of; leave this away"
            raise ContractError(file.path, line, text)
    if table.name.layer == "curated" and not table.is_view:
        inputs = {name: read.columns for name in table.reads if isinstance(read := settled[name], ModelTable)}
        check_reconciles(file, table.contract, inputs)


def _partitions(table: ModelTable, reads: Sequence[Table]) -> Partitions | None:
    """A model has the partitions of what it reads, from the first that any input has; or none if it says so."""
    found = [read.partitions for read in reads if read.partitions is not None]
    if not found or table.contract.partitions == "none":
        return None
    if len({(partitions.kind, partitions.timezone) for partitions in found}) > 1:
        kinds = ", ".join(sorted({f"{read.name} {read.partitions.kind}" for read in reads if read.partitions}))
        raise ContractError(
            *table.mention(reads[0].name),
            f"reads tables of different partitions ({kinds}); say `partitions: none` to read all of each",
        )
    ends = [partitions.end for partitions in found if partitions.end is not None]
    return replace(
        found[0],
        start=min(partitions.start for partitions in found),
        end=max(ends) if len(ends) == len(found) else None,
    )
