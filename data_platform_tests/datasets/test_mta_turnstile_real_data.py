"""Real weeks of the MTA through the real path, against what others counted in them.

The numbers are read from the README beside the data.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_platform.lake.names import TableName
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.mta_real import DAYS, FLOWS, WEEKS, days, rank_correlation, real_house, weeks

READINGS = "staged.turnstile_readings"

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    return real_house(real_data, tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def known(real_data: Path) -> Mapping[str, Mapping[str, str]]:
    """The README's table of what was counted: week → heading → cell."""
    lines = (real_data / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| file | rows | turnstiles"))
    headings, _, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[start : start + 7])
    by_file = {name.partition(".")[0]: week for name, week in WEEKS.items()}
    return {by_file[cells[0]]: dict(zip(headings, cells, strict=True)) for cells in body}


@pytest.mark.parametrize("week", WEEKS.values())
def test_readings_turnstiles_and_registers_are_those_that_others_counted(
    house: House, known: Mapping[str, Mapping[str, str]], week: str
) -> None:
    theirs = known[week]
    names, names_and_lines = theirs["stations by name / by name+line"].split(" / ")
    ours = house.ask(
        "SELECT count(*) AS readings, count(DISTINCT (control_area, unit, scp)) AS turnstiles,"
        " count(DISTINCT station) AS names, count(DISTINCT (station, line)) AS names_and_lines,"
        " count(*) FILTER (WHERE audit_kind = 'RECOVR AUD') AS recovered,"
        " count(*) - count(DISTINCT (control_area, unit, scp, audited_at)) AS repeated,"
        " greatest(max(entries), max(exits)) AS largest,"
        " strftime(min(audited_at), '%Y-%m-%d %H:%M:%S') || ' .. ' || strftime(max(audited_at), '%Y-%m-%d %H:%M:%S')"
        " AS span FROM rows",
        house.paths(READINGS, week),
    )
    counted = {name: int(theirs[heading]) for name, heading in _HEADINGS.items()}
    expected = {**counted, "names": int(names), "names_and_lines": int(names_and_lines), "span": theirs["time span"]}
    assert ours.iloc[0].to_dict() == expected


_HEADINGS = {
    "readings": "rows",
    "turnstiles": "turnstiles",
    "recovered": "RECOVR AUD",
    "repeated": "same turnstile+time twice",
    "largest": "largest register",
}


def test_no_real_reading_is_left_out(house: House, known: Mapping[str, Mapping[str, str]]) -> None:
    states = house.states(TableName.parse(READINGS))
    assert set(states) == set(WEEKS.values())
    for week, state in states.items():
        account = state.provenance["account"]
        assert (account["arrived"], account["rejected"], account["dropped"]) == (int(known[week]["rows"]), 0, 0)
        full = int(known[week]["rows"]) > 100_000
        assert (0.18 < account["flagged"]["off_hour"] / account["arrived"] < 0.22) == full


def test_booths_are_called_by_their_newest_name(house: House) -> None:
    booths = house.ask("SELECT * FROM rows", house.paths("curated.dim_booth")).set_index(["control_area", "unit"])
    told: Any = booths.loc[("A002", "R051")]
    # LEXINGTON AVE in the MTA's list and in 2015.
    assert (told.station, told.is_listed, f"{told.first_audited_date:%Y-%m-%d}") == ("59 ST", True, "2015-06-20")
    assert booths.index.is_unique
    assert len(booths) == 768 + (~booths.is_listed).sum()
    assert (~booths.is_listed).sum() > 20


@pytest.fixture(scope="module")
def by_day(house: House, real_data: Path) -> pd.DataFrame:
    return days(house, real_data)


def test_registers_of_entries_that_count_down_are_those_that_others_found(
    house: House, known: Mapping[str, Mapping[str, str]]
) -> None:
    """To one: they took two moves back for a direction already."""
    found = weeks(house)["entries_counting_down"]
    theirs = pd.Series({week: int(cells["counters running backwards"]) for week, cells in known.items()})
    assert (theirs - found).between(0, 1).all()


@pytest.mark.parametrize("week", [*WEEKS.values()][1:])
def test_what_passed_within_a_week_is_about_what_others_summed(
    house: House, known: Mapping[str, Mapping[str, str]], week: str
) -> None:
    """They took every difference from 0 to 9,999: without what counts down, with two devices in turn."""
    theirs = known[week]["sum of valid deltas entries / exits"].split(" / ")
    ours = house.ask(
        f"SELECT sum(entries) FILTER (WHERE entries_delta >= 0), sum(exits) FILTER (WHERE exits_delta >= 0)"
        f" FROM rows WHERE started_at >= TIMESTAMP '{week}'",
        house.paths(FLOWS, week),
    )
    assert ours.iloc[0].tolist() == pytest.approx([int(text) for text in theirs], rel=0.01)


def test_no_interval_is_lost_and_none_that_is_not_counted_has_figures(house: House) -> None:
    found = house.ask(
        "SELECT count(*), count_if(class IN ('ok', 'reversed')), count(entries), count(exits) FROM rows",
        house.paths(FLOWS),
    )
    rows, counted, entries, exits = found.iloc[0].tolist()
    assert rows == sum(state.provenance["rows"] for state in house.states(TableName.parse(READINGS)).values())
    assert counted == entries == exits
    # What is not counted is the beginning of the three runs of weeks, and one interval in 2,500.
    assert (rows - counted) - (40 + 5043 + 5026) < 500


def test_weeks_that_follow_each_other_are_joined_without_a_gap(house: House) -> None:
    found = weeks(house)["without_start"]
    assert (found[["2024-01-06", "2024-01-13"]] < 10).all()
    assert found["2023-12-30"] == 5026


def test_the_shape_over_days_follows_what_the_mta_counts(by_day: pd.DataFrame) -> None:
    """The level does not: contactless entries are not in the registers."""
    assert len(by_day) == 28
    assert rank_correlation(by_day) > 0.95
    assert by_day["ratio"].between(0.42, 0.63).all()


def test_days_within_runs_of_weeks_are_nearly_complete_and_their_ends_are_not(by_day: pd.DataFrame) -> None:
    share = by_day["complete"] / by_day["stations"]
    ends = ["2023-05-27", "2023-06-02", "2023-12-30", "2024-01-19"]
    assert (share.drop(ends) > 0.94).all()
    assert (share[["2023-06-02", "2024-01-19"]] == 0).all()
    assert (share[ends] < 0.5).all()


def test_stations_a_day_and_slots_add_up_to_the_flows(house: House) -> None:
    for measure in ("entries", "exits"):
        totals = {
            table: house.ask(f"SELECT sum({measure}) FROM rows", house.paths(table)).iloc[0, 0]
            for table in (FLOWS, DAYS, "curated.station_time_slots")
        }
        assert len(set(totals.values())) == 1, totals
