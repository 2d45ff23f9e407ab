"""One look at the sources of a raw table: which of its partitions have something that the ledger does not."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sightings
from data_platform.planning.arrivals import (
    is_final,
    is_read_otherwise,
    is_refused,
    keys_of,
    last_seen,
    question,
    reason_to_receive,
    withdrawals,
)
from data_platform.planning.catalog import RawTable
from data_platform.planning.closed import Closed
from data_platform.planning.findings import NO_PARTITION, Finding, Stale, Unanswered, Waiting
from data_platform.planning.versions import combined
from data_platform.sources.address import redact
from data_platform.sources.errors import SourceError
from data_platform.sources.slot import Odd, Place, Places, Source, Version

# A live source with years of missing months is asked about each; connections are shared.
_PARALLEL_LOOKS = 8
# A folder full of odd files would drown everything else.
_MOST_TOLD = 10


def stale_raw(lake: Lake, table: RawTable, now: datetime, sources: Sequence[Source] | None = None) -> Iterator[Finding]:
    """The partitions of which some sources (None: all of the table) have a version that the ledger has not seen as
    their latest, or no longer have one that they gave.
    """
    sightings = lake.ledger(table.name.table).read()
    asked = table.sources if sources is None else sources
    look = _Look(lake, table, sightings, keys_of(table, now), now)
    for source in asked:
        look.at(source)
    yield from look.findings(is_complete=len(asked) == len(table.sources))


class _Look:
    """One look at the sources of a table, gathered by partition."""

    def __init__(self, lake: Lake, table: RawTable, sightings: Sightings, keys: Sequence[str], now: datetime) -> None:
        self.lake = lake
        self.table, self.sightings, self.keys, self.now = table, sightings, keys, now
        self._over = set(keys)
        self._new: dict[str, list[tuple[str, str]]] = {}
        """Partition → why, and the version that is wanted."""
        self._told: dict[str, list[Finding]] = {}
        self._there: set[str] = set()
        self._beyond: list[str] = []

    def at(self, source: Source) -> None:
        """Looks at all places of a source."""
        with source.connected() as connected:
            try:
                asking = question(self.lake, self.table, source, self.keys, self.sightings, self.now)
                places = connected.places(asking)
            except SourceError as error:
                self._tell(Unanswered(self.table.name, NO_PARTITION, str(error)))
                return
            closed = Closed(self.lake.notes and self.lake.notes / f"{source.origin}.{self.table.name.table}.closed")
            to_ask = self._to_ask(source, places, closed)
            with ThreadPoolExecutor(_PARALLEL_LOOKS) as pool:
                asked = dict(zip(to_ask, pool.map(lambda place: _look(connected, place.uri), to_ask), strict=True))
        for place, seen in asked.items():
            if isinstance(seen, Version):
                closed.note(place, seen, self.now)
        closed.save()
        for place in places.found:
            if place.version is not None:
                self._compare(source, place, place.version)
            elif place in asked:
                self._compare(source, place, asked[place])
        for sighting, why in withdrawals(source, places, self.sightings):
            if sighting.partition in self._over:
                self._new.setdefault(sighting.partition, []).append((why, f"without {sighting.uri}"))
        self._tell_odd(places.odd)

    def findings(self, *, is_complete: bool) -> Iterator[Finding]:
        """Oldest partitions first. `is_complete`: what nobody has is told as missing."""
        for key in self.keys:
            if key in self._new:
                whys, wants = zip(*self._new[key], strict=True)
                yield Stale(self.table.name, key, _in_words(whys), _together(wants))
            yield from self._told.get(key, ())
            is_missing = key not in self._there and not self.sightings.current(key)
            if is_complete and is_missing and key not in self._told:
                yield _absent(self.table, key, self.now)
        for key, told in self._told.items():
            yield from () if key in self._over else told
        yield from self._not_ours()

    def _to_ask(self, source: Source, places: Places, closed: Closed) -> list[Place]:
        """Of what has to be asked: partitions never received, the last few received ones, and those whose last sighting
        settles nothing.
        """
        received = [key for key in self.keys if self.sightings.current(key)]
        last = len(received) if self.table.expected.recheck_last == "all" else self.table.expected.recheck_last
        again = set(received[max(0, len(received) - last) :])
        asked = (place for place in places.found if place.version is None)
        return [
            place
            for place in asked
            if self._is_open(source, place, again, closed) or not self._is_settled(source, place)
        ]

    def _is_open(self, source: Source, place: Place, again: Collection[str], closed: Closed) -> bool:
        """Whether what was received of it may still change."""
        if place.closes is None:
            return place.partition in again
        last = last_seen(source, place, self.sightings)
        return last is None or not (is_final(source, self.table, place, self.sightings) or closed.has(place, last))

    def _is_settled(self, source: Source, place: Place) -> bool:
        """Received from where the source is now. A refused correction, however old, is still to be mended."""
        last = last_seen(source, place, self.sightings)
        if last is None or last.state != "received" or is_read_otherwise(self.table, last):
            return False
        return last.uri == place.uri

    def _compare(self, source: Source, place: Place, seen: Version | SourceError | None) -> None:
        name, key = self.table.name, place.partition
        if key not in self._over:
            self._tell_early(place)
            return
        last = last_seen(source, place, self.sightings)
        if isinstance(seen, SourceError):
            self._tell(Unanswered(name, key, str(seen)))
        elif seen is None:
            # What was received stays: a source that takes a file away does not undo it.
            if last is not None and last.uri != place.uri and self.sightings.current(key):
                moved = f"not at {redact(place.uri)}; what {redact(last.uri)} gave stays"
                self._tell(Waiting(name, key, moved, overdue=True))
        else:
            self._there.add(key)
            if (why := reason_to_receive(self.table, place, seen, last)) is not None:
                self._new.setdefault(key, []).append((why, seen.text))
            elif last is not None and is_refused(self.table, seen, last):
                self._tell(Waiting(name, key, f"refused: {self.table.told(str(last.reason))}", overdue=True))

    def _tell(self, finding: Finding) -> None:
        self._told.setdefault(finding.partition, []).append(finding)

    def _tell_early(self, place: Place) -> None:
        partitions = self.table.partitions
        if partitions is None or not partitions.has(place.partition):
            self._beyond.append(place.uri)
            return
        over = f"{partitions.ends_at(place.partition):%Y-%m-%d}"
        why = f"{redact(place.uri)} is early: received once its partition is over, {over}"
        self._tell(Waiting(self.table.name, place.partition, why))

    def _tell_odd(self, odd: Sequence[Odd]) -> None:
        by_partition = Counter(one.partition for one in odd)
        for one in odd:
            key = NO_PARTITION if one.partition is None else one.partition
            if len(self._told.get(key, ())) < _MOST_TOLD:
                self._tell(Waiting(self.table.name, key, f"{redact(one.uri)} {one.reason}", overdue=not one.rests))
        more = by_partition[None] - _MOST_TOLD
        if more > 0:
            self._tell(Waiting(self.table.name, NO_PARTITION, f"and {more} more files like these", overdue=True))

    def _not_ours(self) -> Iterator[Finding]:
        if self._beyond:
            first = ", ".join(redact(uri) for uri in self._beyond[:3])
            why = f"{len(self._beyond)} files belong to partitions that this table does not have: {first}"
            yield Waiting(self.table.name, NO_PARTITION, why)


def _look(source: Source, address: str) -> Version | SourceError | None:
    try:
        return source.look(address)
    except SourceError as error:
        return error


def _in_words(whys: Sequence[str]) -> str:
    """One reason as it is, several with how many files each has."""
    if len(whys) == 1:
        return whys[0]
    return ", ".join(f"{why} ({count} {'file' if count == 1 else 'files'})" for why, count in Counter(whys).items())


def _together(wants: Sequence[str]) -> str:
    return wants[0] if len(wants) == 1 else combined({str(n): want for n, want in enumerate(sorted(wants))})


def _absent(table: RawTable, key: str, now: datetime) -> Waiting:
    if table.expected.after_days is None:
        return Waiting(table.name, key, "nothing has come")
    if table.partitions is None:
        return Waiting(table.name, key, "not at its source", overdue=True)
    due = table.partitions.ends_at(key) + timedelta(days=table.expected.after_days)
    if due <= now:
        return Waiting(table.name, key, f"not at its source, expected since {due:%Y-%m-%d}", overdue=True)
    return Waiting(table.name, key, f"not at its source yet, expected by {due:%Y-%m-%d}")
