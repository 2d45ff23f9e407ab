"""The one question: which partitions of which tables differ from what their inputs and code would make now, and why.

Answers come from sources, ledger and commits alone; there is no cursor that could be lost.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sightings
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.arrivals import (
    is_read_otherwise,
    is_refused,
    keys_of,
    last_seen,
    question,
    reason_to_receive,
    withdrawals,
)
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.settled import Settled
from data_platform.planning.versions import Versions, code_version, combined, fingerprint, input_partitions
from data_platform.sources.address import redact
from data_platform.sources.errors import SourceError
from data_platform.sources.slot import Odd, Place, Places, Source, Version

NO_PARTITION = "no partition"
"""Of what is told of a source and of none of its partitions."""
# A live source with years of missing months is asked about each; connections are shared.
_PARALLEL_LOOKS = 8
# A folder full of odd files would drown everything else.
_MOST_TOLD = 10
# Below the lake's notes: tables of which nothing was stale.
_SETTLED = "tables.settled"


@dataclass(frozen=True, order=True)
class Stale:
    """A partition that must be made again. `wanted` is the version that it would get (raw: the source's)."""

    table: TableName
    partition: str
    reason: str
    wanted: str = field(compare=False)


@dataclass(frozen=True, order=True)
class Waiting:
    """A partition that cannot be made yet. `overdue` when its source should have had it by now."""

    table: TableName
    partition: str
    reason: str
    overdue: bool = False


@dataclass(frozen=True, order=True)
class Unanswered:
    """A source that could not be asked."""

    table: TableName
    partition: str
    error: str


Finding = Stale | Waiting | Unanswered


@dataclass(frozen=True)
class Answer:
    """What is stale, what waits, and what could not be asked; oldest partitions first within a table."""

    stale: tuple[Stale, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()

    @classmethod
    def of(cls, findings: "Iterable[Finding]") -> "Answer":
        found = tuple(findings)
        return cls(
            tuple(item for item in found if isinstance(item, Stale)),
            tuple(item for item in found if isinstance(item, Waiting)),
            tuple(item for item in found if isinstance(item, Unanswered)),
        )


@dataclass(frozen=True)
class Wanted:
    """What a partition of a model would be made of now."""

    fingerprint: str
    code: str
    inputs: Mapping[str, str]
    """Input table → the version of what is read of it."""


def stale(
    catalog: Catalog,
    lake: Lake,
    now: datetime,
    *,
    tables: Collection[TableName] | None = None,
    ask: Iterable[TableName] | None = None,
    among: Callable[[Source], bool] | None = None,
) -> Answer:
    """All stale partitions of some tables (None: of all), each table after those that it reads.

    `ask` limits the raw tables whose sources are asked (None: all), `among` the sources. What is not asked is taken as
    it is.
    """
    asked = {
        name: [source for source in catalog.raw(name).sources if among is None or among(source)]
        for name in (catalog.order if ask is None else ask)
        if isinstance(catalog.tables[name], RawTable)
    }
    return Answer.of(_findings(catalog, lake, now, set(catalog.order if tables is None else tables), asked))


def _findings(
    catalog: Catalog,
    lake: Lake,
    now: datetime,
    chosen: set[TableName],
    asked: Mapping[TableName, Sequence[Source]],
) -> Iterator[Finding]:
    settled = Settled(catalog, lake.notes and lake.notes / _SETTLED)
    versions = Versions(catalog, lake, settled.marks)
    for table in catalog:
        if table.name not in chosen:
            continue
        if isinstance(table, RawTable):
            if table.name in asked:
                yield from stale_raw(lake, table, now, asked[table.name])
        elif not table.is_view:
            code = code_version(catalog, table)
            state = settled.state(table, code, versions)
            if not settled.holds(table.name, state):
                found = list(stale_model(catalog, table, versions, code))
                yield from found
                if not found:
                    settled.add(table.name, state)
    settled.save(versions)


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
            to_ask = self._to_ask(source, places)
            with ThreadPoolExecutor(_PARALLEL_LOOKS) as pool:
                asked = dict(zip(to_ask, pool.map(lambda place: _look(connected, place.uri), to_ask), strict=True))
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

    def _to_ask(self, source: Source, places: Places) -> list[Place]:
        """Of what has to be asked: partitions never received, the last few received ones, and those whose last sighting
        settles nothing.
        """
        received = [key for key in self.keys if self.sightings.current(key)]
        last = len(received) if self.table.expected.recheck_last == "all" else self.table.expected.recheck_last
        again = set(received[max(0, len(received) - last) :])
        asked = (place for place in places.found if place.version is None)
        return [place for place in asked if place.partition in again or not self._is_settled(source, place)]

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
                self._tell(Waiting(name, key, f"refused: {last.reason}", overdue=True))

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
    if table.partitions is None:
        return Waiting(table.name, key, "not at its source", overdue=True)
    due = table.partitions.ends_at(key) + timedelta(days=table.expected.after_days)
    if due <= now:
        return Waiting(table.name, key, f"not at its source, expected since {due:%Y-%m-%d}", overdue=True)
    return Waiting(table.name, key, f"not at its source yet, expected by {due:%Y-%m-%d}")


def stale_model(catalog: Catalog, table: ModelTable, versions: Versions, code: str) -> Iterator[Finding]:
    """The partitions whose last commit had other inputs or other code than there are now."""
    committed = versions.snapshot(table.name).partitions
    for key in _candidates(catalog, table, versions):
        want = wanted(catalog, table, key, versions, code)
        if isinstance(want, Waiting):
            yield want
        elif key not in committed:
            yield Stale(table.name, key, "never built", want.fingerprint)
        elif committed[key].fingerprint != want.fingerprint:
            yield Stale(table.name, key, _why(committed[key].provenance, want), want.fingerprint)


def _candidates(catalog: Catalog, table: ModelTable, versions: Versions) -> list[str]:
    """Partitions that some input has. What no input has yet is the raw tables' to report."""
    if table.partitions is None:
        return [UNPARTITIONED]
    reads = [catalog.tables[name] for name in catalog.stored(table.reads)]
    keys = {key for read in reads if read.partitions is not None for key in versions.of(read.name)}
    return sorted(key for key in keys if table.partitions.has(key))


def wanted(
    catalog: Catalog, table: ModelTable, partition: str, versions: Versions, code: str | None = None
) -> Wanted | Waiting:
    """What a partition would be made of now; Waiting when an input is not there."""
    inputs: dict[str, str] = {}
    for name in catalog.stored(table.reads):
        present = versions.of(name)
        keys = input_partitions(table, partition, catalog.tables[name], present)
        missing = [key for key in keys if key not in present]
        if missing or (not keys and table.partitions is None):
            what = f"{name} {missing[0]}" if missing and missing[0] != UNPARTITIONED else str(name)
            return Waiting(table.name, partition, f"waits for {what}")
        if keys:
            inputs[str(name)] = present[keys[0]] if keys == [partition] else combined({k: present[k] for k in keys})
    if not inputs:
        return Waiting(table.name, partition, "none of its inputs has this partition")
    code = code or code_version(catalog, table)
    return Wanted(fingerprint(code, inputs), code, inputs)


def _why(provenance: Mapping[str, Any], want: Wanted) -> str:
    """What differs between the last commit and what would be made now, in words."""
    if provenance.get("code") != want.code:
        return "code changed"
    before: Mapping[str, str] = provenance.get("inputs", {})
    moved = [name for name, version in want.inputs.items() if before.get(name) != version]
    moved += [name for name in before if name not in want.inputs]
    return f"input moved: {', '.join(moved)}"
