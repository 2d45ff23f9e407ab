"""What became of a push since it was received: which commits have its rows, and how many broke which rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data_platform.engines.rejected import rejected_by_rule
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import PartitionState
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.planning.versions import Versions, input_partitions
from data_platform.steps.platform import Platform


@dataclass(frozen=True)
class StagedRows:
    """What a partition of a staged table has of a push, by its last commit; `version` is that commit's.

    `quarantined` counts a row for each rule that it broke; `rejected` counts rows.
    """

    table: str
    partition: str
    version: int
    committed_at: datetime
    accepted: int
    rejected: int
    dropped: int
    quarantined: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A staged table that reads what was pushed, and has not done so yet."""

    table: str


def staged(platform: Platform, table: RawTable, sighting: Sighting) -> tuple[StagedRows | Waiting, ...]:
    """Of each staged table whose rows come from this raw one, what it has of a push."""
    versions = Versions(platform.catalog, platform.lake)
    names = _names(sighting, versions.sightings(table.name))
    found: list[StagedRows | Waiting] = []
    for name in platform.catalog.readers[table.name]:
        reader = platform.catalog.model(name)
        if table.name not in reader.driving:
            continue
        here = [
            _rows(platform, reader, state, account, versions)
            for state in _committed(reader, table, sighting, versions)
            for account in state.provenance.get("account", {}).get("files", ())
            if account["source_file"] in names
        ]
        found += here or [Waiting(name.sql)]
    return tuple(found)


def _names(sighting: Sighting, sightings: Sightings) -> set[str]:
    """What its rows have in `_source_file`: see `source_files`. Of equal bytes, the first had the short name alone."""
    names = {f"{sighting.key}@{sighting.partition}/{sighting.slot}"}
    same = (s for s in sightings.all() if s.state == "received" and s.key == sighting.key)
    if next(s for s in same if s.partition == sighting.partition).sequence == sighting.sequence:
        names.add(str(sighting.key))
    return names


def _committed(reader: ModelTable, table: RawTable, sighting: Sighting, versions: Versions) -> list[PartitionState]:
    """The partitions that read the sighting's."""
    present = versions.of(table.name)
    states = versions.snapshot(reader.name).partitions
    return [
        state for key, state in states.items() if sighting.partition in input_partitions(reader, key, table, present)
    ]


def _rows(
    platform: Platform, reader: ModelTable, state: PartitionState, account: Mapping[str, Any], versions: Versions
) -> StagedRows:
    rejected = account.get("rejected", {}).get("rows", 0)
    by_rule: dict[str, int] = {}
    if rejected:
        files = versions.snapshot(reader.name).files([state.partition]).rejected
        with platform.engine.connect() as connection:
            told = rejected_by_rule(connection, [platform.lake.storage.local(key) for key in files])
        by_rule = {rule: rows for _, source_file, rule, rows, _ in told if source_file == account["source_file"]}
    return StagedRows(
        reader.name.sql,
        state.partition,
        state.version,
        state.committed_at,
        accepted=account.get("clean", {}).get("rows", 0),
        rejected=rejected,
        dropped=account.get("dropped", {}).get("rows", 0),
        quarantined=by_rule,
    )
