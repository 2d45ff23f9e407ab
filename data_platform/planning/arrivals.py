"""What a source has, held against what the ledger says that it gave: what is new, what was refused, what is gone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import RawTable
from data_platform.sources.address import redact
from data_platform.sources.slot import Place, Places, Question, Source, Version, Window

# Changes when more files can be read than before: those that were refused are looked at again.
READ_FORMAT = "2"


def keys_of(table: RawTable, now: datetime) -> list[str]:
    """The partitions that are over, oldest first."""
    return [UNPARTITIONED] if table.partitions is None else table.partitions.keys(now)


def question(
    lake: Lake, table: RawTable, source: Source, keys: Sequence[str], sightings: Sightings, now: datetime
) -> Question:
    """What a table wants to know of a source about some partitions."""
    partitions = table.partitions
    notes = lake.notes and lake.notes / f"{source.origin}.{table.name.table}.settled"

    def key_of(moment: datetime) -> str:
        return UNPARTITIONED if partitions is None else partitions.key_at(moment)

    def known(uri: str, version: str) -> str | None:
        found = sightings.received_as(source.origin, uri, version)
        return None if found is None else found.partition

    def parquet(path: Path, name: str, folder: Path) -> Path:
        return as_parquet(table, path, name, folder)

    def latest(place: Place) -> tuple[str, datetime] | None:
        last = sightings.latest_of(source.origin, place.partition, place.slot, place.uri)
        return (last.version, last.seen_at) if last is not None and last.state == "received" else None

    rule = f"{_reading(table)} {partitions and partitions.grid}"
    return Question([window(table, key) for key in keys], key_of, known, parquet, notes, rule, now, latest)


def as_parquet(table: RawTable, path: Path, name: str, folder: Path) -> Path:
    """A file of the table's format as Parquet, which is itself or a new one in `folder`. Raises Refused."""
    # Here and not above: pyarrow takes 0.2 s of each start, and most questions open no file.
    from data_platform.sources.arrival import arrived

    rows = folder / "rows.parquet"
    found = arrived(path, name, rows, folder / "unparsed.parquet", options=table.read, declared=table.names)
    return rows if found.parsed else path


def window(table: RawTable, key: str) -> Window:
    """A partition in a source's words."""
    return Window(key, None if table.partitions is None else table.partitions.bounds(key)[0])


def last_seen(source: Source, place: Place, sightings: Sightings) -> Sighting | None:
    """The last sighting of an object by the same kind of source.

    A listing has many addresses for a slot, each with a history of its own. What has to be asked has one, which moves.
    """
    uri = None if place.version is None else place.uri
    return sightings.latest_of(source.origin, place.partition, place.slot, uri)


def is_final(source: Source, table: RawTable, place: Place, sightings: Sightings) -> bool:
    """Whether what was received of a place may not change any more, as its window had closed by then."""
    last = last_seen(source, place, sightings)
    if place.closes is None or last is None or last.state != "received" or last.uri != place.uri:
        return False
    return last.seen_at >= place.closes and not is_read_otherwise(table, last)


def as_read(table: RawTable, version: str) -> str:
    """The version of a refusal: it holds for these bytes only as long as they are read in this way."""
    return f"{version};read={_reading(table)}"


def _reading(table: RawTable) -> str:
    return f"{table.read.format or 'detected'}-{table.read.fingerprint}-{READ_FORMAT}"


def is_read_otherwise(table: RawTable, sighting: Sighting) -> bool:
    """Whether these bytes, which were received as text, would be read in another way today."""
    was_text = sighting.data_key != sighting.key or sighting.reading is not None
    return was_text and (sighting.reading or "") != table.read.fingerprint


def is_refused(table: RawTable, version: Version, last: Sighting | None) -> bool:
    """Whether exactly this was refused, and nothing but a person's wish is a reason to read it again."""
    return last is not None and last.state == "refused" and last.version == as_read(table, version.text)


def reason_to_receive(table: RawTable, place: Place, version: Version, last: Sighting | None) -> str | None:
    """Why an object is to be received; None if it was, or was refused, in this version."""
    if last is None:
        return "new at the source"
    if last.uri != place.uri:
        return f"the source moved here from {redact(last.uri)}"
    if last.state == "withdrawn":
        return "back at the source"
    if last.state == "received" and is_read_otherwise(table, last):
        return "its files are read in another way now"
    if last.state == "received":
        return None if last.version == version.text else "changed at the source"
    return None if is_refused(table, version, last) else "changed at the source after it was refused"


def withdrawals(source: Source, places: Places, sightings: Sightings) -> Iterator[tuple[Sighting, str]]:
    """What a source gave and no longer stands for, and why: an object that is in another partition or slot now, or
    that was taken away from a source that is mirrored.
    """
    now = {place.uri: place for place in places.found if place.version is not None}
    odd = {one.uri for one in places.odd}
    for sighting in sightings.standing(source.origin):
        place = now.get(sighting.uri)
        if place is None:
            if source.mirrors and places.is_listing and sighting.uri not in odd:
                yield sighting, "was taken away at the source"
        elif (place.partition, place.slot) != (sighting.partition, sighting.slot):
            where = f"slot {place.slot}" if place.partition == sighting.partition else place.partition
            yield sighting, f"belongs to {where} now"
