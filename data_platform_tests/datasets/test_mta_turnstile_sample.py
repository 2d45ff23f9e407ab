"""The generated turnstile sample: the same bytes every time, the MTA's layouts, just the faults that it announces."""

import csv
import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from data_platform.datasets.mta_turnstile import sample_registers as registers
from data_platform.datasets.mta_turnstile.sample import FIRST_PARTITION, LAST_PARTITION, PLANTED, generate
from data_platform.datasets.mta_turnstile.sample_stations import BOOTHS, POSITIONS
from data_platform_tests.datasets.mta_lines import NAMES, UNLISTED, WEEKS, WIDE_WEEK, Reading, counted, lines, path_of


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mta")
    generate(root)
    return root


def digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def readings(sample: Path) -> list[list[Reading]]:
    """The clean readings of all weeks as they came, of each turnstile in the order of POSITIONS."""
    by_turnstile: dict[tuple[str, str, str], list[Reading]] = {
        (position.booth.control_area, position.booth.unit, position.scp): [] for position in POSITIONS
    }
    for week in WEEKS:
        for reading in counted(lines(sample, week), week)[1]:
            by_turnstile[reading.turnstile].append(reading)
    return list(by_turnstile.values())


def steps(readings: list[Reading]) -> list[int]:
    """Differences of the entries of neighbouring readings."""
    return [after.entries - before.entries for before, after in pairwise(readings)]


