"""What was seen of a source, and what follows from it: which bytes are current, and their data version. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal


@dataclass(frozen=True)
class Sighting:
    """One version of a slot (the source's object without its version), seen at a time.

    `version` is the source's word for it (etag, size and time, offsets). `key`: the bytes in the lake;
    `data_key`: the Parquet that models read (the same for Parquet). `columns`: (name, physical type).
    `sequence` orders the sightings of a table; the ledger stamps it. Raises ValueError if it contradicts itself.

    Of text: `unparsed` of the `records` are lines that could not be read, kept under `unparsed_key`. `reading` differs
    where the same bytes were read in another way, so that they give other rows; `read_as` says how, for people.
    """

    partition: str
    slot: str
    uri: str
    version: str
    state: Literal["received", "refused"]
    reason: str | None
    sha256: str | None
    key: str | None
    data_key: str | None
    bytes: int
    records: int | None
    columns: tuple[tuple[str, str], ...]
    seen_at: datetime
    run_id: str
    sequence: int = 0
    unparsed_key: str | None = None
    unparsed: int | None = None
    reading: str | None = None
    read_as: str | None = None

    def __post_init__(self) -> None:
        if self.seen_at.tzinfo is None:
            raise ValueError(f"{self.slot}: seen_at {self.seen_at} has no time zone; say which")
        if self.state == "received" and not (self.sha256 and self.key and self.data_key):
            raise ValueError(f"{self.slot}: a received sighting has sha256, key and data_key")
        if self.state == "refused" and not self.reason:
            raise ValueError(f"{self.slot}: a refused sighting has a reason")
        if bool(self.unparsed) != bool(self.unparsed_key):
            raise ValueError(f"{self.slot}: {self.unparsed} lines were not read, but they lie in {self.unparsed_key}")


@dataclass(frozen=True, eq=False)
class Sightings:
    """All sightings of a raw table as of one reading of its ledger, in their order."""

    rows: tuple[Sighting, ...] = ()

    def all(self) -> tuple[Sighting, ...]:
        return self.rows

    def latest(self, partition: str, slot: str) -> Sighting | None:
        """The last sighting of a slot, received or refused."""
        return self._latest.get((partition, slot))

    def current(self, partition: str) -> tuple[Sighting, ...]:
        """The last received sighting of each of the partition's slots, by slot: what its readers get."""
        return self._current.get(partition, ())

    def partitions(self) -> tuple[str, ...]:
        """The partitions of which something has been received, sorted."""
        return tuple(sorted(self._current))

    def data_version(self, partition: str) -> str | None:
        """A sha256 over the partition's current bytes, None if nothing was received.

        The same bytes in the same slots, read in the same way, always give the same version: after a correction was
        withdrawn it is the first one again.
        """
        current = self.current(partition)
        if not current:
            return None
        parts = [[s.slot, s.sha256, *([s.reading] if s.reading else [])] for s in current]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @cached_property
    def _latest(self) -> dict[tuple[str, str], Sighting]:
        return {(sighting.partition, sighting.slot): sighting for sighting in self.rows}

    @cached_property
    def _current(self) -> dict[str, tuple[Sighting, ...]]:
        received = {(s.partition, s.slot): s for s in self.rows if s.state == "received"}
        by_partition: dict[str, list[Sighting]] = {}
        for (partition, _), sighting in sorted(received.items()):
            by_partition.setdefault(partition, []).append(sighting)
        return {partition: tuple(sightings) for partition, sightings in by_partition.items()}


def in_order(sightings: Sequence[Sighting]) -> Sightings:
    """A snapshot of these sightings, put into the ledger's order."""
    return Sightings(tuple(sorted(sightings, key=lambda sighting: sighting.sequence)))
