"""The rain gauges in generations: what each file of the source is in a generation, and what every table must hold then.

Expected rows come from SQL over the source's own files, not from the platform: whoever reads must see one generation.
"""

import functools
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from data_platform.components.datasets import Datasets
from data_platform_tests.planning.town import TOWN
from data_platform_tests.small_dataset import FILES, SCHEMA, SmallDataset, small_dataset

MONTHS = ("2024-01", "2024-02")
PLACES = "places"
SOURCES = (PLACES, *MONTHS)
GENERATIONS = (0, 1, 2)
_RECORD_DAYS = {name: text for name, text in TOWN.items() if name.startswith("curated/record_days")}

Generation = Mapping[str, int]
"""Source → which of its generations."""

_STAGED = """
    SELECT r.reading_id, p.name AS place, r.read_at, CAST(r.value AS DECIMAL(8,2)) AS rain_mm, r.note
    FROM read_parquet('{readings}') AS r LEFT JOIN read_csv('{places}') AS p USING (place_id)
    WHERE r.value IS {which} NULL
"""
_DAILY = """
    SELECT place, CAST(read_at AS DATE) AS reading_date, count(*) AS readings,
        CAST(sum(rain_mm) AS DECIMAL(18,2)) AS rain_mm
    FROM ({staged}) GROUP BY ALL
"""


@dataclass(frozen=True)
class Digest:
    """Rows without their order: how many, and the sum of their hashes."""

    rows: int
    hashes: int


class Rain:
    """The sources of the gauges below `root`. `rows` is the length of a month; a hundred rows are about 30 kB."""

    def __init__(self, root: Path, *, rows: int) -> None:
        self.root = root
        self.small = small_dataset(root, {**FILES, **_RECORD_DAYS})
        self.connection = duckdb.connect(config={"threads": 1})
        self.made = root / "generations"
        self.made.mkdir()
        self._known: dict[tuple[object, ...], Digest] = {}
        for generation in GENERATIONS:
            self._make(generation, rows)

    def at(self, home: Path) -> SmallDataset:
        """The dataset with a home of its own."""
        return gauges(self.root, home)

    def deliver(self, source: str, generation: int) -> None:
        """A correction of one of the source's files, or a withdrawal of one."""
        path = self._file(source, generation)
        target = "places.csv" if source == PLACES else f"readings-{source}.parquet"
        self.small.put_file(target, path.read_bytes())

    def file(self, source: str, generation: int) -> bytes:
        return self._file(source, generation).read_bytes()

    def expected(self, relation: str, partition: str, now: Generation) -> Digest:
        """What `layer/table` or `quarantine/readings` holds of a partition when the sources are these."""
        readings = {month: now[month] for month in MONTHS if partition in (month, "all")}
        known = (relation, now[PLACES], *readings.items())
        if known not in self._known:
            self._known[known] = digest(self.connection, self._sql(relation, now[PLACES], readings))
        return self._known[known]

    def _sql(self, relation: str, places: int, readings: Generation) -> str:
        if relation == "staged/places":
            return f"SELECT CAST(place_id AS INTEGER) AS place_id, name FROM read_csv('{self._file(PLACES, places)}')"
        which = "" if relation == "quarantine/readings" else "NOT"
        staged = " UNION ALL ".join(
            _STAGED.format(readings=self._file(month, of), places=self._file(PLACES, places), which=which)
            for month, of in readings.items()
        )
        if relation in ("staged/readings", "quarantine/readings"):
            return staged
        daily = _DAILY.format(staged=staged)
        if relation == "curated/daily_rain":
            return daily
        assert relation == "curated/record_days"
        return f"SELECT place, max(rain_mm) AS most_rain_mm, count(*) AS days FROM ({daily}) GROUP BY place"

    def _file(self, source: str, generation: int) -> Path:
        return self.made / f"{source}-{generation}.{'csv' if source == PLACES else 'parquet'}"

    def _make(self, generation: int, rows: int) -> None:
        self._file(PLACES, generation).write_text(
            f"place_id,name\n1,Harbour {generation}\n2,Hill {generation}\n", encoding="utf-8"
        )
        for month in MONTHS:
            shutil.move(self.small.put("made", _readings(month, generation, rows)), self._file(month, generation))


class _Gauges(SmallDataset):
    """The dataset, read once in a process: nobody changes it here."""

    @property
    def datasets(self) -> Datasets:
        return _datasets(self.folder, self.source)


@functools.cache
def _datasets(folder: Path, source: Path) -> Datasets:
    return SmallDataset(folder, source, folder).datasets


def gauges(root: Path, home: Path) -> SmallDataset:
    """The dataset below `root` with a home of its own."""
    return _Gauges(root / "datasets" / "rain", root / "source", home)


def digest(connection: duckdb.DuckDBPyConnection, select: str) -> Digest:
    found = connection.execute(
        f"SELECT count(*), coalesce(sum(CAST(hash(chosen) AS HUGEINT)), 0) FROM ({select}) AS chosen"
    ).fetchone()
    assert found is not None
    return Digest(int(found[0]), int(found[1]))


def _readings(month: str, generation: int, rows: int) -> pa.Table:
    """Other rows in each generation, also other numbers of them; every tenth has no value and is quarantined."""
    noise = random.Random(f"{month} {generation}")
    made = [
        {
            "reading_id": number,
            "place_id": 1 + number % 2,
            "read_at": datetime.fromisoformat(f"{month}-{1 + number % 28:02}T12:00"),
            "value": None if number % 10 == 0 else generation + noise.randrange(400) / 4,
            "note": noise.randbytes(150).hex() if number % 10 else f"lost in {generation}",
        }
        for number in range(rows + 10 * generation)
    ]
    return pa.Table.from_pylist(made, schema=SCHEMA)
