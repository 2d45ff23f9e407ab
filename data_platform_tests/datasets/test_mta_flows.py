"""What passed between two readings: given these registers, expect those classes, days, and slots."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

import data_platform.datasets.mta_turnstile
from data_platform.engines.partition import define
from data_platform_tests.datasets.model_cases import Models, Row, layers

MODELS = Models(Path(data_platform.datasets.mta_turnstile.__file__).parent)
NEW_YORK = ZoneInfo("America/New_York")
WEEK = datetime(2024, 1, 13)
Shown = tuple[str, int, int] | tuple[str, int, int, str]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with layers() as connection:
        define(connection, (WEEK, WEEK + timedelta(days=7)))
        yield connection


def reading(shown: Shown, scp: str = "00-00-00", **columns: object) -> Row:
    """What a turnstile's registers showed: local time, entries, exits, kind of audit."""
    at, entries, exits, *kind = shown
    utc = datetime.fromisoformat(at).replace(tzinfo=NEW_YORK).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    place = {"control_area": "A1", "unit": "R1", "scp": scp, "station": "HARBOR", "line": "7", "division": "IRT"}
    registers = {"entries": entries, "exits": exits, "audit_kind": kind[0] if kind else "REGULAR"}
    return {**place, **registers, "audited_at": at, "audited_at_utc": utc, **columns}


def flows(connection: duckdb.DuckDBPyConnection, shown: Sequence[Shown], *columns: str) -> list[tuple[str | None, ...]]:
    """Of the week, by their end."""
    MODELS.given(connection, "staged", "turnstile_readings", [reading(one) for one in shown])
    found = MODELS.result(connection, "curated", "turnstile_flows", "ended_at", *columns)
    return [row[1:] for row in found]


def every_four_hours(entries: Sequence[int], exits: Sequence[int], begins: str = "2024-01-13 00:00:00") -> list[Shown]:
    first = datetime.fromisoformat(begins)
    pairs = enumerate(zip(entries, exits, strict=True))
    return [(f"{first + timedelta(hours=4 * i)}", come, gone) for i, (come, gone) in pairs]


def test_the_first_interval_of_a_week_began_in_the_week_before_and_is_counted_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    shown: list[Shown] = [
        ("2024-01-12 16:00:00", 90, 40),
        ("2024-01-12 20:00:00", 100, 50),
        ("2024-01-13 00:00:00", 130, 55),
        ("2024-01-13 04:00:00", 131, 55),
    ]
    assert flows(connection, shown, "started_at", "service_date", "class", "entries", "exits") == [
        ("2024-01-12 20:00:00", "2024-01-12", "ok", "30", "5"),
        ("2024-01-13 00:00:00", "2024-01-13", "ok", "1", "0"),
    ]


