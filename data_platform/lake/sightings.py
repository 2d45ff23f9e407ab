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

    `version` is the source's word for it (etag, size and time, offsets). `state`: received with its bytes, refused for
    what they are, or withdrawn, when the source no longer has there what was received. `key`: the bytes in the lake;
    `data_key`: the Parquet that models read (the same for Parquet). `columns`: (name, physical type).
    `sequence` orders the sightings of a table; the ledger stamps it. `origin`: the kind of source that saw it.
    Raises ValueError if it contradicts itself.

    Of text: `unparsed` of the `records` are lines that could not be read, kept under `unparsed_key`. `reading` differs
    where the same bytes were read in another way, so that they give other rows; `read_as` says how, for people.

    `forgotten`: how many of the records that arrived were taken out because a person is to be forgotten; None where
    nothing was. The bytes kept are then Parquet of the others, and a `reading` says that they were text.
    """

    partition: str
    slot: str
    uri: str
    version: str
    state: Literal["received", "refused", "withdrawn"]
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
    origin: str = "http_file"
    unparsed_key: str | None = None
    unparsed: int | None = None
    reading: str | None = None
    read_as: str | None = None
    forgotten: int | None = None

    def __post_init__(self) -> None:
        if self.seen_at.tzinfo is None:
            raise ValueError(f"{self.slot}: seen_at {self.seen_at} has no time zone; say which")
        if self.state == "received" and not (self.sha256 and self.key and self.data_key):
            raise ValueError(f"{self.slot}: a received sighting has sha256, key and data_key")
        if self.state != "received" and not self.reason:
            raise ValueError(f"{self.slot}: a {self.state} sighting has a reason")
        if bool(self.unparsed) != bool(self.unparsed_key):
            raise ValueError(f"{self.slot}: {self.unparsed} lines were not read, but they lie in {self.unparsed_key}")


@dataclass(frozen=True, eq=False)
class Sightings:
    """All sightings of a raw table as of one reading of its ledger, in their order."""

    rows: tuple[Sighting, ...] = ()

    def all(self) -> tuple[Sighting, ...]:
        return self.rows

    def latest(self, partition: str, slot: str) -> Sighting | None:
        """The last sighting of a slot, whatever it was and whoever saw it."""
        return self._latest.get((partition, slot))

    def latest_of(self, origin: str, partition: str, slot: str, uri: str | None = None) -> Sighting | None:
        """The last sighting of a slot that one kind of source made, there or (None) anywhere."""
        if uri is None:
            return self._latest_of.get((origin, partition, slot))
        return self._latest_at.get((origin, partition, slot, uri))

    def received_as(self, origin: str, uri: str, version: str) -> Sighting | None:
        """The last time that one kind of source gave this version of an address."""
        return self._received_as.get((origin, uri, version))

    def first_received(self, origin: str, uri: str) -> Sighting | None:
        """The first that one kind of source gave of an address, in whichever partition, where it gives one thing."""
        return self._first_received.get((origin, uri))

    def last_at(self, origin: str, uri: str) -> Sighting | None:
        """The last sighting that one kind of source made of an address, in whichever partition."""
        return self._last_at.get((origin, uri))

    def standing(self, origin: str) -> tuple[Sighting, ...]:
        """What one kind of source gave and has not withdrawn: the last received sighting of each slot and address."""
        return tuple(s for s in self._standing.values() if s.origin == origin)

    def current(self, partition: str) -> tuple[Sighting, ...]:
        """The last received sighting of each of the partition's slots, by slot: what its readers get.

        Where that one was withdrawn, what another address or kind of source gave of the slot is current again.
        """
        return self._current.get(partition, ())

    def partitions(self) -> tuple[str, ...]:
        """The partitions of which something has been received, even if all was withdrawn; sorted."""
        return tuple(sorted(self._current))

    def data_version(self, partition: str) -> str | None:
        """A sha256 over the partition's current bytes, None if nothing was ever received.

        The same bytes in the same slots, read in the same way, always give the same version: after a correction was
        withdrawn it is the first one again. Where all was withdrawn, it is that of no bytes at all.
        """
        if partition not in self._current:
            return None
        current = self.current(partition)
        parts = [[s.slot, s.sha256, *([s.reading] if s.reading else [])] for s in current]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def standing_in(self, partition: str, slot: str) -> tuple[Sighting, ...]:
        """What may be current of a slot, now or once something else is withdrawn; and the last word of each place. In
        their order: whoever appends some of them anew must append all that come after, for it to stay so.
        """
        last = {_place(sighting): sighting for sighting in self.rows}
        kept = [*last.values(), *self._standing.values()]
        chosen = {s.sequence: s for s in kept if (s.partition, s.slot) == (partition, slot)}
        return tuple(chosen[sequence] for sequence in sorted(chosen))

    @cached_property
    def _latest(self) -> dict[tuple[str, str], Sighting]:
        return {(sighting.partition, sighting.slot): sighting for sighting in self.rows}

    @cached_property
    def _latest_of(self) -> dict[tuple[str, str, str], Sighting]:
        return {(sighting.origin, sighting.partition, sighting.slot): sighting for sighting in self.rows}

    @cached_property
    def _latest_at(self) -> dict[tuple[str, str, str, str], Sighting]:
        return {_place(sighting): sighting for sighting in self.rows}

    @cached_property
    def _received_as(self) -> dict[tuple[str, str, str], Sighting]:
        return {(s.origin, s.uri, s.version): s for s in self.rows if s.state == "received"}

    @cached_property
    def _first_received(self) -> dict[tuple[str, str], Sighting]:
        return {(s.origin, s.uri): s for s in reversed(self.rows) if s.state == "received"}

    @cached_property
    def _last_at(self) -> dict[tuple[str, str], Sighting]:
        return {(sighting.origin, sighting.uri): sighting for sighting in self.rows}

    @cached_property
    def _standing(self) -> dict[tuple[str, str, str, str], Sighting]:
        found: dict[tuple[str, str, str, str], Sighting] = {}
        for sighting in self.rows:
            # Taken out first, so that what stands is in the order in which it came.
            if sighting.state != "refused":
                found.pop(_place(sighting), None)
            if sighting.state == "received":
                found[_place(sighting)] = sighting
        return found

    @cached_property
    def _current(self) -> dict[str, tuple[Sighting, ...]]:
        by_partition: dict[str, list[Sighting]] = {s.partition: [] for s in self.rows if s.state == "received"}
        received = {(s.partition, s.slot): s for s in self._standing.values()}
        for (partition, _), sighting in sorted(received.items(), key=lambda item: item[0]):
            by_partition[partition].append(sighting)
        return {partition: tuple(sightings) for partition, sightings in by_partition.items()}


def _place(sighting: Sighting) -> tuple[str, str, str, str]:
    return sighting.origin, sighting.partition, sighting.slot, sighting.uri


def in_order(sightings: Sequence[Sighting]) -> Sightings:
    """A snapshot of these sightings, put into the ledger's order."""
    return Sightings(tuple(sorted(sightings, key=lambda sighting: sighting.sequence)))
