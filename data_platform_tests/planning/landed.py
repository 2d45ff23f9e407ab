"""A town whose gauges are pushed: files land in a folder. `levels` are pulled too, and are one file a month.

`gauges = landed(tmp_path); gauges.drop("readings-2024-01.csv", "1,1,3.5"); gauges.run(); gauges.values("readings")`
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_platform_tests.planning.town import waiting
from data_platform_tests.small_dataset import NOW, SmallDataset

HEADER = "reading_id,place_id,value\n"

DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Gauges whose files are sent to us.
  owners: ["team:weather"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    readings:
      description: Readings, in as many files as the gauges please.
      source:
        landing:
          folder: "{{ landing }}/gauges"
          files: ['(.*/)?readings-(?P<month>[^/]{7})([^/]*)\\.(csv|parquet)']
          partition: {from: month, format: "%Y-%m"}
      columns: &columns
        reading_id: {type: BIGINT}
        place_id: {type: INTEGER}
        value: {type: DOUBLE}
    levels:
      description: Levels, a file a month, sent or fetched.
      source:
        http_file: {url: "{{ tlc_url }}/levels-{partition:%Y-%m}.csv"}
        landing:
          folder: "{{ landing }}/gauges"
          files: ['levels_(?P<day>\\d{6}).*\\.csv']
          partition: {from: day, format: "%y%m%d", shift: -7d}
          slot: partition
      columns: *columns
"""
CONTRACT = """\
description: One row per {what}.
columns:
  reading_id: {{type: BIGINT, required: true}}
  place_id: {{type: INTEGER}}
  value: {{type: DOUBLE, unit: mm}}
audit: {{max_rejected_share: 1}}
"""
FILES: Mapping[str, str] = {
    "defs.yaml": DEFS,
    "staged/readings.yaml": CONTRACT.format(what="reading"),
    "staged/levels.yaml": CONTRACT.format(what="level"),
    "curated/totals.sql": """\
SELECT place_id, count(*) AS readings, sum(value) AS value FROM staged.readings GROUP BY ALL
""",
    "curated/totals.yaml": """\
description: Readings of a month by place.
grain: [place_id]
columns:
  place_id: {type: INTEGER}
  readings: {type: BIGINT}
  value: {type: DOUBLE, unit: mm}
reconciles:
  - {name: readings, this: "sum(readings)", of: staged.readings, that: "count(*)"}
""",
}


@dataclass(frozen=True)
class Landed(SmallDataset):
    """The town, its landing zone below `home`."""

    @property
    def zone(self) -> Path:
        return self.settings.landing / "gauges"

    def drop(self, name: str, *rows: str, at: float | None = None) -> Path:
        """Puts a file there, or another in its place: lines of CSV below the header. `at`: its time in seconds."""
        return self.drop_bytes(name, (HEADER + "".join(f"{row}\n" for row in rows)).encode(), at=at)

    def drop_bytes(self, name: str, data: bytes, *, at: float | None = None) -> Path:
        path = self.zone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        # Otherwise it would be of today, which is not yet for a platform that lives in March 2024.
        then = NOW.timestamp() - 3600 if at is None else at
        os.utime(path, (then, then))
        return path

    def values(self, table: str = "readings", partition: str | None = None) -> list[float]:
        """The staged values, sorted."""
        return sorted(row["value"] for row in self.rows(f"staged.{table}", partition))

    def received(self, table: str = "readings") -> list[tuple[str, str, str]]:
        """Every sighting: state, partition and the name at the end of the address."""
        sightings = self.platform.lake.ledger(table).read().all()
        return [(s.state, s.partition, s.uri.rpartition("/")[2]) for s in sightings]

    def tells(self, now: datetime = NOW) -> list[str]:
        """What waits, a line each, addresses below the zone; `!` for what is overdue."""
        base = f"{self.zone.as_uri()}/"
        found = [line.replace(base, "") for line in waiting(self, now)]
        return [line for line in found if " not at its source" not in line]


def landed(root: Path, files: Mapping[str, str | None] | None = None) -> Landed:
    """The town below `root`, with nothing in its landing zone; `files` override or add."""
    town = Landed(root / "datasets" / "gauges", root / "source", root / "home")
    town.source.mkdir(parents=True)
    town.write({**FILES, **(files or {})})
    return town


def with_source(old: str, new: str) -> Mapping[str, str]:
    """The files with another `defs.yaml`."""
    assert old in DEFS, old
    return {"defs.yaml": DEFS.replace(old, new)}
