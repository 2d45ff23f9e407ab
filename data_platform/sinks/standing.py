"""What stands in a target: what it notes of the last sending of each partition, and which of those rows are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_platform.sinks.digest import Digest
from data_platform.sinks.tables import Tables

if TYPE_CHECKING:
    import sqlalchemy as sa

_FETCHED_AT_ONCE = 1_000
# Up to so many rows each look compares their values too; beyond, only their number, and values when they are sent.
READ_AT_MOST = 20_000


@dataclass(frozen=True)
class Standing:
    """A partition in a target. `rows` and `hash` are what was sent, `rows_there` and `hash_there` what is there now
    (None: not read).
    """

    version: int
    fingerprint: str
    shape: str
    rows: int
    hash: str
    sent_at: datetime
    rows_there: int
    hash_there: str | None

    @property
    def is_whole(self) -> bool:
        """Whether what was sent is there, as it was sent."""
        return self.rows_there == self.rows and self.hash_there in (self.hash, None)


def standing(connection: "sa.Connection", tables: Tables, source: str) -> Mapping[str, Standing]:
    """Partition → how it stands there, of all that one of our tables ever sent."""
    import sqlalchemy as sa

    if not tables.exist(connection):
        return {}
    tables.check(connection)
    sent, keys = tables.sent, tables.keys
    noted = connection.execute(
        sa.select(sent).where(sent.c.table == source, sent.c.target == tables.target.table)
    ).mappings()
    found = {row["partition"]: row for row in noted}
    counted = connection.execute(
        sa.select(keys.c._partition, sa.func.count())
        .select_from(_ours_there(tables))
        .where(keys.c._table == source)
        .group_by(keys.c._partition)
    )
    there: dict[str, int] = {row[0]: row[1] for row in counted}
    is_read = sum(there.values()) <= READ_AT_MOST
    return {
        partition: Standing(
            version=row["version"],
            fingerprint=row["fingerprint"],
            shape=row["shape"],
            rows=row["rows"],
            hash=row["hash"],
            sent_at=row["sent_at"],
            rows_there=there.get(partition, 0),
            hash_there=digest(connection, tables, source, partition).hash if is_read else None,
        )
        for partition, row in found.items()
    }


def digest(connection: "sa.Connection", tables: Tables, source: str, partition: str) -> Digest:
    """The rows of a partition as they are there now."""
    import sqlalchemy as sa

    keys = tables.keys
    found = Digest()
    select = (
        sa.select(*tables.rows.c)
        .select_from(_ours_there(tables))
        .where(keys.c._table == source, keys.c._partition == partition)
    )
    rows = connection.execute(select, execution_options={"yield_per": _FETCHED_AT_ONCE})
    for row in rows:
        found.add(row)
    return found


def _ours_there(tables: Tables) -> "sa.Join":
    import sqlalchemy as sa

    keys, rows = tables.keys, tables.rows
    return sa.join(keys, rows, sa.and_(*(keys.c[key] == rows.c[key] for key in tables.key)))
