"""The rain gauges, with all that planning tells apart: a view, a table over all months, and a source that begins later.

`snow` begins in February 2024. `staged.weather` is a view over rain and snow, `curated.monthly_weather` reads it month
by month, `curated.record_days` reads all months of `curated.daily_rain` at once.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.tables import PartitionState
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, reading, small_dataset

_SNOW = """\
    snow:
      description: Depth of snow, a file a month since February 2024.
      start: "2024-02"
      source: {http_file: {url: "{{ tlc_url }}/snow-{partition:%Y-%m}.parquet"}}
      columns:
        depth_id: {type: BIGINT}
        measured_at: {type: TIMESTAMP}
        depth_mm: {type: DOUBLE}
    places:
"""
_WEATHER = """\
SELECT 'rain' AS kind, read_at AS at, rain_mm AS mm FROM staged.readings
UNION ALL
SELECT 'snow' AS kind, measured_at AS at, depth_mm AS mm FROM staged.snow
"""

TOWN: Mapping[str, str] = {
    "defs.yaml": FILES["defs.yaml"].replace("    places:\n", _SNOW),
    "staged/snow.yaml": """\
description: One row per measurement of snow.
columns:
  depth_id: {type: BIGINT}
  measured_at: {type: TIMESTAMP}
  depth_mm: {type: DOUBLE, unit: mm}
""",
    "staged/weather.sql": _WEATHER,
    "staged/weather.yaml": """\
description: Rain and snow in one shape.
view: true
columns:
  kind: {type: VARCHAR}
  at: {type: TIMESTAMP}
  mm: {type: "DECIMAL(18,2)", unit: mm}
""",
    "curated/monthly_weather.sql": """\
SELECT kind, count(*) AS measurements, sum(mm) AS mm FROM staged.weather GROUP BY kind
""",
    "curated/monthly_weather.yaml": """\
description: Rain and snow of a month.
grain: [kind]
columns:
  kind: {type: VARCHAR, required: true}
  measurements: {type: BIGINT}
  mm: {type: "DECIMAL(18,2)", unit: mm}
reconciles:
  - {name: measurements, this: "sum(measurements)", of: staged.weather, that: "count(*)", by: [kind]}
""",
    "curated/record_days.sql": """\
SELECT place, max(rain_mm) AS most_rain_mm, count(*) AS days FROM curated.daily_rain GROUP BY place
""",
    "curated/record_days.yaml": """\
description: The wettest day of each place over all months.
partitions: none
grain: [place]
columns:
  place: {type: VARCHAR}
  most_rain_mm: {type: "DECIMAL(18,2)", unit: mm}
  days: {type: BIGINT}
reconciles:
  - {name: days, this: "sum(days)", of: curated.daily_rain, that: "count(*)"}
""",
}

APRIL = datetime(2024, 4, 15, 12, tzinfo=UTC)
"""March is over too."""

_DEPTHS = pa.schema([("depth_id", pa.int64()), ("measured_at", pa.timestamp("us")), ("depth_mm", pa.float64())])


def town(root: Path) -> SmallDataset:
    """The town below `root`; its sources have the places and nothing else."""
    return small_dataset(root, TOWN)


def rain(small: SmallDataset, month: str, *values: float | None) -> Path:
    """A month of readings, one a value; None is a missing one, which is quarantined."""
    return small.put(month, [reading(i, read_at=_day(month, i), value=value) for i, value in enumerate(values)])


def snow(small: SmallDataset, month: str, *depths: float) -> Path:
    """A month of snow, one measurement a depth."""
    rows = [{"depth_id": i, "measured_at": _day(month, i), "depth_mm": depth} for i, depth in enumerate(depths)]
    return small.put_file(f"snow-{month}.parquet", pa.Table.from_pylist(rows, schema=_DEPTHS))


def _day(month: str, number: int) -> datetime:
    return datetime.fromisoformat(f"{month}-{1 + number % 28:02}T12:00")


def told(small: SmallDataset, now: datetime = NOW) -> list[str]:
    """What is stale, a line each: table, partition, reason."""
    return [f"{item.table} {item.partition}: {item.reason}" for item in small.stale(now).stale]


def waiting(small: SmallDataset, now: datetime = NOW) -> list[str]:
    """What waits, a line each; `!` for what is overdue."""
    return [f"{item.table} {item.partition}: {item.reason}{'!' * item.overdue}" for item in small.stale(now).waiting]


def expect(small: SmallDataset, expected: str) -> None:
    """Rewrites what is expected of the readings."""
    lines = (small.folder / "defs.yaml").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("      expected:")]
    place = lines.index("    readings:") + 1
    small.write({"defs.yaml": "\n".join([*lines[:place], f"      expected: {expected}", *lines[place:]])})


def fingerprints(small: SmallDataset) -> dict[str, str]:
    """Table and partition → the version that stands."""
    lake = small.platform.lake
    return {f"{name} {key}": state.fingerprint for name in lake.tables() for key, state in _states(lake, name)}


def _states(lake: Lake, name: TableName) -> list[tuple[str, PartitionState]]:
    return sorted(lake.table(name).partitions().items())


@pytest.fixture(scope="session")
def first_town(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    """Built once; its source's address is a link, so that copies have the same."""
    root = tmp_path_factory.mktemp("town")
    small = town(root)
    small.source.rename(root / "first source")
    small.source.symlink_to(root / "first source")
    rain(small, "2024-01", 1, 2, None)
    rain(small, "2024-02", 3)
    snow(small, "2024-02", 10)
    small.run()
    return small


@pytest.fixture
def built_town(first_town: SmallDataset, tmp_path: Path) -> SmallDataset:
    """A town of one's own in which nothing is stale: rain of January (2 clean rows) and February, snow of February."""
    return settle(first_town, tmp_path)


def settle(first: SmallDataset, to: Path) -> SmallDataset:
    """A copy of the built town below `to`; from now on the address of the sources leads there."""
    copied = replace(first, folder=to / "datasets" / "rain", home=to / "home")
    shutil.copytree(first.folder, copied.folder)
    shutil.copytree(first.home, copied.home)
    shutil.copytree(first.source.with_name("first source"), to / "source")
    first.source.unlink()
    first.source.symlink_to(to / "source")
    return copied


@pytest.fixture
def small_town(tmp_path: Path) -> SmallDataset:
    """A town in which nothing has been received yet."""
    return town(tmp_path)
