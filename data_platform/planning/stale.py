"""The one question: which partitions of which tables differ from what their inputs and code would make now, and why.

Answers come from sources, ledger and commits alone; there is no cursor that could be lost.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.settled import Settled
from data_platform.planning.versions import Versions, code_version, combined, fingerprint, input_partitions
from data_platform.sources.address import redact
from data_platform.sources.errors import SourceError
from data_platform.sources.http_file import HttpFile
from data_platform.sources.slot import Version

# A partition of an http_file is one object, wherever it is served from: a mirror's copy takes the place of the
# official one instead of standing beside it.
SLOT = "file"
# Changes when more files can be read than before: those that were refused are looked at again.
READ_FORMAT = "2"
# A live source with years of missing months is asked about each; connections are shared.
_PARALLEL_LOOKS = 8
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
) -> Answer:
    """All stale partitions of some tables (None: of all), each table after those that it reads.

    `ask` limits the sources that are asked (None: all). A raw table that is not asked is taken as it is.
    """
    asked = set(catalog.order if ask is None else ask)
    return Answer.of(_findings(catalog, lake, now, set(catalog.order if tables is None else tables), asked))


def _findings(
    catalog: Catalog, lake: Lake, now: datetime, chosen: set[TableName], asked: set[TableName]
) -> Iterator[Finding]:
    settled = Settled(catalog, lake.notes and lake.notes / _SETTLED)
    versions = Versions(catalog, lake, settled.marks)
    for table in catalog:
        if table.name not in chosen:
            continue
        if isinstance(table, RawTable):
            if table.name in asked:
                yield from stale_raw(lake, table, now)
        elif not table.is_view:
            code = code_version(catalog, table)
            state = settled.state(table, code, versions)
            if not settled.holds(table.name, state):
                found = list(stale_model(catalog, table, versions, code))
                yield from found
                if not found:
                    settled.add(table.name, state)
    settled.save(versions)


def stale_raw(lake: Lake, table: RawTable, now: datetime) -> Iterator[Finding]:
    """The partitions whose source has a version that the ledger has not seen as its latest."""
    sightings = lake.ledger(table.name.table).read()
    keys = _to_ask(table, sightings, now)
    addresses = [address_of(table, key) for key in keys]
    with table.source.connected() as source, ThreadPoolExecutor(_PARALLEL_LOOKS) as pool:
        found = list(pool.map(lambda address: _look(source, address), addresses))
    for key, address, seen in zip(keys, addresses, found, strict=True):
        finding = _compare(table, key, address, seen, sightings, now)
        if finding is not None:
            yield finding


def address_of(table: RawTable, partition: str) -> str:
    """Where the source has a partition now, without its version."""
    start = None if table.partitions is None else table.partitions.bounds(partition)[0]
    return table.source.slot(start)


def as_read(table: RawTable, version: str) -> str:
    """The version of a refusal: it holds for these bytes only as long as they are read in this way."""
    return f"{version};read={table.read.format or 'detected'}-{table.read.fingerprint}-{READ_FORMAT}"


def is_read_otherwise(table: RawTable, sighting: Sighting) -> bool:
    """Whether these bytes, which were received as text, would be read in another way today."""
    return sighting.data_key != sighting.key and (sighting.reading or "") != table.read.fingerprint


def _to_ask(table: RawTable, sightings: Sightings, now: datetime) -> list[str]:
    """Partitions never received, the last few received ones, and those whose last sighting settles nothing."""
    keys = [UNPARTITIONED] if table.partitions is None else table.partitions.keys(now)
    received = [key for key in keys if sightings.current(key)]
    last = len(received) if table.expected.recheck_last == "all" else table.expected.recheck_last
    again = set(received[max(0, len(received) - last) :])
    return [key for key in keys if key in again or not _is_settled(table, sightings, key)]


def _is_settled(table: RawTable, sightings: Sightings, key: str) -> bool:
    """Received from where the source is now. A refused correction, however old, is still to be mended."""
    latest = sightings.latest(key, SLOT)
    if latest is None or latest.state != "received" or is_read_otherwise(table, latest):
        return False
    return latest.uri == address_of(table, key)


def _look(source: HttpFile, address: str) -> Version | SourceError | None:
    try:
        return source.look(address)
    except SourceError as error:
        return error


def _compare(
    table: RawTable, key: str, address: str, seen: Version | SourceError | None, sightings: Sightings, now: datetime
) -> Finding | None:
    if isinstance(seen, SourceError):
        return Unanswered(table.name, key, str(seen))
    current, latest = sightings.current(key), sightings.latest(key, SLOT)
    if seen is None:
        return _gone(table, key, address, current[-1]) if current else _absent(table, key, now)
    if latest is None:
        return Stale(table.name, key, "new at the source", seen.text)
    if latest.uri != address:
        return Stale(table.name, key, f"the source moved here from {redact(latest.uri)}", seen.text)
    if latest.state == "received" and is_read_otherwise(table, latest):
        return Stale(table.name, key, "its files are read in another way now", seen.text)
    if latest.state == "received":
        return None if latest.version == seen.text else Stale(table.name, key, "changed at the source", seen.text)
    if latest.version == as_read(table, seen.text):
        return Waiting(table.name, key, f"refused: {latest.reason}", overdue=True)
    return Stale(table.name, key, "changed at the source after it was refused", seen.text)


def _gone(table: RawTable, key: str, address: str, current: Sighting) -> Waiting | None:
    """What was received stays: a source that takes a file away does not undo it."""
    if current.uri == address:
        return None
    return Waiting(table.name, key, f"not at {redact(address)}; what {redact(current.uri)} gave stays", overdue=True)


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
