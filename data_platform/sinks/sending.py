"""Sends a partition: its rows take the place of those that were sent of it before, in one transaction of the target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from data_platform.sinks.database import alone
from data_platform.sinks.digest import Digest
from data_platform.sinks.errors import SinkError
from data_platform.sinks.standing import Standing, digest, standing
from data_platform.sinks.tables import Tables

if TYPE_CHECKING:
    import sqlalchemy as sa


@dataclass(frozen=True)
class Sending:
    """A partition of one of our tables, at a commit."""

    source: str
    partition: str
    version: int
    fingerprint: str


@dataclass(frozen=True)
class Receipt:
    """What a target has of a partition now. `changed`: it had something else before."""

    rows: int
    hash: str
    changed: bool


def prepare(engine: "sa.Engine", tables: Tables, source: str) -> None:
    """Creates what is missing in the target. Raises SinkError where it does not fit, or is another table's target."""
    import sqlalchemy as sa

    keys = tables.keys
    with alone(engine, tables.target) as connection:
        tables.ensure(connection)
        other = connection.scalar(sa.select(keys.c._table).where(keys.c._table != source).limit(1))
    if other is not None:
        raise SinkError(f"{tables.target.shown}: {other} is written back there. Give {source} a table of its own")


def send(
    engine: "sa.Engine", tables: Tables, what: Sending, batches: Iterable[Sequence[Sequence[Any]]], *, now: datetime
) -> Receipt:
    """Rows in the order of the target's columns, in batches that are sent at once. If the target has them, nothing is
    written. Raises SinkError, also where the target gives other values back than it was given.
    """
    with alone(engine, tables.target) as connection:
        before = standing(connection, tables, what.source).get(what.partition)
        if before is not None and before.is_whole and is_as_wanted(before, what, tables):
            return Receipt(before.rows, before.hash, changed=False)
        sending, given = uuid4().hex, Digest()
        for batch in batches:
            for row in batch:
                given.add(row)
            _upsert(connection, tables, what, sending, batch)
        _forget_others(connection, tables, what, sending)
        there = digest(connection, tables, what.source, what.partition)
        if (there.rows, there.hash) != (given.rows, given.hash):
            raise SinkError(
                f"{tables.target.shown}: {what.source} {what.partition}: {given.rows:,} rows were sent, and "
                f"{there.rows:,} are there{'' if there.rows != given.rows else ' with other values'}. A trigger or a "
                "column's type changes them; nothing was kept"
            )
        _note(connection, tables, what, given, now)
    return Receipt(given.rows, given.hash, changed=True)


def is_as_wanted(found: Standing, what: Sending, tables: Tables) -> bool:
    """Whether a partition was sent from these rows, in this shape."""
    return (found.fingerprint, found.shape) == (what.fingerprint, tables.target.shape)


def _upsert(
    connection: "sa.Connection", tables: Tables, what: Sending, sending: str, batch: Sequence[Sequence[Any]]
) -> None:
    if not batch:
        return
    names = [f"c{at}" for at in range(len(tables.target.columns))]
    rows = [dict(zip(names, row, strict=True)) for row in batch]
    values = [name for name in names if name not in tables.key]
    connection.execute(_on_conflict(tables.rows, tables, values), rows)
    ours = {"_table": what.source, "_partition": what.partition, "_sending": sending}
    keys = [{**{key: row[key] for key in tables.key}, **ours} for row in rows]
    connection.execute(_on_conflict(tables.keys, tables, list(ours)), keys)


def _on_conflict(table: "sa.Table", tables: Tables, values: Sequence[str]) -> "sa.Insert":
    """An insert that takes the place of a row with the same key."""
    from sqlalchemy.dialects import postgresql, sqlite

    key = [table.c[name] for name in tables.key]
    if tables.target.dialect == "sqlite":
        lite = sqlite.insert(table)
        taken = {table.c[name]: lite.excluded[name] for name in values}
        if not values:
            return lite.on_conflict_do_nothing(index_elements=key)
        return lite.on_conflict_do_update(index_elements=key, set_=taken)
    full = postgresql.insert(table)
    taken = {table.c[name]: full.excluded[name] for name in values}
    if not values:
        return full.on_conflict_do_nothing(index_elements=key)
    return full.on_conflict_do_update(index_elements=key, set_=taken)


def _forget_others(connection: "sa.Connection", tables: Tables, what: Sending, sending: str) -> None:
    """Rows that were sent of the partition before and not now are no longer ours, and deleted unless they are kept."""
    import sqlalchemy as sa

    keys, rows = tables.keys, tables.rows
    of_before = sa.and_(keys.c._table == what.source, keys.c._partition == what.partition, keys.c._sending != sending)
    if tables.target.deletes == "delete":
        same = sa.and_(*(keys.c[key] == rows.c[key] for key in tables.key))
        connection.execute(sa.delete(rows).where(sa.exists().where(same, of_before)))
    connection.execute(sa.delete(keys).where(of_before))


def _note(connection: "sa.Connection", tables: Tables, what: Sending, given: Digest, now: datetime) -> None:
    import sqlalchemy as sa

    sent = tables.sent
    of = {"table": what.source, "target": tables.target.table, "partition": what.partition}
    connection.execute(sa.delete(sent).where(*(sent.c[name] == value for name, value in of.items())))
    noted = {
        "version": what.version,
        "fingerprint": what.fingerprint,
        "shape": tables.target.shape,
        "rows": given.rows,
        "hash": given.hash,
        "sent_at": now,
    }
    connection.execute(sa.insert(sent), {**of, **noted})
