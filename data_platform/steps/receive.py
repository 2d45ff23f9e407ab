"""Receiving: asks a source for partitions, keeps new bytes, and writes down each version that was seen."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from data_platform.contracts.raw import Drift, match
from data_platform.lake.errors import SlotMoved
from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.planning.catalog import RawTable
from data_platform.planning.stale import slot_of
from data_platform.sources.errors import MissingYet, Refused
from data_platform.sources.inspect import Inspected, inspect
from data_platform.sources.slot import Fetched
from data_platform.sources.text import parse_csv

_log = logging.getLogger(__name__)
# Another process may receive the same slot at the same time: look again, but not for ever.
_ATTEMPTS = 5

Outcome = Literal["received", "unchanged", "refused", "absent"]


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

    Raises a SourceError when the source cannot be asked; what cannot be read is a `refused` sighting, not an error.
    """
    moved: SlotMoved
    for _ in range(_ATTEMPTS):
        base = lake.ledger(table.name.table).read()
        seen = {key: _fetch(lake, table, key, base, run_id, now) for key in partitions}
        new = [sighting for sighting in seen.values() if isinstance(sighting, Sighting)]
        try:
            after = lake.ledger(table.name.table).append(new, base=base) if new else base
        except SlotMoved as error:
            moved = error
            continue
        return tuple(_told(table, key, what, after) for key, what in seen.items())
    raise moved


def _fetch(
    lake: Lake, table: RawTable, key: str, base: Sightings, run_id: str, now: datetime
) -> Sighting | Literal["unchanged", "absent"]:
    slot = slot_of(table, key)
    latest = base.latest(key, slot)
    version = table.source.look(slot)
    if version is None:
        return "absent"
    if latest and latest.version == version.text:
        return "unchanged"
    incoming = lake.raw.incoming(table.name.table)
    try:
        fetched = table.source.fetch(slot, incoming.path, on_progress=_Progress(f"{table.name} {key}"))
        if fetched is None:
            return "unchanged"
        return _sighting(lake, table, key, slot, fetched, incoming.path, run_id, now)
    except MissingYet:
        # Taken away between the look and the fetch.
        return "absent"
    finally:
        incoming.path.unlink(missing_ok=True)


def _sighting(
    lake: Lake, table: RawTable, key: str, slot: str, fetched: Fetched, path: Path, run_id: str, now: datetime
) -> Sighting:
    """What arrived, kept; or, when it is not what it claims to be, refused with the reason and not kept."""
    seen = partial(
        Sighting,
        partition=key,
        slot=slot,
        uri=slot,
        version=fetched.version,
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        seen_at=now,
        run_id=run_id,
    )
    try:
        inspected, parsed = _read(lake, table, fetched, path)
    except Refused as error:
        _log.warning("%s %s: refused %s: %s", table.name, key, slot, error)
        return seen(state="refused", reason=str(error), key=None, data_key=None, records=None, columns=())
    stored = lake.raw.store(table.name.table, path, sha256=fetched.sha256, name=fetched.name)
    return seen(
        state="received",
        reason=None,
        key=stored,
        data_key=parsed or stored,
        records=inspected.records,
        columns=inspected.columns,
    )


def _read(lake: Lake, table: RawTable, fetched: Fetched, path: Path) -> tuple[Inspected, str | None]:
    """What the file holds and, for text, the lake key of its rows as Parquet. Raises Refused."""
    if table.format == "parquet":
        return inspect(path, fetched.name, "parquet"), None
    rows = lake.raw.incoming(table.name.table)
    try:
        inspected = parse_csv(path, rows.path, name=fetched.name)
        key = lake.raw.store(table.name.table, rows.path, sha256=fetched.sha256, name=f"{fetched.name}.parquet")
        return inspected, key
    finally:
        rows.path.unlink(missing_ok=True)


def _told(table: RawTable, key: str, what: Sighting | Literal["unchanged", "absent"], after: Sightings) -> Received:
    current = after.current(key)
    version = after.data_version(key)
    drift = _drift(table, current)
    if not isinstance(what, Sighting):
        text = "not at its source" if what == "absent" else "the source has not changed"
        return Received(key, what, text, current, version, drift)
    if what.state == "refused":
        return Received(key, "refused", f"refused {what.uri}: {what.reason}", current, version, drift)
    return Received(key, "received", f"{what.bytes} bytes, {what.records} records", current, version, drift)


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
