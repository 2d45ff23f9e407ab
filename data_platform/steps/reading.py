"""Opens what a model reads: the exact files of its inputs at the versions that its fingerprint names."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_platform.contracts.raw import match
from data_platform.engines.inputs import Input, RawFile, RawInput, TableInput, ViewInput
from data_platform.lake.sightings import Sighting
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.planning.versions import Versions, input_partitions
from data_platform.sources.address import redact
from data_platform.sql.model import Model
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform


@dataclass(frozen=True)
class Reading:
    """What a build reads. `records` are the rows that each driving source file holds, by the ledger's count."""

    inputs: tuple[Input, ...]
    records: Mapping[str, int]
    bytes: int


def reading(platform: Platform, table: ModelTable, partition: str, versions: Versions) -> Reading:
    """Raises StepError when a raw file lacks a column that is declared and not optional."""
    catalog = platform.catalog
    inputs: list[Input] = []
    records: dict[str, int] = {}
    size = 0
    for name in catalog.stored(table.reads):
        read = catalog.tables[name]
        keys = input_partitions(table, partition, read, versions.of(name))
        if isinstance(read, RawTable):
            sightings = [sighting for key in keys for sighting in versions.sightings(name).current(key)]
            inputs.append(_raw_input(platform, read, sightings))
            size += sum(sighting.bytes for sighting in sightings)
            if name in table.driving:
                records |= {str(sighting.key): sighting.records or 0 for sighting in sightings}
        else:
            files = versions.snapshot(name).files(keys).clean
            paths = tuple(platform.lake.storage.local(key) for key in files)
            inputs.append(TableInput(name, read.columns, paths))
            size += sum(path.stat().st_size for path in paths)
    inputs += [
        ViewInput(view.name, view.model.text, view.columns)
        for view in catalog.views(table.reads)
        if isinstance(view.model, Model)
    ]
    return Reading(tuple(inputs), records, size)


def _raw_input(platform: Platform, table: RawTable, sightings: list[Sighting]) -> RawInput:
    files = []
    for sighting in sightings:
        missing = match(table.columns, sighting.columns).drift.missing
        if missing:
            has = ", ".join(name for name, _ in sighting.columns)
            raise StepError(
                f"{table.name} {sighting.partition}: {redact(sighting.uri)} lacks {', '.join(missing)}; it has {has}. "
                "Mark the column `optional: true` or give its new name as an alias"
            )
        assert sighting.key is not None  # what is current was received
        assert sighting.data_key is not None
        path = platform.lake.storage.local(sighting.data_key)
        numbered = sighting.data_key != sighting.key
        files.append(RawFile(path, sighting.key, sighting.columns, numbered))
    return RawInput(table.name, table.columns, tuple(files))