def test_the_same_bytes_come_out_twice(sample: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    assert digests(tmp_path) == digests(sample)


def test_there_is_a_file_for_each_week_and_the_list_of_booths(sample: Path) -> None:
    listed = sample / "resources" / "nyct" / "turnstile" / "Remote-Booth-Station.xls"
    assert {sample / name for name in digests(sample)} == {listed, *(path_of(sample, week) for week in WEEKS)}
    assert (WEEKS[0], WEEKS[-1]) == (FIRST_PARTITION, LAST_PARTITION)
    assert {date.fromisoformat(week).isoweekday() for week in WEEKS} == {6}


def test_no_two_weeks_are_written_alike(sample: Path) -> None:
    wide, *headers = (path_of(sample, week).read_bytes().partition(b"\n")[0].decode() for week in WEEKS)
    padded = "EXITS" + " " * 63
    names = ",".join(NAMES[:-1])
    assert headers == [
        f"{names},{padded}",
        f"{names},{padded}",
        f",{names},{padded}",
        f",{names},EXITS".replace("C/A", "CA"),
    ]
    assert wide.count(",") == 2 + 8 * 5
    assert wide != wide.rstrip()
    first, second, third, _ = (sound(sample, week)["ENTRIES"] for week in WEEKS[1:])
    assert first == first.strip()
    assert len(first) < 9
    assert (len(second), second[0]) == (9, "0")
    assert (len(third), third[-1]) == (16, " ")


def sound(sample: Path, week: str) -> dict[str, str]:
    """The first line that can be read."""
    return next(line for line in lines(sample, week) if line is not None)


def test_the_layout_before_has_up_to_eight_readings_a_line_and_doors_that_were_opened(sample: Path) -> None:
    with path_of(sample, WIDE_WEEK).open(encoding="utf-8", newline="") as file:
        fields = Counter(len(line) for line in csv.reader(file))
    assert {8, 43} <= fields.keys()
    assert max(fields) == 43
    kinds = Counter(line["DESC"] for line in lines(sample, WIDE_WEEK) if line is not None)
    assert kinds["DOOR OPEN"] >= 12


@pytest.mark.parametrize("week", WEEKS)
def test_a_file_has_just_the_faults_that_are_announced(sample: Path, week: str) -> None:
    assert counted(lines(sample, week), week)[0] == PLANTED["staged/turnstile_readings"][week]


def test_about_a_fifth_of_the_audits_are_off_the_hour(readings: list[list[Reading]]) -> None:
    every = [reading for of_one in readings for reading in of_one]
    share = sum(reading.at.minute > 0 or reading.at.second > 0 for reading in every) / len(every)
    assert 0.18 < share < 0.25


def test_sound_registers_only_go_up_and_by_what_can_pass_in_four_hours(readings: list[list[Reading]]) -> None:
    odd = {*registers.REVERSED, *registers.DEAD, *registers.RESETS, *registers.JUMPS, *registers.GAPS}
    odd |= {registers.BELOW_ZERO, registers.TWO_DEVICES, *registers.TWICE_IN_THE_NIGHT}
    for place in set(range(len(POSITIONS))) - odd:
        regular = [reading for reading in readings[place] if reading.kind == "REGULAR"]
        assert len(regular) > 30
        assert all(0 <= step < 10_000 for step in steps(regular)), POSITIONS[place]
        assert sum(steps(regular)) > 0


def test_some_registers_run_backwards_and_some_never_move(readings: list[list[Reading]]) -> None:
    for place in registers.REVERSED:
        assert all(step <= 0 for step in steps(readings[place]))
        assert sum(steps(readings[place])) < 0
    for place in registers.DEAD:
        assert set(steps(readings[place])) == {0}
    below = [reading.entries for reading in readings[registers.BELOW_ZERO]]
    assert below[0] > 0 > below[-1]


def test_a_register_that_is_reset_starts_from_nothing_once(readings: list[list[Reading]]) -> None:
    for place in registers.RESETS:
        back = [step for step in steps(readings[place]) if step < 0]
        assert len(back) == 1
        assert 0 in {reading.entries for reading in readings[place]}


def test_a_register_jumps_by_a_billion_and_one_of_them_comes_back(readings: list[list[Reading]]) -> None:
    for place in registers.JUMPS:
        far = [step for step in steps(readings[place]) if abs(step) > 1_000_000_000]
        assert [step > 0 for step in far] == ([True, False] if place in registers.BACK_AT_ONCE else [True])


def test_a_register_passes_what_32_bits_can_hold(readings: list[list[Reading]]) -> None:
    values = [reading.entries for reading in readings[registers.PASSES_2_31]]
    assert values[0] < 2**31 <= values[-1]


def test_turnstiles_appear_disappear_and_fall_silent_for_a_day(readings: list[list[Reading]]) -> None:
    assert {readings[place][0].at.date() for place in registers.APPEARS} == {date(2014, 10, 22)}
    assert {readings[place][-1].at.date() for place in registers.DISAPPEARS} == {date(2014, 10, 28)}
    gaps = []
    for place in registers.GAPS:
        moments = [reading.at for reading in readings[place]]
        gaps += [pair for pair in pairwise(moments) if pair[1] - pair[0] > timedelta(hours=20)]
    within, over_the_edge = gaps
    assert within[1] < datetime(2014, 10, 18)
    assert over_the_edge[0] < datetime(2014, 10, 25) < over_the_edge[1]


def test_two_devices_under_one_position_share_eighteen_moments(readings: list[list[Reading]]) -> None:
    by_moment = Counter(reading.at for reading in readings[registers.TWO_DEVICES])
    assert sorted(by_moment.values())[-18:] == [2] * 18
    assert sum(count == 2 for count in by_moment.values()) == 18


def test_a_reading_that_is_taken_again_shows_more_at_the_same_moment(readings: list[list[Reading]]) -> None:
    elsewhere = {registers.TWO_DEVICES, *registers.TWICE_IN_THE_NIGHT}
    of_others = [of_one for place, of_one in enumerate(readings) if place not in elsewhere]
    again = [pair for of_one in of_others for pair in pairwise(of_one) if pair[0].at == pair[1].at]
    assert len(again) > 15
    for first, second in again:
        assert (first.kind, second.kind) == ("REGULAR", "RECOVR AUD")
        assert first.entries < second.entries


def test_the_night_of_two_hours_has_two_readings_of_one_oclock(readings: list[list[Reading]]) -> None:
    for place in registers.TWICE_IN_THE_NIGHT:
        twice = [reading for reading in readings[place] if reading.at == datetime(2014, 11, 2, 1)]
        assert [reading.kind for reading in twice] == ["REGULAR", "REGULAR"]
        assert twice[0].entries < twice[1].entries


def test_audits_keep_their_hours_in_utc_so_that_clocks_show_others_in_winter(readings: list[list[Reading]]) -> None:
    hours = {}
    for month in (10, 11):
        hours[month] = {reading.at.hour for reading in readings[1] if reading.at.month == month}
    assert hours[10] == {0, 4, 8, 12, 16, 20} or hours[10] == {3, 7, 11, 15, 19, 23}
    assert hours[11] != hours[10]


def test_the_list_lacks_some_booths_and_has_some_that_never_report(sample: Path) -> None:
    path = sample / "resources" / "nyct" / "turnstile" / "Remote-Booth-Station.xls"
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        header, *listed = book.get_sheet_by_index(0).to_python()
    booths = {(row[0], row[1]) for row in listed}
    reporting = {(booth.unit, booth.control_area) for booth in BOOTHS}
    assert header == ["Remote", "Booth", "Station", "Line Name", "Division"]
    assert len(booths) == len(listed)
    assert len(booths - reporting) == 2
    assert {control_area for _, control_area in reporting - booths} == set(UNLISTED)


def test_names_of_stations_repeat_and_one_station_is_spelt_in_two_ways() -> None:
    units_by_name: dict[str, set[str]] = {}
    for booth in BOOTHS:
        units_by_name.setdefault(booth.station, set()).add(booth.unit)
    assert any(len(units) > 1 for units in units_by_name.values())
    lines_by_unit: dict[str, set[str]] = {}
    for booth in BOOTHS:
        lines_by_unit.setdefault(booth.unit, set()).add(booth.line)
    assert any(len(spellings) > 1 for spellings in lines_by_unit.values())
