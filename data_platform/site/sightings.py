"""What the ledger says of a raw table: what is current, what was refused and why, what is expected and what is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import RawTable
from data_platform.sources.address import hide, redact

_MOST_FILES = 40
_MOST_EXPECTED = 24


@dataclass(frozen=True)
class FileLine:
    """A file that readers of the table get, or that was refused (`reason`); addresses are without secrets."""

    partition: str
    uri: str
    seen_at: datetime
    bytes: int
    records: int | None
    unparsed: int | None
    sha256: str | None
    read_as: str | None
    reason: str | None


@dataclass(frozen=True)
class Expected:
    """A partition that has not come, and when its source should have it; late from then on."""

    partition: str
    due_at: datetime
    is_late: bool


@dataclass(frozen=True)
class Received:
    """A raw table as its ledger has it. `files`, `refused` and `expected` are the newest ones of `…_in_all`."""

    records: int
    bytes: int
    files: tuple[FileLine, ...]
    files_in_all: int
    partitions: int
    last_at: datetime | None
    refused: tuple[FileLine, ...]
    refused_in_all: int
    expected: tuple[Expected, ...]
    late: int
    sightings: int


def received(table: RawTable, sightings: Sightings, now: datetime) -> Received:
    """Partitions that the table no longer has are out of sight. Asks no source."""
    keys = [key for key in sightings.partitions() if _has(table, key)]
    current = [sighting for key in reversed(keys) for sighting in sightings.current(key)]
    refused = _refused(table, sightings)
    expected = _expected(table, {key for key in keys if sightings.current(key)}, now)
    return Received(
        records=sum(sighting.records or 0 for sighting in current),
        bytes=sum(sighting.bytes for sighting in current),
        files=tuple(_line(sighting, table) for sighting in current[:_MOST_FILES]),
        files_in_all=len(current),
        partitions=sum(1 for key in keys if sightings.current(key)),
        last_at=max((sighting.seen_at for sighting in current), default=None),
        refused=tuple(_line(sighting, table) for sighting in refused[:_MOST_FILES]),
        refused_in_all=len(refused),
        expected=tuple(expected[:_MOST_EXPECTED]),
        late=sum(one.is_late for one in expected),
        sightings=len(sightings.all()),
    )


def _has(table: RawTable, key: str) -> bool:
    return key == UNPARTITIONED if table.partitions is None else table.partitions.has(key)


def _refused(table: RawTable, sightings: Sightings) -> list[Sighting]:
    """The slots whose last sighting was refused, the newest first: nobody has mended them yet."""
    last = {(one.partition, one.slot): one for one in sightings.all() if _has(table, one.partition)}
    refused = (one for one in last.values() if one.state == "refused")
    return sorted(refused, key=lambda one: one.sequence, reverse=True)


def _line(sighting: Sighting, table: RawTable) -> FileLine:
    return FileLine(
        sighting.partition,
        redact(sighting.uri),
        sighting.seen_at,
        sighting.bytes,
        sighting.records,
        sighting.unparsed,
        sighting.sha256,
        sighting.read_as,
        None if sighting.reason is None else table.told(hide(sighting.uri, sighting.reason)),
    )


def _expected(table: RawTable, there: set[str], now: datetime) -> list[Expected]:
    """The partitions that are over and have not come, and the one that is under way; the newest first."""
    partitions = table.partitions
    if partitions is None or table.expected.after_days is None:
        return []
    keys = partitions.keys(now)
    following = partitions.shifted(keys[-1], 1) if keys else partitions.start.strftime(partitions.format)
    wanted: Sequence[str] = [*keys, *([following] if partitions.has(following) else [])]
    late_after = timedelta(days=table.expected.after_days)
    due = ((key, partitions.ends_at(key) + late_after) for key in reversed(wanted) if key not in there)
    return [Expected(key, at, at <= now) for key, at in due]
