"""Opens what a model reads: the exact files of its inputs at the versions that its fingerprint names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_platform.contracts.account import NOTHING, Identity
from data_platform.contracts.raw import match
from data_platform.engines.curating import Checksum
from data_platform.engines.inputs import Input, RawFile, RawInput, TableInput, ViewInput
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.planning.versions import Versions, input_partitions
from data_platform.sources.address import redact
from data_platform.sql.identity import row_sources
from data_platform.sql.model import Model
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform


@dataclass(frozen=True)
class Held:
    """What an input holds by ledger and commits: rows; of staged tables which, of curated ones with which values."""

    rows: int
    identities: Mapping[str, Identity] | None = None
    checksum: Checksum | None = None

    @classmethod
    def of(cls, notes: Sequence[Mapping[str, Any]]) -> "Held | None":
        """Together, by the provenance of some commits; None where one does not tell."""
        if not all("rows" in note for note in notes):
            return None
        rows = sum(note["rows"] for note in notes)
        if notes and all("account" in note for note in notes):
            identities: dict[str, Identity] = {}
            for file in (file for note in notes for file in note["account"]["files"] if "clean" in file):
                name, part = file["source_file"], file["clean"]
                clean = Identity(part["rows"], int(part["row_sum"]), int(part["hash_sum"]))
                identities[name] = identities.get(name, NOTHING) + clean
            return cls(rows, identities)
        if notes and all("hash_sum" in note for note in notes):
            return cls(rows, None, Checksum(rows, sum(int(note["hash_sum"]) for note in notes)))
        return cls(rows)


@dataclass(frozen=True)
class Reading:
    """What a build reads. `records` are the rows that each driving source file holds, by the ledger's count."""

    inputs: tuple[Input, ...]
    records: Mapping[str, int]
    bytes: int
    held: Mapping[TableName, Held] = field(default_factory=dict)
    """What the engine has to find in the other inputs."""
    unparsed: Mapping[str, Path] = field(default_factory=dict)
    """Of driving source files: where those of their records lie that are lines which could not be read."""
    personal: frozenset[str] = frozenset()
    """The columns with personal data in it, and in what is made of it."""

    @property
    def discreet(self) -> bool:
        """Whether no message may quote a value."""
        return bool(self.personal)


def reading(platform: Platform, table: ModelTable, partition: str, versions: Versions) -> Reading:
    """Raises StepError when a file is not what was received or committed, or lacks a column that is declared."""
    catalog = platform.catalog
    inputs: list[Input] = []
    records: dict[str, int] = {}
    held: dict[TableName, Held] = {}
    unparsed: dict[str, Path] = {}
    size = 0
    for name in catalog.stored(table.reads):
        read = catalog.tables[name]
        keys = input_partitions(table, partition, read, versions.of(name))
        if isinstance(read, RawTable):
            sightings = [sighting for key in keys for sighting in versions.sightings(name).current(key)]
            names = source_files(sightings)
            inputs.append(_raw_input(platform, read, sightings, names))
            size += sum(sighting.bytes for sighting in sightings)
            if name in table.driving:
                records |= {file: seen.records or 0 for file, seen in zip(names, sightings, strict=True)}
                for file, seen in zip(names, sightings, strict=True):
                    if seen.unparsed_key is not None:
                        unparsed[file] = platform.lake.storage.local(seen.unparsed_key)
            else:
                held[name] = Held(sum((seen.records or 0) - (seen.unparsed or 0) for seen in sightings))
        else:
            snapshot = versions.snapshot(name)
            paths = tuple(platform.lake.storage.local(key) for key in snapshot.files(keys).clean)
            inputs.append(TableInput(name, read.columns, paths))
            notes = [snapshot.partitions[key].provenance for key in keys]
            if (known := Held.of(notes)) is not None:
                held[name] = known
            here = sum(path.stat().st_size for path in paths)
            if all("clean_bytes" in note for note in notes):
                _check_size(f"{name} {partition}", paths, here, sum(note["clean_bytes"] for note in notes))
            size += here
    for view in catalog.views(table.reads):
        assert isinstance(view.model, Model)  # a Python model makes a table
        inputs.append(ViewInput(view.name, view.model.text, view.columns))
        sources = row_sources(view.model)
        if all(name in held for name in sources):
            held[view.name] = Held(sum(held[name].rows for name in sources))
    return Reading(tuple(inputs), records, size, held, unparsed, catalog.personal_names(table.name))


def _check_size(what: str, paths: tuple[Path, ...], found: int, wanted: int) -> None:
    """Files never change: other bytes are other rows, which the account and the reconciles would see on both sides."""
    if found != wanted:
        told = ", ".join(str(path) for path in paths[:3]) + (", ..." if len(paths) > 3 else "")
        raise StepError(f"{what}: {wanted} bytes were committed, {found} are there now: {told}. Restore the files")


def source_files(sightings: Sequence[Sighting]) -> list[str]:
    """What the rows of each file have in `_source_file`: its lake key.

    Where equal bytes arrived for several partitions, they are one file in the lake. Each of its rows arrived that
    often, so the key is followed by `@` and the partition (and slot) that these are of.
    """
    times = Counter(sighting.key for sighting in sightings)
    return [f"{s.key}@{s.partition}/{s.slot}" if times[s.key] > 1 else str(s.key) for s in sightings]


def _names(table: RawTable, sighting: Sighting) -> list[str]:
    """The columns of a file. Without a header its values are called so: then only names that are declared are told."""
    names = [name for name, _ in sighting.columns]
    if not table.is_personal:
        return names
    known = {name.lower() for name in table.names}
    told = [name for name in names if name.strip().lower() in known]
    return [*told, *([f"{len(names) - len(told)} that are not declared"] if len(told) < len(names) else [])]


def _raw_input(platform: Platform, table: RawTable, sightings: Sequence[Sighting], names: Sequence[str]) -> RawInput:
    files = []
    for sighting, source_file in zip(sightings, names, strict=True):
        missing = match(table.columns, sighting.columns).drift.missing
        if missing:
            has = ", ".join(_names(table, sighting))
            raise StepError(
                f"{table.name} {sighting.partition}: {redact(sighting.uri)} lacks {', '.join(missing)}; it has {has}. "
                "Mark the column `optional: true` or give its new name as an alias"
            )
        assert sighting.key is not None  # what is current was received
        assert sighting.data_key is not None
        path = platform.lake.storage.local(sighting.data_key)
        numbered = sighting.data_key != sighting.key
        if not numbered:
            _check_size(f"{table.name} {sighting.partition}", (path,), path.stat().st_size, sighting.bytes)
        files.append(RawFile(path, source_file, sighting.columns, numbered))
    return RawInput(table.name, table.columns, tuple(files))
