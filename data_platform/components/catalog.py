"""Puts the tables of all datasets together: who reads whom, and which partitions each model has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from data_platform.components.expressions import check_reconciles
from data_platform.components.loading import Dataset
from data_platform.components.meanings import MeaningsOfTables
from data_platform.components.neighbours import check_bounds, check_neighbours
from data_platform.components.personal import PersonalColumns
from data_platform.components.proofs import Proofs
from data_platform.components.selects import check_select, columns_of
from data_platform.contracts.errors import ContractError, Gathering
from data_platform.contracts.partitions import Partitions
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.engines.trial import empty_tables
from data_platform.lake.names import TableName
from data_platform.lineage.declared import check_declared
from data_platform.planning.catalog import Catalog, ModelTable, Table
from data_platform.sql.model import ModelError


def catalog_of(datasets: Sequence[Dataset], proofs: Proofs) -> Catalog:
    """Raises CatalogError or ContractError when the datasets cannot stand together, Mistakes for several reasons."""
    _check_names(datasets)
    tables: list[Table] = []
    for dataset in datasets:
        tables += [*dataset.raw, *dataset.models]
    unsettled = Catalog.of(tables)
    settled: dict[TableName, Table] = {}
    mistakes = Gathering(ModelError)
    nouns = frozenset(noun for dataset in datasets for noun in dataset.units)
    meanings = MeaningsOfTables(nouns, proofs)
    personal = PersonalColumns(proofs)
    with empty_tables() as tried:
        for table in unsettled:
            if any(name not in settled for name in table.reads):
                continue
            with mistakes.going_on():
                settled[table.name] = _settled(table, settled, proofs)
            if isinstance(table, ModelTable):
                of = (table.model.text, table.columns, [(str(name), tried.offered[name]) for name in table.reads])
                with mistakes.going_on():
                    proofs.once(partial(check_select, table, tried), "select", *of)
            with mistakes.going_on():
                meanings.add(table)
            tried.offered[table.name] = columns_of(table)
            if table.name in settled:
                settled[table.name] = personal.told(settled[table.name], settled)
                with mistakes.going_on():
                    personal.check(settled[table.name])
    mistakes.tell()
    return Catalog.of(settled.values(), {dataset.name: dataset.description for dataset in datasets}, nouns)


def _check_names(datasets: Sequence[Dataset]) -> None:
    """Names are unique over all datasets: they are what tables meet at."""
    first: dict[TableName, Dataset] = {}
    mistakes = Gathering()
    for dataset in datasets:
        tables: tuple[Table, ...] = (*dataset.raw, *dataset.models)
        for table in tables:
            other = first.setdefault(table.name, dataset)
            with mistakes.going_on():
                if other is not dataset:
                    text = f"{table.name} exists in the dataset {other.name} too; names are unique: rename one"
                    raise ContractError(*_declared(dataset, table), text)
    mistakes.tell()


def _declared(dataset: Dataset, table: Table) -> tuple[Path, int]:
    if isinstance(table, ModelTable):
        return table.path, 1
    path = dataset.folder / "defs.yaml"
    return path, YamlFile.read(path).line("attributes", "raw", table.name.table)


def _settled(table: Table, settled: Mapping[TableName, Table], proofs: Proofs) -> Table:
    if not isinstance(table, ModelTable):
        return table
    reads = [settled[name] for name in table.reads]
    table = replace(table, partitions=_partitions(table, reads))
    inputs = [(str(read.name), read.columns if isinstance(read, ModelTable) else list(read.columns)) for read in reads]
    if table.contract.reads:
        check_neighbours(YamlFile.read(table.path), table, settled)
    of = (read_text(table.path), table.model.text, str(table.name), table.partitions is None, inputs)
    proofs.once(partial(_check_together, table, settled), "together", *of)
    return table


def _check_together(table: ModelTable, settled: Mapping[TableName, Table]) -> None:
    """What a contract says about partitions and about other tables' columns."""
    file = YamlFile.read(table.path)
    for name, spec in table.contract.columns.items():
        if spec.within_partition and table.partitions is None:
            line = file.line("columns", name, "within_partition")
            text = f"column '{name}': the table has no partitions that a row could lie outside of; leave this away"
            raise ContractError(file.path, line, text)
    check_bounds(file, table)
    check_declared(file, table, settled)
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
