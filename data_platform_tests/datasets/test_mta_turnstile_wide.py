"""The layout before 2014-10-18: readings one behind the other become records, and what is not whole is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.datasets.mta_turnstile.wide import COLUMNS, parse

TURNSTILE = ["A002", "R051", "02-00-00"]
FIRST = ["05-21-11", "00:00:00", "REGULAR", "003169391", "001097585"]
SECOND = ["05-21-11", "04:00:00", "DOOR OPEN", "003169415", "001097588"]
FIELDS = st.text(st.characters(exclude_characters=",\r\n", exclude_categories=["Cs"]), min_size=1)


def test_a_line_with_one_reading_is_one_record() -> None:
    assert parse(",".join(TURNSTILE + FIRST)) == [TURNSTILE + FIRST]


def test_each_reading_of_a_line_repeats_the_turnstile_and_keeps_the_order() -> None:
    assert parse(",".join(TURNSTILE + SECOND + FIRST)) == [TURNSTILE + SECOND, TURNSTILE + FIRST]


def test_values_stay_as_they_are_written_and_only_empty_ones_are_missing() -> None:
    (record,) = parse("A002, R051,,05-21-11,00:00:00,REGULAR,003169391,001097585       ")
    assert record == ["A002", " R051", None, "05-21-11", "00:00:00", "REGULAR", "003169391", "001097585       "]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_the_end_of_the_line_is_no_value(end: str) -> None:
    assert parse(",".join(TURNSTILE + FIRST) + end) == [TURNSTILE + FIRST]


@pytest.mark.parametrize(
    "line",
    [
        "A002",
        "A002,R051,02-00-00",
        ",".join(TURNSTILE + FIRST[:-1]),  # cut off
        ",".join(TURNSTILE + FIRST + SECOND[:2]),
        ",".join([*TURNSTILE, *FIRST, ""]),  # a comma at the end
        "C/A,UNIT,SCP,STATION,LINENAME,DIVISION,DATE,TIME,DESC,ENTRIES,EXITS,",
    ],
)
def test_a_line_that_does_not_end_with_a_whole_reading_is_refused_with_what_was_found(line: str) -> None:
    with pytest.raises(ValueError, match=rf"^{line.count(',') + 1} fields, expected 3 for the turnstile and 5"):
        parse(line)


@given(st.lists(FIELDS, min_size=3, max_size=3), st.lists(st.lists(FIELDS, min_size=5, max_size=5), min_size=1))
def test_nothing_of_a_line_is_lost(turnstile: list[str], readings: list[list[str]]) -> None:
    records = parse(",".join([*turnstile, *(value for reading in readings for value in reading)]))
    assert [[*record] for record in records] == [turnstile + reading for reading in readings]
    assert {len(record) for record in records} == {len(COLUMNS)}


@pytest.mark.real_data
def test_the_lines_of_a_real_week_are_all_readings(real_data: Path) -> None:
    """999 lines and 7,343 readings, as the README beside the data has them."""
    lines = (real_data / "mta" / "turnstile_110528.wide.txt").read_text(encoding="utf-8").splitlines()
    records = [record for line in lines for record in parse(line)]
    assert (len(lines), len(records)) == (999, 7343)
    assert all((record[4] or "").count(":") == 2 and (record[6] or "").isdigit() for record in records)
