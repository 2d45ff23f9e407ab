"""Weeks of two turnstiles through the real path: one that is missing, comes late, is corrected; and clock changes."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data_platform.components.datasets import read_datasets
from data_platform.contracts.partitions import Partitions
from data_platform.datasets.mta_turnstile.sample_workbook import workbook
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

NEW_YORK = ZoneInfo("America/New_York")
_FIRST = datetime(2023, 1, 1, tzinfo=UTC)
HEADER = ["C/A", "UNIT", "SCP", "STATION", "LINENAME", "DIVISION", "DATE", "TIME", "DESC", "ENTRIES", "EXITS"]
AUTUMN = ("2023-10-28", "2023-11-04", "2023-11-11", "2023-11-18")
SPRING = ("2024-03-02", "2024-03-09", "2024-03-16")
FLOWS, DAYS, SLOTS = "curated.turnstile_flows", "curated.station_daily_ridership", "curated.station_time_slots"


@dataclass(frozen=True)
class Gates:
    """Two turnstiles of one station, read every four hours; ten people enter and three leave between two readings."""

    source: Path
    house: House

    def deliver(self, week: str, *, without: str | None = None) -> None:
        """The week's file, anew; `without` the readings of a local day."""
        begins = datetime.fromisoformat(week)
        ends = begins + timedelta(days=7)
        path = self.source / "data" / "nyct" / "turnstile" / f"turnstile_{ends:%y%m%d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            lines.writerow(HEADER)
            for at in _moments(begins, ends):
                if f"{at:%Y-%m-%d}" != without:
                    lines.writerows(_lines(at))

    def made(self, dataset: str = "mta_turnstile") -> dict[str, list[str]]:
        """Makes what is stale; table → the weeks that were built, in order, each once."""
        found: dict[str, list[str]] = {}
        for built in self.house.make():
            if built.table.dataset == dataset and built.table.partitions is not None:
                found.setdefault(built.table.name.sql, []).append(built.partition)
        assert all(len(weeks) == len(set(weeks)) for weeks in found.values()), found
        return {name: sorted(weeks) for name, weeks in found.items()}

    def day(self, day: str) -> tuple[int, int, float, bool]:
        """Entries, intervals that are not counted, coverage, completeness of the station."""
        found = self.house.ask(
            f"SELECT entries, intervals_not_counted, coverage, is_complete FROM rows WHERE service_date = '{day}'",
            self.house.paths(DAYS),
        )
        ((entries, not_counted, coverage, is_complete),) = found.itertuples(index=False, name=None)
        return int(entries), int(not_counted), round(float(coverage), 3), bool(is_complete)

    def classes(self, week: str) -> dict[str, int]:
        found = self.house.ask("SELECT class, count(*) AS n FROM rows GROUP BY class", self.house.paths(FLOWS, week))
        return dict(zip(found["class"], map(int, found["n"]), strict=True))


def _moments(begins: datetime, ends: datetime) -> Sequence[datetime]:
    """Every fourth hour of UTC, as local time shows it."""
    hours = (_FIRST + timedelta(hours=4 * i) for i in range(3000))
    local = (hour.astimezone(NEW_YORK).replace(tzinfo=None) for hour in hours)
    return [at for at in local if begins <= at < ends]


def _lines(at: datetime) -> list[list[object]]:
    # Registers go on over weeks, whichever of these there are.
    intervals = round((at.replace(tzinfo=NEW_YORK).astimezone(UTC) - _FIRST) / timedelta(hours=4))
    shown = (f"{at:%m/%d/%Y}", f"{at:%H:%M:%S}", "REGULAR", 10 * intervals, 3 * intervals)
    return [["A1", "R1", scp, "HARBOR", "7", "IRT", *shown] for scp in ("00-00-00", "00-00-01")]


