"""Taking in what clients push: read as files are, kept, and in the ledger exactly once before anybody is answered."""

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.sightings import Sighting, Sightings
from data_platform.lake.tables import UNPARTITIONED
from data_platform.lake.together import Together
from data_platform.planning.arrivals import as_read
from data_platform.planning.catalog import RawTable
from data_platform.planning.findings import NO_PARTITION
from data_platform.sources.errors import Refused
from data_platform.sources.push import ORIGIN, Push, uri_of
from data_platform.steps.forget_raw import forget_received
from data_platform.steps.keeping import Kept, keep
from data_platform.steps.space import told_if_full

_log = logging.getLogger(__name__)
# Reading takes a core, and some hundred MB for a large body.
_READ_AT_ONCE = 2


@dataclass(frozen=True)
class Body:
    """What a client sent, whole in a file of the lake's; `name` tells its format, as that of a file does."""

    path: Path
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Asked:
    """What a client asks for. `partition`: where the rows belong; None: their dates tell it."""

    client: str
    key: str
    partition: str | None = None

    @property
    def uri(self) -> str:
        return uri_of(self.client, self.key)


class KeyTaken(Exception):  # noqa: N818 - it is named for what happened
    """The client's key stands for something else already."""

    def __init__(self, reason: str, *, known: str, sent: str) -> None:
        super().__init__(reason)
        self.known, self.sent = known, sent
        """The sha256 of both bodies."""


class Desk:
    """Where the pushes to one table are taken in, by all threads of this process."""

    def __init__(self, lake: Lake, table: RawTable, push: Push) -> None:
        self._lake, self._table, self._push = lake, table, push
        self._ledger = lake.ledger(table.name.table)
        self._together = Together(self._ledger)
        self._reading = threading.BoundedSemaphore(_READ_AT_ONCE)

    def new_file(self) -> Path:
        """Where a body is written to: in the lake, where nobody looks before it is whole."""
        return self._lake.raw.incoming(self._table.name.table).path

    def check(self, partition: str | None) -> None:
        """Raises ValueError where a client names a partition that the table has not, or has to name one."""
        partitions = self._table.partitions
        if partitions is None:
            if partition is not None:
                raise ValueError(f"raw.{self._table.name.table} has no partitions: leave `partition` out")
        elif partition is None:
            if self._push.partition is None:
                raise ValueError(f"name the {partitions.kind} partition, such as partition={_some(self._table)}")
        elif not partitions.has(partition):
            raise ValueError(f"raw.{self._table.name.table} has no such partition; they are like {_some(self._table)}")

    def accept(self, request: Asked, body: Body, *, now: datetime) -> tuple[Sighting, bool]:
        """What the ledger has for the request, and whether it is new there. `body.path` is moved, or left.

        Raises KeyTaken, Refused (after it is in the ledger), DiskFull and LakeError.
        """
        known = self._ledger.read().first_received(ORIGIN, request.uri)
        if known is None:
            with told_if_full(f"a push to {self._table.name}", body.path.parent):
                forgotten = self._lake.forgotten.mark()
                sighting = self._read(request, body, now)
                after = self._together.append(request.uri, _unless_there(sighting))
                # Either this sees who is forgotten since it began, or whoever forgets sees what is appended here.
                if self._lake.forgotten.mark() != forgotten:
                    after = forget_received(self._lake, self._table, run_id=sighting.run_id)
            known = after.first_received(ORIGIN, request.uri)
            if sighting.state == "refused" and known is None:
                raise Refused(str(sighting.reason))
            assert known is not None  # it is ours, or that of somebody who was faster
            if known.run_id == sighting.run_id:
                return known, True
        _check_same(request, body, known)
        return known, False

    def _read(self, request: Asked, body: Body, now: datetime) -> Sighting:
        """The body as a sighting: kept in the lake, or refused."""
        found = request.partition or (NO_PARTITION if self._table.partitions else UNPARTITIONED)

        def look(parquet: Path) -> None:
            nonlocal found
            if request.partition is None and self._table.partitions is not None:
                found = self._partition(parquet)

        refusal: str | None = None
        kept: Kept | None = None
        try:
            with self._reading:
                of = {"name": body.name, "sha256": body.sha256}
                kept = keep(self._lake, self._table, body.path, **of, look=look)
        except Refused as error:
            refusal = str(error)
            _log.warning("%s: refused a push of %s", self._table.name, request.client)
        return Sighting(
            partition=found,
            slot=self._push.slot_of(request.client, request.key),
            uri=request.uri,
            version=as_read(self._table, body.sha256) if kept is None else body.sha256,
            state="refused" if kept is None else "received",
            reason=refusal,
            seen_at=now,
            run_id=f"push-{uuid.uuid4().hex}",
            origin=ORIGIN,
            **(_refused(body) if kept is None else vars(kept)),
        )

    def _partition(self, parquet: Path) -> str:
        partitions = self._table.partitions
        assert partitions is not None  # it is asked where there are some
        by = self._push.partition
        assert by is not None  # checked before the body was read
        try:
            key = by.partition(parquet, partitions.key_at)
        except ValueError as error:
            raise Refused(str(error)) from error
        if not partitions.has(key):
            raise Refused(f"most of its rows are of {key}, and the table has no such partition")
        return key


def _refused(body: Body) -> dict[str, Any]:
    nothing = {"key": None, "data_key": None, "records": None, "columns": ()}
    return {**nothing, "sha256": body.sha256, "bytes": body.bytes}


def _unless_there(sighting: Sighting) -> Callable[[Sightings], Sighting | None]:
    """Nothing is received twice under a key, and nothing is refused twice in a row for the same."""

    def choose(now: Sightings) -> Sighting | None:
        if now.first_received(ORIGIN, sighting.uri) is not None:
            return None
        last = now.last_at(ORIGIN, sighting.uri)
        same = last is not None and (last.state, last.version) == (sighting.state, sighting.version)
        return None if same else sighting

    return choose


def _check_same(request: Asked, body: Body, known: Sighting) -> None:
    # The version is the sha256 of what was sent; what is kept of that may be less, where somebody is forgotten.
    if known.version != body.sha256:
        told = "this key was used for other bytes; a key stands for one body for ever"
        raise KeyTaken(told, known=known.version, sent=body.sha256)
    if request.partition not in (None, known.partition):
        told = f"this key was used for partition {known.partition}; a key stands for one push for ever"
        raise KeyTaken(told, known=known.version, sent=body.sha256)


def _some(table: RawTable) -> str:
    assert table.partitions is not None  # only then it is asked
    return table.partitions.start.strftime(table.partitions.format)
