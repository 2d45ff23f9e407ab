"""The ledger of a raw table: which sightings there were, in one order that all writers agree on. Append-only."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from data_platform.lake import schema
from data_platform.lake.errors import SlotMoved
from data_platform.lake.log import Log, mark, read_log
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.sightings import Sighting, Sightings, in_order
from data_platform.lake.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake.transaction import RemoveAction

    from data_platform.lake.commit import Change, DeltaFolder

_SEQUENCE = "ledger"  # app transaction: the highest sequence given so far; every commit here carries it
_COLUMNS = (
    *(Column(name, "VARCHAR") for name in ("partition", "slot", "uri", "version", "state", "reason")),
    *(Column(name, "VARCHAR") for name in ("sha256", "key", "data_key")),
    Column("bytes", "BIGINT"),
    Column("records", "BIGINT"),
    Column("columns", "STRUCT(name VARCHAR, type VARCHAR)[]"),
    Column("seen_at", "TIMESTAMPTZ"),
    Column("run_id", "VARCHAR"),
    Column("sequence", "BIGINT"),
    Column("origin", "VARCHAR"),
    Column("unparsed_key", "VARCHAR"),
    Column("unparsed", "BIGINT"),
    Column("reading", "VARCHAR"),
    Column("read_as", "VARCHAR"),
    Column("forgotten", "BIGINT"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# By ledger: the log as it was read, the rows of each of its files, and what follows from them.
_known: dict[str, tuple[Log, Mapping[str, tuple[Sighting, ...]], Sightings]] = {}


class _NothingLeftError(Exception):
    """What was to be appended is there, since somebody else was faster."""


class Ledger:
    """The sightings of one raw table, below `ledger/<table>/`."""

    def __init__(self, storage: Storage, table: str) -> None:
        self.table = table
        self._storage = storage
        self._folder = str(TableName("ledger", table))

    def read(self) -> Sightings:
        """All sightings up to now; none if there is no ledger yet. Nearly free when nothing was appended."""
        log = read_log(self._storage, self._folder)
        return Sightings() if log is None else self._as_of(log)

    def mark(self, known: str = "") -> str:
        """Where the ledger ends: equal marks, equal sightings. Cheap while it is still the `known` one."""
        return mark(self._storage, self._folder, known)

    def append(self, sightings: Sequence[Sighting], *, base: Sightings) -> Sightings:
        """Appends all of them in one commit, in this order, and returns the ledger with them.

        Raises SlotMoved if one of their slots got another sighting since `base` was read; appends to other
        slots are no obstacle. Their `sequence` is given here, whatever it was.
        """

        def unless_moved(now: Sightings) -> Sequence[Sighting]:
            self._refuse_moved(now, sightings, base)
            return sightings

        return self.append_by(unless_moved) if sightings else self.read()

    def append_by(self, choose: Callable[[Sightings], Sequence[Sighting]]) -> Sightings:
        """Appends in one commit what `choose` makes of the ledger as it is committed against; returns it with that.

        It is asked again after each race that was lost, so what it saw is what stands right before its sightings; it
        must not depend on how often it is asked. Nothing is written where it chooses none.
        """
        before = self.read()
        if not choose(before):
            return before
        folder = self._writer()
        folder.ensure(schema.fields(self._folder, _COLUMNS))

        def attempt(log: Log) -> "Change":
            chosen = choose(self._as_of(log))
            if not chosen:
                raise _NothingLeftError
            first = (log.transaction(_SEQUENCE) or 0) + 1
            return self._change([replace(s, sequence=first + i) for i, s in enumerate(chosen)])

        try:
            return self._committed(folder, attempt)
        except _NothingLeftError:
            return self.read()

    def compact(self, *, beyond: int) -> bool:
        """Writes all sightings into one file if they lie in more than `beyond`; whether it did."""
        log = read_log(self._storage, self._folder)
        if log is None or len(log.live) <= beyond:
            return False
        folder = self._writer()
        folder.ensure(schema.fields(self._folder, _COLUMNS))
        self._committed(folder, lambda now: self._change(self._as_of(now).all(), instead_of=now))
        return True

    def _committed(self, folder: "DeltaFolder", attempt: "Callable[[Log], Change]") -> Sightings:
        """Commits, and deletes the files of attempts that lost: the order in them is not the ledger's."""
        written: list[str] = []

        def remembering(log: Log) -> "Change":
            change = attempt(log)
            written.extend(f"{self._folder}/{add.path}" for add in change.adds)
            return change

        try:
            folder.commit(remembering)
        except _NothingLeftError:
            self._delete(written)
            raise
        self._delete(written[:-1])
        return self.read()

    def _delete(self, lost: Sequence[str]) -> None:
        for key in lost:
            self._storage.delete(key)

    def _writer(self) -> "DeltaFolder":
        # Here and not above: reading needs no deltalake, which costs 0.15 s of start-up.
        from data_platform.lake.commit import DeltaFolder

        return DeltaFolder(self._storage, self._folder, partitioned=False)

    def _as_of(self, log: Log) -> Sightings:
        uri = self._storage.delta_uri(self._folder)
        known_log, known_rows, sightings = _known.get(uri, (None, {}, Sightings()))
        if known_log is log:
            return sightings
        # A file's rows never change, but a ledger may have been deleted and begun anew: names are unique.
        rows = {key: known_rows[key] if key in known_rows else self._rows(key) for key in log.live}
        sightings = in_order([sighting for of_file in rows.values() for sighting in of_file])
        _known[uri] = (log, rows, sightings)
        return sightings

    def _rows(self, key: str) -> tuple[Sighting, ...]:
        import pyarrow as pa
        import pyarrow.parquet as pq  # 0.3 s, and not needed while there is no ledger

        table = pq.ParquetFile(self._storage.local(key)).read()
        # As numbers: for the first moment with a time zone Arrow imports pandas, another 0.3 s.
        seen_at = table["seen_at"].cast(pa.int64())
        rows = table.set_column(table.column_names.index("seen_at"), "seen_at", seen_at).to_pylist()
        return tuple(_sighting(row) for row in rows)

    def _refuse_moved(self, now: Sightings, ours: Sequence[Sighting], base: Sightings) -> None:
        for sighting in ours:
            theirs = now.latest(sighting.partition, sighting.slot)
            before = base.latest(sighting.partition, sighting.slot)
            had = before.sequence if before else 0
            if theirs is not None and theirs.sequence != had:
                raise SlotMoved(self.table, sighting.partition, sighting.slot, base=had, theirs=theirs.sequence)

    def _change(self, sightings: Sequence[Sighting], *, instead_of: Log | None = None) -> "Change":
        """A file with these sightings, to be added, or to take the place of all files there are."""
        import pyarrow.parquet as pq
        from deltalake.transaction import AddAction

        from data_platform.lake.commit import Change

        new = self._storage.new_file(self._folder, ".parquet")
        pq.write_table(_arrow(sightings), new.path, compression="zstd")
        size = self._storage.keep(new)
        add = AddAction(
            path=new.key.removeprefix(f"{self._folder}/"),
            size=size,
            partition_values={},
            modification_time=int(time.time() * 1000),
            data_change=instead_of is None,
            stats=f'{{"numRecords": {len(sightings)}}}',
        )
        return Change(
            adds=[add],
            removes=[] if instead_of is None else self._removals(instead_of),
            transactions={_SEQUENCE: max((sighting.sequence for sighting in sightings), default=0)},
            note={"sightings": len(sightings)} if instead_of is None else {"compacted": len(sightings)},
        )

    def _removals(self, log: Log) -> "list[RemoveAction]":
        from deltalake.transaction import RemoveAction

        now = int(time.time() * 1000)
        return [
            RemoveAction(path=key.removeprefix(f"{self._folder}/"), data_change=False, deletion_timestamp=now)
            for key in log.live
        ]


def _arrow(sightings: Sequence[Sighting]) -> "pa.Table":
    import pyarrow as pa

    types = {
        "bytes": pa.int64(),
        "records": pa.int64(),
        "columns": pa.list_(pa.struct([("name", pa.string()), ("type", pa.string())])),
        "seen_at": pa.timestamp("us", tz="UTC"),
        "sequence": pa.int64(),
        "unparsed": pa.int64(),
        "forgotten": pa.int64(),
    }
    fields = [pa.field(column.name, types.get(column.name, pa.string())) for column in _COLUMNS]
    rows = [asdict(s) | {"columns": [{"name": n, "type": t} for n, t in s.columns]} for s in sightings]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _sighting(row: Mapping[str, Any]) -> Sighting:
    columns = tuple((column["name"], column["type"]) for column in row["columns"])
    return Sighting(**{**row, "columns": columns, "seen_at": _EPOCH + timedelta(microseconds=row["seen_at"])})