def test_without_the_week_before_the_first_reading_is_a_gap_and_those_after_it_are_counted(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    shown: list[Shown] = [("2024-01-13 03:00:00", 130, 55), ("2024-01-13 07:00:00", 150, 60)]
    columns = ("started_at", "service_date", "class", "entries_register", "entries_delta", "entries", "exits")
    assert flows(connection, shown, *columns) == [
        (None, "2024-01-13", "gap", "130", None, None, None),
        ("2024-01-13 03:00:00", "2024-01-13", "ok", "150", "20", "20", "5"),
    ]


@pytest.mark.parametrize(
    ("entries", "exits", "expected"),
    [
        pytest.param([10, 20, 20, 35], [5, 5, 6, 7], "ok:10/0 ok:0/1 ok:15/1", id="counted"),
        pytest.param([900, 910, 3, 8], [700, 705, 1, 2], "ok:10/5 reset ok:5/1", id="another device answers"),
        pytest.param([900, 910, 920], [700, 705, 1], "ok:10/5 reset", id="one register is enough"),
        pytest.param(
            [900, 910, 1_343_226_766, 915], [9, 9, 9, 9], "ok:10/0 implausible reset", id="a jump, and back at once"
        ),
        pytest.param([0, 7300], [0, 0], "ok:7300/0", id="the most that can pass in four hours"),
        pytest.param([0, 7301], [0, 0], "implausible", id="and one more"),
        pytest.param([0, 0], [0, 7301], "implausible", id="likewise at the exit"),
        pytest.param(
            [2_147_483_640, 2_147_483_650], [5, 5], "ok:10/0", id="a register goes on beyond what 32 bits hold"
        ),
        pytest.param(
            [900, 890, 870, 869, 840],
            [5, 9, 10, 12, 12],
            "reversed:10/4 reversed:20/1 reversed:1/2 reversed:29/0",
            id="a register counts down",
        ),
        pytest.param(
            [5, 4, 3, 3, 2],
            [9, 8, 8, 7, 6],
            "reversed:1/1 reversed:1/0 reversed:0/1 reversed:1/1",
            id="both count down",
        ),
        pytest.param([9, 8, 7], [1, 1, 1], "reset reset", id="two moves back are no direction"),
        pytest.param(
            [900, 890, 870, 869, 5000, 4990],
            [5] * 6,
            "reset reset reset reset reset",
            id="a jump up among three moves back leaves no direction",
        ),
        pytest.param(
            [2000, 80, 2003, 80, 2005, 2010],
            [9, 330, 9, 330, 9, 9],
            "reset reset reset reset ok:5/0",
            id="two devices in turn: none of their differences passed",
        ),
        pytest.param([0, 0, 0], [0, 0, 0], "ok:0/0 ok:0/0", id="a register that never moves"),
    ],
)
def test_registers_become_classes(
    connection: duckdb.DuckDBPyConnection, entries: list[int], exits: list[int], expected: str
) -> None:
    _, *found = flows(connection, every_four_hours(entries, exits), "class", "entries", "exits")
    told = [f"{name}:{come}/{gone}" if come is not None else f"{name}" for name, come, gone in found]
    assert " ".join(told) == expected


def test_one_jump_among_many_moves_back_leaves_the_direction(connection: duckdb.DuckDBPyConnection) -> None:
    down = [10_000 - 10 * i for i in range(12)]
    shown = every_four_hours([*down, 90_000, 89_990], [5] * 14)
    _, *found = flows(connection, shown, "class", "entries_delta", "entries")
    assert found[:11] == [("reversed", "-10", "10")] * 11
    assert found[11:] == [("reset", "80110", None), ("reversed", "-10", "10")]


@pytest.mark.parametrize(("hours", "expected"), [(12, ("ok", "43200", "30", "30")), (13, ("gap", "46800", "30", None))])
def test_after_twelve_hours_nobody_knows_the_day(
    connection: duckdb.DuckDBPyConnection, hours: int, expected: tuple[str, ...]
) -> None:
    later = datetime(2024, 1, 13, 4) + timedelta(hours=hours)
    shown: list[Shown] = [("2024-01-13 04:00:00", 100, 50), (f"{later}", 130, 55)]
    _, found = flows(connection, shown, "class", "duration_seconds", "entries_delta", "entries")
    assert found == expected


def test_a_late_reading_of_one_moment_comes_after_the_regular_one(connection: duckdb.DuckDBPyConnection) -> None:
    shown: list[Shown] = [
        ("2024-01-13 00:00:00", 100, 50),
        ("2024-01-13 04:00:00", 135, 60, "RECOVR AUD"),
        ("2024-01-13 04:00:00", 130, 60, "REGULAR"),
        ("2024-01-13 08:00:00", 150, 61),
    ]
    _, *found = flows(connection, shown, "audit_kind", "class", "duration_seconds", "entries")
    assert sorted(found) == [
        ("RECOVR AUD", "ok", "0", "5"),
        ("REGULAR", "ok", "14400", "15"),
        ("REGULAR", "ok", "14400", "30"),
    ]


def test_the_nights_of_a_clock_change_have_an_hour_more_or_less() -> None:
    nights = [
        (datetime(2023, 11, 4), "2023-11-05 00:00:00", "2023-11-05 04:00:00", "18000"),
        (datetime(2024, 3, 9), "2024-03-10 00:00:00", "2024-03-10 04:00:00", "10800"),
    ]
    for week, start, end, seconds in nights:
        with layers() as connection:
            define(connection, (week, week + timedelta(days=7)))
            shown: list[Shown] = [(start, 0, 0), (end, 9_100, 5)]
            _, found = flows(connection, shown, "duration_seconds", "class")
            # In five hours 9,100 can pass, in three they cannot.
            assert found == (seconds, "ok" if seconds == "18000" else "implausible")


def _flow(start: str | None, end: str, entries: int | None, scp: str = "00-00-00", class_: str = "ok") -> Row:
    place = {"control_area": "A1", "unit": "R1", "scp": scp, "station": "HARBOR", "line": "7", "division": "IRT"}
    counted = {"entries": entries, "exits": None if entries is None else 1, "class": class_}
    return {**place, **counted, "started_at": start, "ended_at": end, "service_date": (start or end)[:10]}


def test_a_day_is_complete_when_each_turnstile_is_covered_from_midnight_to_midnight(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    whole = [
        _flow("2024-01-12 22:00:00", "2024-01-13 22:00:00", 4),
        _flow("2024-01-13 22:00:00", "2024-01-14 22:00:00", 7),
    ]
    other = [
        _flow("2024-01-13 00:00:00", "2024-01-13 12:00:00", 2, "00-00-01"),
        _flow("2024-01-13 12:00:00", "2024-01-13 16:00:00", None, "00-00-01", "reset"),
        _flow("2024-01-13 16:00:00", "2024-01-14 08:00:00", 3, "00-00-01", "reversed"),
        _flow("2024-01-14 08:00:00", "2024-01-15 00:00:00", 5, "00-00-01"),
    ]
    MODELS.given(connection, "curated", "turnstile_flows", [*whole, *other])
    columns = ("service_date", "turnstiles", "entries", "intervals", "intervals_not_counted", "coverage", "is_complete")
    found = MODELS.result(connection, "curated", "station_daily_ridership", *columns)
    # Sunday lacks the last two hours of one turnstile.
    assert found[:2] == [
        ("2024-01-13", "2", "12", "3", "1", f"{44 / 48}", "false"),
        ("2024-01-14", "2", "5", "1", "0", f"{46 / 48}", "false"),
    ]
    assert [row[:3] for row in found[2:]] == [(f"2024-01-{day}", "2", "0") for day in range(15, 20)]


def test_the_friday_of_a_week_ends_in_the_next_one(connection: duckdb.DuckDBPyConnection) -> None:
    week = [_flow("2024-01-18 22:00:00", "2024-01-19 22:00:00", 4)]
    MODELS.given(connection, "curated", "turnstile_flows", week)
    friday = ("2024-01-19", "0", f"{22 / 24}", "false")
    columns = ("service_date", "entries", "coverage", "is_complete")
    assert MODELS.result(connection, "curated", "station_daily_ridership", *columns)[-1] == friday
    connection.execute("DROP TABLE curated.turnstile_flows")
    MODELS.given(
        connection, "curated", "turnstile_flows", [*week, _flow("2024-01-19 22:00:00", "2024-01-20 02:00:00", 9)]
    )
    friday = ("2024-01-19", "9", "1.0", "true")
    assert MODELS.result(connection, "curated", "station_daily_ridership", *columns)[-1] == friday


def test_an_interval_counts_in_the_slot_of_its_middle_on_the_day_of_its_start(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [
        _flow("2024-01-13 03:00:00", "2024-01-13 07:00:00", 1),
        _flow("2024-01-13 07:00:00", "2024-01-13 11:00:00", 10),
        _flow("2024-01-13 08:00:00", "2024-01-13 12:00:00", 100, "00-00-01"),
        _flow("2024-01-13 23:00:00", "2024-01-14 03:00:00", 1000),
        _flow("2024-01-12 23:00:00", "2024-01-13 03:00:00", 10_000),
        _flow("2024-01-14 03:00:00", "2024-01-14 07:00:00", None, class_="reset"),
    ]
    MODELS.given(connection, "curated", "turnstile_flows", rows)
    assert MODELS.result(connection, "curated", "station_time_slots", "slot_start", "entries", "intervals") == [
        ("2024-01-13 04:00:00", "1", "1"),
        ("2024-01-13 08:00:00", "110", "2"),
        ("2024-01-13 20:00:00", "1000", "1"),
    ]
