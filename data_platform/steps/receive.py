"""Receiving: asks a source for partitions, keeps new bytes, and writes down each version that was seen."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from data_platform.contracts.raw import Drift, match
from data_platform.lake.errors import SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.planning.arrivals import (
    as_read,
    is_final,
    is_read_otherwise,
    last_seen,
    question,
    reason_to_receive,
    withdrawals,
)
from data_platform.planning.catalog import RawTable
from data_platform.sources.address import hide, redact
from data_platform.sources.errors import ChangingYet, MissingYet, PermanentSourceError, Refused, SourceError
from data_platform.sources.slot import Fetched, Place, Source, Version
from data_platform.steps.forget_raw import forget_received
from data_platform.steps.keeping import keep
from data_platform.steps.space import told_if_full

_log = logging.getLogger(__name__)
# Another process may receive the same slot at the same time: look again, but not for ever.
_ATTEMPTS = 5

Outcome = Literal["received", "unchanged", "refused", "absent"]
_Seen = Sighting | Literal["unchanged", "absent", "resting"] | SourceError


@dataclass(frozen=True)
class Received:
    """What became of one partition; `current` are the files that readers see now."""

    partition: str
    outcome: Outcome
    text: str
    current: tuple[Sighting, ...]
    data_version: str | None
    drift: Drift
    refused: tuple[str, ...] = ()
    """What could not be read, a line each, whatever became of the other files."""


def receive(
    lake: Lake, table: RawTable, partitions: Sequence[str], *, run_id: str, now: datetime
) -> tuple[Received, ...]:
    """Fetches what the source has in another version than the ledger knows; one ledger commit for all.

    What cannot be read is a `refused` sighting, not an error. Raises the SourceError of the first partition of which
    nothing came because it could not be asked, after what the others gave is written down; DiskFull for want of space.
    """
    moved: SlotMoved
    for _ in range(_ATTEMPTS):
        try:
            with told_if_full(f"{table.name} {', '.join(partitions)}", lake.storage.local(str(table.name))):
                return _receive(lake, table, partitions, run_id, now)
        except SlotMoved as error:
            moved = error
    raise moved


def _receive(
    lake: Lake, table: RawTable, partitions: Sequence[str], run_id: str, now: datetime
) -> tuple[Received, ...]:
    forgotten = lake.forgotten.mark()
    base = lake.ledger(table.name.table).read()
    seen: dict[str, list[_Seen]] = {key: [] for key in partitions}
    for source in table.sources:
        with source.connected() as connected:
            arrival = _Arrival(lake, table, connected, base, run_id, now)
            for key, found in arrival.of(partitions, {key for key in partitions if _has_news(seen[key])}).items():
                seen[key] += found
    new = [what for found in seen.values() for what in found if isinstance(what, Sighting)]
    after = lake.ledger(table.name.table).append(new, base=base) if new else base
    # Either this sees who is forgotten since it began, or whoever forgets sees what is appended here.
    if new and lake.forgotten.mark() != forgotten:
        after = forget_received(lake, table, run_id=run_id)
    for found in seen.values():
        _raise_fault(found)
    return tuple(_told(table, key, found, after) for key, found in seen.items())


def _raise_fault(found: Sequence[_Seen]) -> None:
    """A source that cannot be asked does not undo what another one, or another file, gave of the partition."""
    if not _has_news(found):
        for what in found:
            if isinstance(what, SourceError):
                raise what


def _has_news(found: Sequence[_Seen]) -> bool:
    return any(isinstance(what, Sighting) for what in found)


@dataclass(frozen=True)
class _Arrival:
    """One look at a source, against the ledger as it was before."""

    lake: Lake
    table: RawTable
    source: Source
    base: Sightings
    run_id: str
    now: datetime

    def of(self, partitions: Sequence[str], with_news: Collection[str]) -> dict[str, list[_Seen]]:
        """What the source has of each partition: sightings of what is another version than the ledger's latest, and of
        what it no longer has. `with_news`: the partitions of which another source gave something.
        """
        try:
            asking = question(self.lake, self.table, self.source, partitions, self.base, self.now)
            places = self.source.places(asking)
        except SourceError as error:
            return {key: [error] for key in partitions}
        here: dict[str, list[Place]] = {key: [] for key in partitions}
        for place in places.found:
            if place.partition in here:
                here[place.partition].append(place)
        found: dict[str, list[_Seen]] = {key: [] for key in partitions}
        for sighting, why in withdrawals(self.source, places, self.base):
            if sighting.partition in found:
                found[sighting.partition].append(self._withdrawn(sighting, why))
        for odd in places.odd:
            if odd.partition in found:
                found[odd.partition].append("resting")
        for key in partitions:
            found[key] += [self._look(place) for place in self._chosen(here[key], is_asked=key not in with_news)]
        return found

    def _chosen(self, here: Sequence[Place], *, is_asked: bool) -> Sequence[Place]:
        """What is to be fetched of a partition: what is new, in the order of its making. If nothing is, anywhere,
        somebody asks for the partition by hand: then what was refused is read again.
        """
        new = [place for place in here if place.version is None or self._is_new(place, place.version)]
        # What had closed is asked for again if a person wants it, not because another window of its partition is open.
        still = [place for place in new if not is_final(self.source, self.table, place, self.base)]
        new = still or (new if is_asked else [])
        if new:
            return sorted(new, key=lambda place: (place.made, place.uri))
        refused = [place for place in here if self._is_refused(place)]
        return refused if is_asked and refused else [place for place in here if place not in refused]

    def _is_new(self, place: Place, version: Version) -> bool:
        last = last_seen(self.source, place, self.base)
        return reason_to_receive(self.table, place, version, last) is not None

    def _is_refused(self, place: Place) -> bool:
        last = last_seen(self.source, place, self.base)
        return last is not None and last.state == "refused"

    def _look(self, place: Place) -> _Seen:
        last = last_seen(self.source, place, self.base)
        # A version is a word of one server; and what was refused is read again when somebody asks.
        known = last.version if last and last.uri == place.uri and last.state == "received" else None
        if last is not None and is_read_otherwise(self.table, last):
            known = None
        if known is not None and place.version is not None and place.version.text == known:
            return "unchanged"
        path = self.lake.raw.incoming(self.table.name.table).path
        progress = _Progress(f"{self.table.name} {place.partition}")
        try:
            fetched = self.source.fetch(place.uri, path, on_progress=progress, unless=known)
            return "unchanged" if fetched is None else self._arrived(place, fetched, path)
        except MissingYet:
            return "absent"
        except ChangingYet:
            return "resting"
        except PermanentSourceError as error:
            # One of many files is told like one that is broken; an address that is the source itself has to be mended.
            return error if place.version is None else self._refused(place, place.version, str(error))
        except SourceError as error:
            return error
        finally:
            path.unlink(missing_ok=True)

    def _arrived(self, place: Place, fetched: Fetched, path: Path) -> _Seen:
        """What arrived, kept; or, when it is not what it claims to be, refused with the reason and not kept."""
        if place.version is not None and place.version.text != fetched.version:
            return "resting"
        try:
            kept = keep(self.lake, self.table, path, name=fetched.name, sha256=fetched.sha256)
        except Refused as error:
            return self._refused(place, Version(fetched.version, fetched.bytes), str(error), fetched.sha256)
        return self._seen(
            place.partition,
            place.slot,
            place.uri,
            state="received",
            version=fetched.version,
            **vars(kept),
        )

    def _refused(self, place: Place, version: Version, why: str, sha256: str | None = None) -> Sighting:
        reason = self.table.told(hide(place.uri, why), keep=redact(place.uri))
        _log.warning("%s %s: refused %s: %s", self.table.name, place.partition, redact(place.uri), reason)
        return self._seen(
            place.partition,
            place.slot,
            place.uri,
            state="refused",
            version=as_read(self.table, version.text),
            reason=reason,
            sha256=sha256,
            bytes=version.bytes or 0,
        )

    def _withdrawn(self, sighting: Sighting, why: str) -> Sighting:
        return self._seen(
            sighting.partition,
            sighting.slot,
            sighting.uri,
            state="withdrawn",
            version=sighting.version,
            reason=why,
        )

    def _seen(self, partition: str, slot: str, uri: str, **told: Any) -> Sighting:
        nothing = {"reason": None, "sha256": None, "key": None, "data_key": None, "records": None, "columns": ()}
        return Sighting(
            partition=partition,
            slot=slot,
            uri=uri,
            origin=self.source.origin,
            seen_at=self.now,
            run_id=self.run_id,
            **{**nothing, "bytes": 0, **told},
        )


def _told(table: RawTable, key: str, found: Sequence[_Seen], after: Sightings) -> Received:
    current = after.current(key)
    drift = _drift(table, current)
    refused = tuple(f"refused {redact(s.uri)}: {s.reason}" for s in _in_state(found, "refused"))
    if not found and current:
        # Nothing to look at, as of what is pushed: what came is there.
        return Received(key, "unchanged", "nothing new at its source", current, after.data_version(key), drift)
    return Received(key, _outcome(found), _text(found), current, after.data_version(key), drift, refused)


def _outcome(found: Sequence[_Seen]) -> Outcome:
    """The first of these that holds for anything of the partition."""
    if _in_state(found, "received", "withdrawn"):
        return "received"
    if _in_state(found, "refused"):
        return "refused"
    return "unchanged" if "unchanged" in found else "absent"


def _in_state(found: Sequence[_Seen], *states: str) -> list[Sighting]:
    return [what for what in found if isinstance(what, Sighting) and what.state in states]


def _text(found: Sequence[_Seen]) -> str:
    """What became of a partition in a line, the files that made a difference first."""
    received, gone = _in_state(found, "received"), _in_state(found, "withdrawn")
    told = []
    if received:
        sizes = f"{sum(s.bytes for s in received)} bytes, {sum(s.records or 0 for s in received)} records"
        unparsed = sum(s.unparsed or 0 for s in received)
        sizes += f", of which {unparsed} lines cannot be read" if unparsed else ""
        ways = ", ".join(sorted({s.read_as for s in received if s.read_as}))
        sizes += f" ({ways})" if ways else ""
        told.append(sizes if len(received) == 1 else f"{sizes} in {len(received)} files")
    told += [f"withdrawn {redact(s.uri)}: it {s.reason}" for s in gone]
    told += [f"refused {redact(s.uri)}: {s.reason}" for s in _in_state(found, "refused")]
    told += [str(what) for what in found if isinstance(what, SourceError)]
    if "resting" in found:
        told.append(f"{found.count('resting')} files are still being written")
    return "; ".join(told) or ("the source has not changed" if "unchanged" in found else "not at its source")


def _drift(table: RawTable, current: Sequence[Sighting]) -> Drift:
    """The drift of the newest file: how the source differs from what is declared now."""
    newest = max(current, key=lambda sighting: sighting.sequence, default=None)
    return match(table.columns, newest.columns).drift if newest else Drift()


class _Progress:
    """Logs a download at every tenth part, so that a long one is seen to move."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.told = 0

    def __call__(self, done: int, total: int | None) -> None:
        tenth = done * 10 // total if total else done // (64 << 20)
        if tenth > self.told:
            self.told = tenth
            of = f" of {total / 1e6:.1f}" if total else ""
            _log.info("%s: %.1f%s MB", self.what, done / 1e6, of)
