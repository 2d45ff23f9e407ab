"""The turnstile tables against a second opinion: Python, straight from the sample's files."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from data_platform.datasets.mta_turnstile.sample_stations import BOOTHS, POSITIONS
from data_platform.warehouse.publication import WAREHOUSE
from data_platform.warehouse.read import open_read_only
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.mta_lines import WEEKS, Reading, counted, lines

NEW_YORK = ZoneInfo("America/New_York")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(house: House) -> Path:
    return house.settings.samples_path / "mta_turnstile"


@pytest.fixture(scope="module")
def readings(sample: Path) -> dict[str, list[Reading]]:
    """The clean readings of each week, by our own reading of what is clean."""
    return {week: counted(lines(sample, week), week)[1] for week in WEEKS}


@pytest.mark.parametrize("week", WEEKS)
def test_readings(house: House, readings: dict[str, list[Reading]], week: str) -> None:
    found = house.ask(
        "SELECT control_area, unit, scp, CAST(audited_at AS VARCHAR) AS at, audit_kind, entries, exits,"
        " CAST(audited_at_utc AS VARCHAR) AS utc FROM rows",
        house.paths("staged.turnstile_readings", week),
    )
    ours = [
        (*one.turnstile, f"{one.at}", one.kind, one.entries, one.exits, f"{_utc(one.at)}") for one in readings[week]
    ]
    assert sorted(found.itertuples(index=False, name=None)) == sorted(ours)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=NEW_YORK, fold=0).astimezone(UTC).replace(tzinfo=None)


def test_booths_are_those_that_were_read_and_those_that_are_listed(
    house: House, sample: Path, readings: dict[str, list[Reading]]
) -> None:
    path = sample / "resources" / "nyct" / "turnstile" / "Remote-Booth-Station.xls"
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        listed = {(str(row[1]), str(row[0])) for row in book.get_sheet_by_index(0).to_python()[1:]}
    days: dict[tuple[str, str], list[date]] = {booth: [] for booth in listed}
    for reading in (reading for week in WEEKS for reading in readings[week]):
        days.setdefault(reading.turnstile[:2], []).append(reading.at.date())
    found = house.ask(
        "SELECT control_area, unit, is_listed, coalesce(CAST(first_audited_date AS VARCHAR), '') AS first,"
        " coalesce(CAST(last_audited_date AS VARCHAR), '') AS last FROM rows",
        house.paths("curated.dim_booth"),
    )
    seen = {booth: (f"{min(on)}", f"{max(on)}") if on else ("", "") for booth, on in days.items()}
    ours = [(*booth, booth in listed, *first_and_last) for booth, first_and_last in seen.items()]
    assert sorted(found.itertuples(index=False, name=None)) == sorted(ours)


def test_every_booth_finds_its_station_and_every_station_of_a_reading_is_there(house: House) -> None:
    stations = house.ask("SELECT * FROM rows", house.paths("curated.dim_station"))
    booths = house.ask("SELECT * FROM rows", house.paths("curated.dim_booth"))
    read = house.ask("SELECT DISTINCT station, line, division FROM rows", house.paths("staged.turnstile_readings"))
    key = ["station", "line", "division"]
    assert stations.station_key.is_unique
    assert len(booths.merge(stations, on=["station_key", *key])) == len(booths) > 30
    assert len(read.merge(stations, on=key)) == len(read)
    assert len(stations) > stations.station.nunique()


def test_days_reach_from_the_first_reading_to_the_last(house: House, readings: dict[str, list[Reading]]) -> None:
    every = [reading.at.date() for week in WEEKS for reading in readings[week]]
    found = house.ask(
        "SELECT date_key, CAST(day AS VARCHAR) AS day, CAST(week_start AS VARCHAR) AS week, day_hours FROM rows"
        " ORDER BY 1",
        house.paths("curated.dim_date"),
    )
    days = [min(every) + timedelta(days=number) for number in range((max(every) - min(every)).days + 1)]
    assert found.day.tolist() == [f"{day}" for day in days]
    assert found.date_key.tolist() == [int(f"{day:%Y%m%d}") for day in days]
    assert sorted(set(found.week)) == WEEKS
    assert found.day_hours.tolist() == [25 if day == date(2014, 11, 2) else 24 for day in days]


def test_every_fact_finds_its_day_its_booth_and_its_station(house: House) -> None:
    facts = house.ask("SELECT * FROM rows", house.paths("curated.fact_turnstile"))
    flows = house.ask(
        "SELECT sum(entries) AS entries, sum(exits) AS exits FROM rows", house.paths("curated.turnstile_flows")
    )
    assert facts.audit_key.is_unique
    assert (facts.entries.sum(), facts.exits.sum()) == (flows.entries[0], flows.exits[0])
    for dimension, key in (("date", "date_key"), ("booth", "booth_key"), ("station", "station_key")):
        rows = house.ask(f"SELECT {key} FROM rows", house.paths(f"curated.dim_{dimension}"))
        assert rows[key].is_unique
        assert facts[key].isin(rows[key]).all(), dimension


def test_entries_of_a_station_through_the_star_are_those_of_its_readings(
    house: House, readings: dict[str, list[Reading]]
) -> None:
    """QUARRY RD has sound registers only: last reading less first is what passed."""
    turnstiles: dict[tuple[str, str, str], list[int]] = {}
    for reading in (reading for week in WEEKS for reading in readings[week]):
        if reading.turnstile[0] == "R204" and reading.kind == "REGULAR":
            turnstiles.setdefault(reading.turnstile, []).append(reading.entries)
    facts = house.ask("SELECT station_key, entries FROM rows", house.paths("curated.fact_turnstile"))
    stations = house.ask("SELECT * FROM rows WHERE station = 'QUARRY RD'", house.paths("curated.dim_station"))
    assert len(stations) == 1
    through_the_star = facts.merge(stations, on="station_key").entries.sum()
    assert through_the_star == sum(max(entries) - min(entries) for entries in turnstiles.values()) > 0


def test_what_the_document_shows_runs_and_says_what_it_says(house: House) -> None:
    document = (Path(__file__).parents[2] / "docs" / "mta_turnstile.md").read_text(encoding="utf-8")
    trap, star = re.findall(r"^```sql\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    with open_read_only(house.platform.warehouse / WAREHOUSE) as warehouse:
        ((sum_of_a_register, who_entered),) = warehouse.execute(trap).fetchall()
        busiest = warehouse.execute(star).fetchall()
    (times,) = re.findall(r"the first is ([0-9,]+) times the second", document)
    assert round(sum_of_a_register / who_entered, -4) == int(times.replace(",", ""))
    assert len(busiest) == 5
    assert f"{len(POSITIONS)} turnstiles" in document
    assert f"{len({(booth.station, booth.line) for booth in BOOTHS})} stations" in document
