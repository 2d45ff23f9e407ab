"""Receiving: asks a source for partitions, keeps new bytes, and writes down each version that was seen."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from data_platform.contracts.raw import Drift, match
from data_platform.lake.errors import SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.planning.catalog import RawTable
from data_platform.planning.stale import SLOT, address_of, as_read, is_read_otherwise
from data_platform.sources.address import hide, redact
from data_platform.sources.errors import MissingYet, Refused, SourceError
from data_platform.sources.http_file import HttpFile
from data_platform.sources.slot import Fetched
from data_platform.steps.space import told_if_full

if TYPE_CHECKING:
    from data_platform.sources.inspect import Inspected

_log = logging.getLogger(__name__)
# Another process may receive the same slot at the same time: look again, but not for ever.
_ATTEMPTS = 5

Outcome = Literal["received", "unchanged", "refused", "absent"]
_Seen = Sighting | Literal["unchanged", "absent"] | SourceError


@dataclass(frozen=True)
class Received:
    """What became of one partition; `current` are the files that readers see now."""

    partition: str
    outcome: Outcome
    text: str
    current: tuple[Sighting, ...]
    data_version: str | None
    drift: Drift


def receive(
    lake: Lake, table: RawTable, partitions: Sequence[str], *, run_id: str, now: datetime
) -> tuple[Received, ...]:
    """Fetches what the source has in another version than the ledger knows; one ledger commit for all.

    What cannot be read is a `refused` sighting, not an error. Raises the SourceError of the first partition that
    could not be asked, after what the others gave is written down; DiskFull for want of space.
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
    base = lake.ledger(table.name.table).read()
    with table.source.connected() as source:
        arrival = _Arrival(lake, table, source, base, run_id, now)
        seen = {key: arrival.of(key) for key in partitions}
    new = [what for what in seen.values() if isinstance(what, Sighting)]
    after = lake.ledger(table.name.table).append(new, base=base) if new else base
    told = []
    for key, what in seen.items():
        if isinstance(what, SourceError):
            raise what
        told.append(_told(table, key, what, after))
    return tuple(told)


@dataclass(frozen=True)
class _Arrival:
    """One look at a source, against the ledger as it was before."""

    lake: Lake
    table: RawTable
    source: HttpFile
    base: Sightings
    run_id: str
    now: datetime

    def of(self, key: str) -> _Seen:
        """What the source has of a partition: a sighting if it is another version than the ledger's latest."""
        address = address_of(self.table, key)
        latest = self.base.latest(key, SLOT)
        # A version is a word of one server; and what was refused is read again when somebody asks.
        known = latest.version if latest and latest.uri == address and latest.state == "received" else None
        if latest is not None and is_read_otherwise(self.table, latest):
            known = None
        path = self.lake.raw.incoming(self.table.name.table).path
        progress = _Progress(f"{self.table.name} {key}")
        try:
            fetched = self.source.fetch(address, path, on_progress=progress, unless=known)
            return "unchanged" if fetched is None else self._sighting(key, address, fetched, path)
        except MissingYet:
            return "absent"
        except SourceError as error:
            return error
        finally:
            path.unlink(missing_ok=True)

    def _sighting(self, key: str, address: str, fetched: Fetched, path: Path) -> Sighting:
        """What arrived, kept; or, when it is not what it claims to be, refused with the reason and not kept."""
        seen = partial(
            Sighting,
            partition=key,
            slot=SLOT,
            uri=address,
            sha256=fetched.sha256,
            bytes=fetched.bytes,
            seen_at=self.now,
            run_id=self.run_id,
        )
        try:
            inspected, parsed, unparsed = self._read(fetched, path)
        except Refused as error:
            version, reason = as_read(self.table, fetched.version), hide(address, str(error))
            _log.warning("%s %s: refused %s: %s", self.table.name, key, redact(address), reason)
            nothing = partial(seen, key=None, data_key=None, records=None, columns=())
            return nothing(state="refused", version=version, reason=reason)
        stored = self.lake.raw.store(self.table.name.table, path, sha256=fetched.sha256, name=fetched.name)
        return seen(
            state="received",
            version=fetched.version,
            reason=None,
            key=stored,
            data_key=parsed or stored,
            records=inspected.records,
            columns=inspected.columns,
            unparsed_key=unparsed,
            unparsed=inspected.unparsed if parsed else None,
            reading=self.table.read.fingerprint or None if parsed else None,
            read_as=inspected.told or None,
        )

    def _read(self, fetched: Fetched, path: Path) -> tuple["Inspected", str | None, str | None]:
        """What the file holds and, for text, the lake keys of its rows and of its unparsed lines. Raises Refused."""
        # Here and not above: pyarrow takes 0.2 s of each start, and only a file that came needs it.
        from data_platform.sources.arrival import arrived

        raw, table = self.lake.raw, self.table
        rows, lines = raw.incoming(table.name.table).path, raw.incoming(table.name.table).path
        try:
            found = arrived(path, fetched.name, rows, lines, options=table.read, declared=table.names)
            unknown = match(table.columns, found.columns).drift.unknown
            if unknown and table.unknown_columns == "refuse":
                raise Refused(
                    f"{fetched.name}: has columns that are not declared: {', '.join(unknown)}. "
                    "Declare them, or write `unknown_columns: warn`."
                )
            if not found.parsed:
                return found, None, None
            # Bytes that are read in another way give other rows, which older commits still mean.
            name = ".".join(filter(None, (fetched.name, table.read.fingerprint)))
            store = partial(raw.store, table.name.table, sha256=fetched.sha256)
            kept = store(lines, name=f"{name}.unparsed.parquet") if found.unparsed else None
            return found, store(rows, name=f"{name}.parquet"), kept
        finally:
            rows.unlink(missing_ok=True)
            lines.unlink(missing_ok=True)


def _told(table: RawTable, key: str, what: Sighting | Literal["unchanged", "absent"], after: Sightings) -> Received:
    current = after.current(key)
    version = after.data_version(key)
    drift = _drift(table, current)
    if not isinstance(what, Sighting):
        text = "not at its source" if what == "absent" else "the source has not changed"
        return Received(key, what, text, current, version, drift)
    if what.state == "refused":
        return Received(key, "refused", f"refused {redact(what.uri)}: {what.reason}", current, version, drift)
    text = f"{what.bytes} bytes, {what.records} records"
    text += f", of which {what.unparsed} lines cannot be read" if what.unparsed else ""
    text += f" ({what.read_as})" if what.read_as else ""
    return Received(key, "received", text, current, version, drift)


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
