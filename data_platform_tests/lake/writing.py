"""Writing into a lake as an engine does: Parquet by DuckDB's COPY, then the lake's own commit."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.sightings import Sighting
from data_platform.lake.tables import Base, Commit, WrittenFile

TRIPS = TableName("staged", "trips")
COLUMNS = (Column("a", "BIGINT"), Column("who", "VARCHAR"))


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:15]


def write(lake: Lake, partition: str, select: str, *, rejected: bool = False, table: TableName = TRIPS) -> WrittenFile:
    """A file of the partition with the rows of a SELECT; nothing is committed."""
    new = lake.table(table).new_file(partition, rejected=rejected)
    target = str(new.path).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        copied = connection.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, RETURN_STATS)").fetchone()
    assert copied is not None
    return WrittenFile(partition, rejected, new.key, copied[1], lake.storage.keep(new), copied[4])


def rows(who: str, count: int) -> str:
    return f"SELECT range::BIGINT AS a, '{who}' AS who FROM range({count})"


def replace(
    lake: Lake, partition: str, who: str, count: int, *, base: Base | None = None, table: TableName = TRIPS
) -> Commit:
    """Replaces one partition by `count` rows of `who`, and one rejected row."""
    base = base or lake.table(table).begin([partition])
    files = [
        write(lake, partition, rows(who, count), table=table),
        write(lake, partition, rows(who, 1), rejected=True, table=table),
    ]
    return lake.table(table).commit(
        base,
        files,
        columns=COLUMNS,
        fingerprints={partition: fingerprint(f"{who} {count}")},
        provenance={"who": who, "rows": count},
    )


def read(
    lake: Lake, partitions: Sequence[str] | None = None, *, version: int | None = None, table: TableName = TRIPS
) -> dict[str, int]:
    """Rows per writer among the clean files."""
    return read_keys(lake, lake.table(table).files(partitions, version=version).clean)


def read_keys(lake: Lake, keys: Sequence[str]) -> dict[str, int]:
    if not keys:
        return {}
    paths = [str(lake.storage.local(key)) for key in keys]
    with duckdb.connect() as connection:
        select = "SELECT who, count(*) FROM read_parquet(?, union_by_name=true, hive_partitioning=false) GROUP BY who"
        return dict(connection.execute(select, [paths]).fetchall())


def sighting(slot: str, content: str | None, *, partition: str = "2024-01", run_id: str = "run") -> Sighting:
    """A received sighting of that content, or a refused one of None."""
    sha256 = hashlib.sha256(content.encode()).hexdigest() if content is not None else None
    key = f"raw/trips/{sha256[:2]}/{sha256}-{slot}.parquet" if sha256 else None
    return Sighting(
        partition=partition,
        slot=slot,
        uri=f"https://example.org/{slot}",
        version=f'"{content}"',
        state="received" if content is not None else "refused",
        reason=None if content is not None else "zero bytes",
        sha256=sha256,
        key=key,
        data_key=key,
        bytes=len(content or ""),
        records=3 if content is not None else None,
        columns=(("VendorID", "INT32"), ("tpep pickup", "INT64 timestamp[us]")) if content is not None else (),
        seen_at=datetime(2024, 2, 1, 10, 30, 0, 123456, tzinfo=UTC),
        run_id=run_id,
    )