def gates(root: Path, now: datetime, first: str) -> Gates:
    settings = Settings(
        home=root / "home",
        sources="live",
        first_partition=first,
        mta_url=(root / "mta").as_uri(),
        tlc_url=(root / "none").as_uri(),
        memory_limit="512MiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    lists = root / "mta" / "resources" / "nyct" / "turnstile"
    lists.mkdir(parents=True)
    names = ("Remote", "Booth", "Station", "Line Name", "Division")
    (lists / "Remote-Booth-Station.xls").write_bytes(workbook([names, ("R1", "A1", "HARBOR", "7", "IRT")]))
    return Gates(root / "mta", House(settings, datasets, platform_of(settings, datasets.catalog), now))


@pytest.fixture
def autumn(tmp_path: Path) -> Gates:
    """The week in which clocks are set back, 2023-11-04, is missing."""
    found = gates(tmp_path, datetime(2023, 11, 26, tzinfo=UTC), AUTUMN[0])
    for week in AUTUMN:
        if week != "2023-11-04":
            found.deliver(week)
    return found


def _around(week: str, *offsets: int) -> list[str]:
    weeks = Partitions("weekly", datetime(2014, 10, 11).date(), "America/New_York")
    return [weeks.shifted(week, offset) for offset in offsets]


def test_a_missing_week_is_a_labelled_gap_and_its_arrival_and_correction_open_its_neighbours_and_nothing_else(
    autumn: Gates,
) -> None:
    late = "2023-11-04"
    there = [week for week in AUTUMN if week != late]
    made = autumn.made()
    assert made[FLOWS] == made[DAYS] == made[SLOTS] == there
    # Two turnstiles: the first readings after the missing week have nothing before them.
    assert autumn.classes("2023-11-11") == {"gap": 2, "ok": 82}
    assert autumn.classes("2023-11-18") == {"ok": 84}
    assert autumn.day("2023-11-02") == (120, 0, 1.0, True)
    friday, saturday = autumn.day("2023-11-03"), autumn.day("2023-11-11")
    assert (friday[0], friday[3]) == (100, False)
    assert (saturday[1], saturday[3]) == (2, False)
    assert autumn.day("2023-11-12") == (120, 0, 1.0, True)
    waiting = [item for item in autumn.house.stale().waiting if item.table.sql == "raw.turnstile"]
    assert [item.partition for item in waiting] == [late]

    autumn.deliver(late)
    made = autumn.made()
    assert made["staged.turnstile_readings"] == [late]
    assert made[FLOWS] == _around(late, 0, 1)
    assert made[DAYS] == made[SLOTS] == _around(late, -1, 0, 1)
    assert autumn.classes("2023-11-11") == {"ok": 84}
    assert autumn.day("2023-11-03") == autumn.day("2023-11-12") == (120, 0, 1.0, True)
    # The night of 25 hours.
    assert autumn.day("2023-11-05") == (140, 0, 1.0, True)

    autumn.deliver(late, without="2023-11-10")
    made = autumn.made()
    assert made[FLOWS] == made["curated.register_breaks"] == _around(late, 0, 1)
    assert made[DAYS] == made[SLOTS] == _around(late, -1, 0, 1)
    read_flows_alone = {"curated.fact_turnstile"} & set(made)
    assert {name: made[name] for name in read_flows_alone} == {name: _around(late, 0, 1) for name in read_flows_alone}
    assert set(made) == {"staged.turnstile_readings", "curated.register_breaks", FLOWS, DAYS, SLOTS, *read_flows_alone}
    # A day without readings is longer than anybody can tell the day of: the difference stays, and is not counted.
    assert autumn.classes("2023-11-11") == {"gap": 2, "ok": 82}
    assert autumn.day("2023-11-10") == (0, 0, 0.0, False)
    assert autumn.made() == {}


def test_the_night_that_lacks_an_hour_is_complete_with_a_fourth_less(tmp_path: Path) -> None:
    spring = gates(tmp_path, datetime(2024, 3, 25, tzinfo=UTC), SPRING[0])
    for week in SPRING:
        spring.deliver(week)
    assert spring.made()[DAYS] == list(SPRING)
    assert spring.day("2024-03-09") == spring.day("2024-03-11") == (120, 0, 1.0, True)
    assert spring.day("2024-03-10") == (100, 0, 1.0, True)
    found = spring.house.ask(
        "SELECT DISTINCT duration_seconds AS s, CAST(ended_at - started_at AS VARCHAR) AS by_the_clock FROM rows"
        " WHERE started_at IS NOT NULL ORDER BY 2",
        spring.house.paths(FLOWS),
    )
    assert found.to_numpy().tolist() == [[14400, "04:00:00"], [14400, "05:00:00"]]
