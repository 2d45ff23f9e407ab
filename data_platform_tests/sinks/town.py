"""Rain gauges whose days are written back to a database: a key of two columns, and every type that a target has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from data_platform.components.datasets import Datasets
from data_platform.lake.names import TableName
from data_platform.lake.sent import SentPartition
from data_platform.steps.sending import WrittenBack, unsent, write_back
from data_platform_tests.databases import Database
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, reading, small_dataset

TABLE = TableName("curated", "daily_rain")
USER, PASSWORD = "TARGET_USER", "TARGET_PASSWORD"

_SQL = """\
SELECT place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings, sum(rain_mm) AS rain_mm,
    CAST(avg(rain_mm) AS DOUBLE) AS mean_mm, max(rain_mm) > 10 AS is_wet, max(read_at) AS last_at,
    CAST(max(read_at) AS TIMESTAMP WITH TIME ZONE) AS last_moment, max(note) AS note, encode(max(note)) AS packed
FROM staged.readings
GROUP BY ALL
"""
_CONTRACT = """\
description: Rain per place and day.
grain: [place, reading_date]
columns:
  place: {type: VARCHAR, required: true}
  reading_date: {type: DATE, required: true}
  readings: {type: BIGINT, min: 1}
  rain_mm: {type: "DECIMAL(38,2)", unit: mm}
  mean_mm: {type: DOUBLE, unit: mm}
  is_wet: {type: BOOLEAN}
  last_at: {type: TIMESTAMP}
  last_moment: {type: TIMESTAMP WITH TIME ZONE}
  note: {type: VARCHAR}
  packed: {type: BLOB}
reconciles:
  - {name: readings, this: "sum(readings)", of: staged.readings, that: "count(*)"}
"""


@dataclass(frozen=True)
class Town(SmallDataset):
    """The gauges, and the database that gets their days."""

    database: Database

    def says(self, sink: str = "", contract: str = _CONTRACT, sql: str = _SQL) -> None:
        """Writes the table's contract anew; `sink`: what its author adds to the address and the table's name."""
        url = self.database.url
        login = f"user: {{env: {USER}}}, password: {{env: {PASSWORD}}}, " if self.database.user else ""
        told = f'sink: {{database: {{url: "{url}", {login}table: daily rain{sink}}}}}\n'
        self.write({"curated/daily_rain.yaml": contract + told, "curated/daily_rain.sql": sql})

    def rains(self, month: str, *values: float, place: int = 1) -> None:
        """A month of readings, one a day."""
        self.put(month, [self.reading(month, number, value, place) for number, value in enumerate(values)])

    @staticmethod
    def reading(month: str, number: int, value: float, place: int = 1) -> dict[str, object]:
        day = datetime.fromisoformat(f"{month}-{1 + number:02}T12:00:00.123456")
        return reading(number, place_id=place, read_at=day, value=value, note="it's 'so', 東京" if number % 2 else None)

    def send(self, now: datetime = NOW) -> WrittenBack:
        """Makes what is stale and writes it back."""
        self.run(now)
        platform = self.platform
        return write_back(platform, platform.catalog.model(TABLE), now=now, run_id="test")

    def lacks(self) -> dict[str, str]:
        """Partition → how the target stands otherwise."""
        platform = self.platform
        return {one.partition: one.reason for one in unsent(platform, platform.catalog.model(TABLE))}

    def there(self, columns: str = "place, reading_date, rain_mm", table: str = "daily rain") -> list[tuple[Any, ...]]:
        """The target's rows, sorted; by default with the values as the table has them."""
        rows = sorted(self.database.rows(f'SELECT {columns} FROM "{table}"'), key=str)
        if columns != "place, reading_date, rain_mm" or self.database.kind != "sqlite":
            return rows
        return [(place, date.fromisoformat(day), Decimal(rain)) for place, day, rain in rows]

    def here(self, *columns: str) -> list[tuple[Any, ...]]:
        """Our rows."""
        return sorted((tuple(row[name] for name in columns) for row in self.rows(str(TABLE))), key=str)

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file of the lake with its size and time of change."""
        lake = self.settings.lake_path
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in lake.rglob("*") if p.is_file()}

    def noted(self) -> Sequence[SentPartition]:
        return self.platform.lake.sent(TABLE).read()


def town(root: Path, database: Database, files: Mapping[str, str | None] | None = None) -> Town:
    """The town below `root`, with the rain of January and February; nothing was sent yet."""
    small = small_dataset(root, {**FILES, **(files or {})})
    it = Town(small.folder, small.source, small.home, database)
    it.says()
    it.rains("2024-01", 1.5, 20.25, 0.1)
    it.rains("2024-02", 3)
    return it


class _Still(Town):
    @property
    def datasets(self) -> Datasets:
        return _read(self.folder, self.source)


@cache
def _read(folder: Path, source: Path) -> Datasets:
    return SmallDataset(folder, source, folder).datasets


def still(it: Town) -> Town:
    """The same town, whose files nobody changes any more: they are read once in a process."""
    return _Still(it.folder, it.source, it.home, it.database)


def contract_with(grain: str, *columns: str) -> str:
    """The contract with another grain, and only `place`, `readings` and these columns."""
    lines = _CONTRACT.splitlines()
    named = tuple(f"  {name}:" for name in ("place", "readings", *columns))
    kept = [line for line in lines if not line.startswith("  ") or line.startswith(("  -", *named))]
    return "\n".join(grain if line.startswith("grain") else line for line in kept) + "\n"


LATER = NOW + timedelta(days=1)
