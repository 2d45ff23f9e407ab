"""Two datasets with everything that history can stumble over, and what may happen to their files and to their code.

Beside the town: wells whose months have one file name (equal bytes are one file of the lake), storms day by day, tables
over all partitions, a view, a Python model.
"""

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from data_platform_tests.planning.town import TOWN, rain, snow, town
from data_platform_tests.small_dataset import FILES, NOW, PLACES, SmallDataset

_WELLS = """\
    wells:
      description: Levels of all wells, a file a month, each with the same name.
      source: {http_file: {url: "{{ tlc_url }}/{partition:%Y-%m}/wells.parquet"}}
      columns:
        place_id: {type: INTEGER}
        level: {type: "DECIMAL(6,2)"}
    places:
"""
_STORM_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Storms of the same town.
  owners: ["team:weather"]
  partitions: {daily: {start: "2024-03-12"}}
  raw:
    storms:
      description: Gusts, a file a day.
      source: {http_file: {url: "{{ tlc_url }}/storms-{partition:%Y-%m-%d}.csv"}}
      columns:
        place_id: {type: INTEGER}
        gust: {type: DOUBLE}
"""
_REPORT = """\
import pyarrow as pa


def storm_report(storms, record_days, weather):
    gusts = [gust for gust in storms["gust"].to_pylist() if gust is not None]
    numbers = {"gusts": len(gusts), "strongest": max(gusts, default=None), "days": record_days.num_rows}
    return pa.table({**{name: [number] for name, number in numbers.items()}, "measured": [weather.num_rows]})
"""
_STORMS = {
    "../storm/defs.yaml": _STORM_DEFS,
    "../storm/staged/storms.sql": """\
SELECT p.name AS place, s.gust FROM raw.storms AS s LEFT JOIN staged.places AS p ON p.place_id = s.place_id
""",
    "../storm/staged/storms.yaml": """\
description: One row per gust.
grain: [place, gust]
deduplicate: {first_by: [gust]}
columns:
  place: {type: VARCHAR, required: true}
  gust: {type: DOUBLE, min: 0}
rules:
  - {name: calm, drop: "gust < 1"}
audit: {max_rejected_share: 1}
""",
    "../storm/curated/storm_report.py": _REPORT,
    "../storm/curated/storm_report.yaml": """\
description: All storms in one row.
partitions: none
inputs: [staged.storms, curated.record_days, staged.weather]
columns:
  gusts: {type: BIGINT}
  strongest: {type: DOUBLE}
  days: {type: BIGINT}
  measured: {type: BIGINT}
reconciles: {none: "one row about all storms, whatever their number"}
""",
}
_FILES: Mapping[str, str] = {
    **TOWN,
    **_STORMS,
    "defs.yaml": TOWN["defs.yaml"].replace("    places:\n", _WELLS),
    "staged/wells.sql": "SELECT w.place_id, w.level AS level_m FROM raw.wells AS w\n",
    "staged/wells.yaml": """\
description: Every level of every month.
partitions: none
columns:
  place_id: {type: INTEGER, required: true}
  level_m: {type: "DECIMAL(6,1)", unit: m, min: 0}
audit: {max_rejected_share: 1}
""",
}
MONTHS = ("2024-01", "2024-02")
DAYS = ("2024-03-12", "2024-03-13", "2024-03-14")
TABLES = {
    **dict.fromkeys(("staged.readings", "curated.daily_rain", "staged.snow", "curated.monthly_weather"), "monthly"),
    **dict.fromkeys(("staged.places", "staged.wells", "curated.record_days", "curated.storm_report"), "all"),
    "staged.storms": "daily",
}

# What an author may write instead, file by file. The first is what stands there in the beginning.
_READINGS, _DAILY = FILES["staged/readings.yaml"], FILES["curated/daily_rain.sql"]
CODES: Mapping[str, tuple[str, ...]] = {
    # Rain that is told a day later: other rows, which every check lets pass.
    "curated/daily_rain.sql": (_DAILY, _DAILY.replace("read_at", "read_at + INTERVAL 1 DAY"), f"-- why\n{_DAILY}"),
    "staged/readings.yaml": (
        _READINGS,
        _READINGS.replace("max: 500", "max: 2"),
        _READINGS.replace('flag: "rain_mm > 100"', 'drop: "rain_mm > 2"'),
        _READINGS.replace("One row per reading", "A row for each reading"),
    ),
    "staged/weather.sql": (TOWN["staged/weather.sql"], TOWN["staged/weather.sql"].replace("'snow'", "'ice'")),
    "../storm/staged/storms.yaml": (
        _STORMS["../storm/staged/storms.yaml"],
        _STORMS["../storm/staged/storms.yaml"].replace('drop: "gust < 1"', 'reject: "gust < 10"'),
    ),
    "../storm/curated/storm_report.py": (_REPORT, _REPORT.replace("max(gusts", "min(gusts")),
    "../storm/defs.yaml": (_STORM_DEFS, _STORM_DEFS.replace('"2024-03-12"', '"2024-03-13"')),
}
# These cannot be built as long as they stand: what was there before stays, and what does not read it goes on.
BROKEN: Mapping[str, str] = {
    "curated/daily_rain.yaml": FILES["curated/daily_rain.yaml"].replace("min: 1", "max: 0"),
    "../storm/staged/storms.yaml": _STORMS["../storm/staged/storms.yaml"].replace("share: 1", "share: 1, min_rows: 99"),
}
NEVER_BUILT = "../storm/staged/storms.yaml"
"""The broken one that no rows at all can satisfy."""
WHOLE: Mapping[str, str] = {name: _FILES[name] if name in _FILES else FILES[name] for name in BROKEN}


def wells(small: SmallDataset, month: str, *levels: float) -> None:
    """A month of levels; the file is DOUBLE, declared are two digits behind the point, promised one."""
    (small.source / month).mkdir(exist_ok=True)
    columns = {"place_id": pa.array([1] * len(levels), pa.int32()), "level": pa.array(levels, pa.float64())}
    small.put_file(f"{month}/wells.parquet", pa.table(columns))


def storms(small: SmallDataset, day: str, *gusts: str) -> None:
    """A day of gusts, as text."""
    small.put_file(f"storms-{day}.csv", "place_id,gust\n" + "".join(f"1,{gust}\n" for gust in gusts))


def places(small: SmallDataset, name: str) -> None:
    """The places, one of them under another name."""
    small.put_file("places.csv", PLACES.replace("Harbour", name))


@dataclass(frozen=True)
class World(SmallDataset):
    """Datasets whose files have times of their own, also those that come again after they were taken away."""

    def put_file(self, name: str, content: pa.Table | bytes | str) -> Path:
        path = super().put_file(name, content)
        then = NOW.timestamp() + next(_TICKS)
        os.utime(path, (then, then))
        return path


_TICKS = itertools.count(1)


def found_world(root: Path) -> SmallDataset:
    """The world below `root`, with some of its files there, and nothing built."""
    empty = town(root)
    small = World(empty.folder, empty.source, empty.home)
    small.write(_FILES)
    rain(small, "2024-01", 1, 2, None)
    snow(small, "2024-02", 10)
    for month in MONTHS:
        wells(small, month, 1.25)
    storms(small, "2024-03-13", "3.5", "3.5", "0.5", "strong")
    return small
