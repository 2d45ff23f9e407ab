"""Keys and bounds of months, weeks and days."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.contracts.partitions import Kind, Partitions, first_day, parse_key

NEW_YORK = "America/New_York"


def partitions(kind: Kind, start: date, timezone: str = "UTC", end: date | None = None) -> Partitions:
    return Partitions(kind, start, timezone, end)


def test_a_month_is_there_when_it_is_over_where_it_happened() -> None:
    months = partitions("monthly", date(2024, 1, 1), NEW_YORK)
    before, after = datetime(2024, 3, 1, 4, 59, tzinfo=UTC), datetime(2024, 3, 1, 5, 0, tzinfo=UTC)
    assert months.keys(before) == ["2024-01"]
    assert months.keys(after) == ["2024-01", "2024-02"]
    assert months.ends_at("2024-02").astimezone(UTC) == after


def test_clock_changes_do_not_move_a_bound() -> None:
    days = partitions("daily", date(2024, 3, 1), NEW_YORK)
    assert days.bounds("2024-03-10") == (datetime(2024, 3, 10), datetime(2024, 3, 11))
    assert days.ends_at("2024-03-10").utcoffset() == timedelta(hours=-4)
    assert days.ends_at("2024-03-09").utcoffset() == timedelta(hours=-5)


def test_years_and_leap_days() -> None:
    months = partitions("monthly", date(2023, 1, 1))
    assert months.bounds("2023-12") == (datetime(2023, 12, 1), datetime(2024, 1, 1))
    assert months.bounds("2024-02") == (datetime(2024, 2, 1), datetime(2024, 3, 1))


def test_weeks_begin_on_the_weekday_of_the_first_one() -> None:
    weeks = partitions("weekly", date(2024, 1, 6))
    assert weeks.keys(datetime(2024, 1, 20, tzinfo=UTC)) == ["2024-01-06", "2024-01-13"]
    assert weeks.has("2024-01-27")
    assert not weeks.has("2024-01-26")
    assert not weeks.has("2023-12-30")


def test_an_end_is_the_last_window() -> None:
    months = partitions("monthly", date(2024, 1, 1), end=date(2024, 2, 1))
    assert months.keys(datetime(2025, 1, 1, tzinfo=UTC)) == ["2024-01", "2024-02"]
    assert months.has("2024-02")
    assert not months.has("2024-03")


@pytest.mark.parametrize(
    ("kind", "key", "windows", "other"),
    [
        ("monthly", "2024-01", -1, "2023-12"),
        ("monthly", "2023-12", 1, "2024-01"),
        ("monthly", "2024-01", 25, "2026-02"),
        ("weekly", "2024-03-09", 1, "2024-03-16"),
        ("weekly", "2024-01-06", -1, "2023-12-30"),
        ("daily", "2024-02-28", 2, "2024-03-01"),
        ("daily", "2024-02-28", 0, "2024-02-28"),
    ],
)
def test_neighbours_lie_a_number_of_windows_away(kind: Kind, key: str, windows: int, other: str) -> None:
    some = partitions(kind, date(2024, 1, 6), NEW_YORK)
    assert some.shifted(key, windows) == other
    assert some.shifted(other, -windows) == key


@pytest.mark.parametrize("key", ["2024-1", "2024-13", "2024-01-01", "202401", "", "all", "2024-01 ", "２０２４-01"])
def test_what_is_no_key_is_told_with_an_example(key: str) -> None:
    months = partitions("monthly", date(2024, 1, 1))
    assert not months.has(key)
    with pytest.raises(ValueError, match=r"is no monthly partition key: write it like 2024-01"):
        months.bounds(key)


@settings(deadline=None)
@given(
    st.sampled_from(["monthly", "weekly", "daily"]),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    st.integers(0, 900),
)
def test_windows_follow_each_other_without_gaps(kind: Kind, start: date, days: int) -> None:
    first = start.replace(day=1) if kind == "monthly" else start
    some = partitions(kind, first)
    keys = some.keys(datetime.combine(first + timedelta(days=days), datetime.min.time(), UTC))
    windows = [some.bounds(key) for key in keys]
    assert all(some.has(key) for key in keys)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(windows))
    assert [parse_key(kind, key) for key in keys] == [window[0].date() for window in windows]
    assert not windows or windows[0][0].date() == first


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        ("monthly", date(2024, 2, 29), date(2024, 2, 1)),
        ("weekly", date(2024, 2, 2), date(2024, 1, 27)),
        ("weekly", date(2024, 2, 3), date(2024, 2, 3)),
        ("daily", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_day_lies_in_a_window_on_the_grid(kind: Kind, day: date, expected: date) -> None:
    start = date(2024, 1, 6) if kind == "weekly" else date(2024, 1, 1)
    assert partitions(kind, start).window(day) == expected


def test_a_key_of_any_kind_has_a_first_day() -> None:
    assert [first_day("2024-02"), first_day("2024-02-29")] == [date(2024, 2, 1), date(2024, 2, 29)]
    for text in ("24-02", "2024-02-30", "", "2024"):
        with pytest.raises(ValueError, match="is no partition key: write it like 2024-01 or 2024-01-06"):
            first_day(text)
