"""A small invented dataset: rain gauges, a file a month, and their places. Each of its files can be overridden by text.

`small = small_dataset(tmp_path); small.put("2024-01", [reading(1)]); small.run(); small.rows("staged.readings")`
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.components.datasets import Datasets, read_datasets
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.batches import batches
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.planning.findings import Waiting
from data_platform.planning.stale import Answer, stale
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.platform import Platform
from data_platform.steps.receive import Received, receive

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC)
"""January and February 2024 are over, March is not."""

SCHEMA = pa.schema(
    [
        ("reading_id", pa.int64()),
        ("place_id", pa.int32()),
        ("read_at", pa.timestamp("us")),
        ("value", pa.float64()),
        ("note", pa.string()),
    ]
)
PLACES = "place_id,name\n1,Harbour\n2,Hill\n"

FILES: Mapping[str, str] = {
    "defs.yaml": """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Rain gauges of a small town.
  owners: ["team:weather"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    readings:
      description: Readings of all gauges, a file a month.
      source: {http_file: {url: "{{ tlc_url }}/readings-{partition:%Y-%m}.parquet"}}
      columns:
        reading_id: {type: BIGINT}
        place_id: {type: INTEGER}
        read_at: {type: TIMESTAMP}
        value: {type: DOUBLE}
        note: {type: VARCHAR, optional: true, aliases: [comment]}
    places:
      description: Where the gauges are.
      partitions: none
      source: {http_file: {url: "{{ tlc_url }}/places.csv"}}
      columns:
        place_id: {type: INTEGER}
        name: {type: VARCHAR}
""",
    "staged/places.yaml": """\
description: One row per place with a gauge.
grain: [place_id]
columns:
  place_id: {type: INTEGER, required: true}
  name: {type: VARCHAR}
""",
    "staged/readings.sql": """\
SELECT r.reading_id, p.name AS place, r.read_at, r.value AS rain_mm, r.note
FROM raw.readings AS r
LEFT JOIN staged.places AS p ON p.place_id = r.place_id
""",
    "staged/readings.yaml": """\
description: One row per reading of a gauge.
grain: [reading_id]
columns:
  reading_id: {type: BIGINT, required: true}
  place: {type: VARCHAR}
  read_at: {type: TIMESTAMP, within_partition: true}
  rain_mm: {type: "DECIMAL(8,2)", unit: mm, required: true, min: 0, max: 500}
  note: {type: VARCHAR}
rules:
  - {name: heavy, flag: "rain_mm > 100"}
audit: {max_rejected_share: 1}
""",
    "curated/daily_rain.sql": """\
SELECT place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings, sum(rain_mm) AS rain_mm
FROM staged.readings
GROUP BY ALL
""",
    "curated/daily_rain.yaml": """\
description: Rain per place and day.
grain: [place, reading_date]
columns:
  place: {type: VARCHAR}
  reading_date: {type: DATE, required: true}
  readings: {type: BIGINT, min: 1}
  rain_mm: {type: "DECIMAL(18,2)", unit: mm}
reconciles:
  - {name: readings, this: "sum(readings)", of: staged.readings, that: "count(*)"}
  - {name: rain, this: "sum(rain_mm)", of: staged.readings, that: "sum(rain_mm)", by: [place]}
""",
}


def reading(reading_id: int, **columns: object) -> dict[str, object]:
    """A good row of January 2024 at the harbour; `columns` change it."""
    row = {"place_id": 1, "read_at": datetime(2024, 1, 10, 12), "value": 1.5, "note": None}
    return {"reading_id": reading_id, **row, **columns}


@dataclass(frozen=True)
class SmallDataset:
    """The dataset in `folder`, its source's files in `source`, and a platform of its own under `home`.

    The folder is read again at each step, so a file that is written between two steps counts from then on.
    """

    folder: Path
    source: Path
    home: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, sources="live", tlc_url=self.source.as_uri(), memory_limit="512MiB", threads=2)

    @property
    def datasets(self) -> Datasets:
        return read_datasets(self.folder.parent, self.settings)

    @property
    def catalog(self) -> Catalog:
        return self.datasets.catalog

    @property
    def platform(self) -> Platform:
        return platform_of(self.settings, self.catalog)

    def write(self, files: Mapping[str, str | None]) -> None:
        """Path below the dataset's folder → its text; None takes the file away."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def put(self, partition: str, rows: Sequence[Mapping[str, Any]] | pa.Table, schema: pa.Schema = SCHEMA) -> Path:
        """The source's file of readings of a month; a correction where there is one already."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema=schema)
        return self.put_file(f"readings-{partition}.parquet", table)

    def put_file(self, name: str, content: pa.Table | bytes | str) -> Path:
        """Any file of the source: a table becomes Parquet."""
        path = self.source / name
        # A second later than before: a file's version is its size and time, and two writes may share a tick.
        then = path.stat().st_mtime if path.exists() else NOW.timestamp()
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (then + 1, then + 1))
        return path

    def receive(self, table: str, *partitions: str, now: datetime = NOW) -> tuple[Received, ...]:
        platform = self.platform
        raw = platform.catalog.raw(TableName("raw", table))
        return receive(platform.lake, raw, partitions or (UNPARTITIONED,), run_id="test", now=now)

    def build(self, table: str, partition: str = UNPARTITIONED) -> Built | UpToDate | Waiting:
        platform = self.platform
        return build(platform, platform.catalog.model(TableName.parse(table)), partition, run_id="test")

    def built(self, table: str, partition: str = UNPARTITIONED) -> Built:
        """The same where it must be made."""
        made = self.build(table, partition)
        assert isinstance(made, Built), made
        return made

    def stale(self, now: datetime = NOW) -> Answer:
        platform = self.platform
        return stale(platform.catalog, platform.lake, now)

    def run(self, now: datetime = NOW) -> list[str]:
        """Makes all that is stale, as `make run` does without Dagster; returns `table partition` in order."""
        platform = self.platform
        catalog, lake = platform.catalog, platform.lake
        done: list[str] = []
        while found := batches(catalog, stale(catalog, lake, now).stale):
            before = len(done)
            for batch in found:
                partition = batch.partition or UNPARTITIONED
                for table in (catalog.tables[name] for name in batch.tables):
                    if isinstance(table, RawTable):
                        seen_at = now + timedelta(seconds=len(done))
                        (received,) = receive(lake, table, [partition], run_id="test", now=seen_at)
                        made = received.outcome in ("received", "refused")
                    else:
                        # A view runs inside its readers.
                        made = not table.is_view and isinstance(build(platform, table, partition, run_id="test"), Built)
                    done += [f"{table.name.sql} {partition}"] if made else []
            assert len(done) > before, f"nothing was made of {found}"
        return done

    def rows(self, table: str, partition: str | None = None) -> list[dict[str, Any]]:
        """The clean rows: contracted columns, ordered."""
        name = TableName.parse(table)
        platform = self.platform
        files = platform.lake.table(name).files(None if partition is None else [partition]).clean
        columns = platform.catalog.model(name).contract.columns
        names = ", ".join('"{}"'.format(column.replace('"', '""')) for column in columns)
        return self._read(platform.lake, files, names)

    def quarantine(self, table: str, partition: str | None = None) -> list[dict[str, Any]]:
        """The rejected rows with all hidden columns, ordered by where they came from."""
        lake = self.platform.lake
        files = lake.table(TableName.parse(table)).files(None if partition is None else [partition])
        return self._read(lake, files.rejected, "*")

    def _read(self, lake: Lake, keys: Sequence[str], columns: str) -> list[dict[str, Any]]:
        if not keys:
            return []
        paths = [str(lake.storage.local(key)) for key in keys]
        with duckdb.connect() as connection:
            order = "_source_file, _source_row" if columns == "*" else "ALL"
            result = connection.execute(
                f"SELECT {columns} FROM read_parquet(?, union_by_name=true, hive_partitioning=false) ORDER BY {order}",
                [paths],
            )
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def small_dataset(root: Path, files: Mapping[str, str | None] | None = None) -> SmallDataset:
    """The dataset below `root` with its places at the source and no readings yet; `files` override or add."""
    small = SmallDataset(root / "datasets" / "rain", root / "source", root / "home")
    small.source.mkdir(parents=True)
    small.write({**FILES, **(files or {})})
    small.put_file("places.csv", PLACES)
    return small
