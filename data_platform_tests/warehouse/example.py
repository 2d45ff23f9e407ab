"""A small warehouse in generations: every row of a generation carries its number, so that mixtures show."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data_platform.warehouse.publication import Publication, current
from data_platform.warehouse.publish import publish
from data_platform.warehouse.read import open_read_only
from data_platform.warehouse.relations import (
    Contents,
    PublishedColumn,
    PublishedCommit,
    PublishedTable,
    PublishedView,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CONFIG: Mapping[str, str] = {"memory_limit": "256MB", "threads": "1"}
GENERATION = PublishedColumn("generation", "BIGINT", "Which publication this row belongs to")
MONTHS = ("2024-01", "2024-02")

# The generation of every row that readers can see, whichever way it is published.
GENERATIONS = """
    SELECT DISTINCT generation FROM curated.daily_revenue
    UNION SELECT generation FROM staged.trips
    UNION SELECT generation FROM staged.all_trips
    UNION SELECT CAST(data_version AS BIGINT) FROM operations.publication WHERE data_version IS NOT NULL
    UNION SELECT version FROM operations.commits
"""


def write_parquet(path: Path, select: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config=dict(CONFIG)) as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def generation(root: Path, number: int, commits: Iterable[PublishedCommit] | None = None) -> Contents:
    """Contents whose staged files lie below `root/lake`; none of another generation is among them."""
    keys = [f"staged/trips/{month}-{number}.parquet" for month in MONTHS]
    files = tuple(write_parquet(root / "lake" / key, f"SELECT {number} AS generation") for key in keys)
    versions = dict.fromkeys(("curated/daily_revenue", "staged/trips"), str(number))
    return Contents(
        relations=(
            PublishedTable("curated", "daily_revenue", "Revenue", (GENERATION,), files, as_view=False),
            PublishedTable("staged", "trips", "Trips", (GENERATION,), files, as_view=True),
            PublishedView("staged", "all_trips", "", "SELECT generation FROM staged.trips -- all", (GENERATION,)),
        ),
        versions=versions,
        needs=frozenset(keys),
        commits=[commit(number)] if commits is None else commits,
    )


def commit(version: int) -> PublishedCommit:
    return PublishedCommit(
        table_name="staged/trips",
        partition="2024-01",
        version=version,
        committed_at=NOW,
        rows_in=10,
        rows_out=7,
        rows_rejected=2,
        rows_dropped=1,
        by_rule={"castable": 2},
        fingerprint="0123456789abcde",
        run_id=None,
    )


def publish_onto_current(root: Path, contents: Contents) -> Publication:
    folder = root / "warehouse"
    return publish(folder, contents, base=current(folder), now=NOW, config=CONFIG)


def generations_in(path: Path) -> set[int]:
    """What one reader sees in one query."""
    with open_read_only(path) as reader:
        return {row[0] for row in reader.execute(GENERATIONS).fetchall()}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Name → (modification time, inode): any write in the folder changes it."""
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}
