"""The turnstile models on a few rows by hand: given these rows, expect those."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

import data_platform.datasets.mta_turnstile
from data_platform_tests.datasets.model_cases import Models, Row, layers

MODELS = Models(Path(data_platform.datasets.mta_turnstile.__file__).parent)
given, result = MODELS.given, MODELS.result
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with layers() as connection:
        yield connection


def line(**columns: object) -> Row:
    """A line of the present layout."""
    return {
        "C/A": "A002",
        "UNIT": "R051",
        "SCP": "02-00-00",
        "STATION": "59 ST",
        "LINENAME": "NQR456W",
        "DIVISION": "BMT",
        "DATE": "01/13/2024",
        "TIME": "03:00:00",
        "DESC": "REGULAR",
        "ENTRIES": 108542,
        "EXITS": 78844,
        **columns,
    }


def given_lines(connection: duckdb.DuckDBPyConnection, lines: Sequence[Row], *, wide: Sequence[Row] = ()) -> None:
    """Readings in the present layout and in the one before; one booth is listed."""
    given(connection, "raw", "turnstile", lines)
    given(connection, "raw", "turnstile_wide", wide)
    given(connection, "staged", "stations", [booth("A002", "R051", "LEXINGTON AVE", "456NQR")])


def reading(control_area: str = "A1", unit: str = "R1", audited_at: str = "2024-01-13 03:00:00", **more: object) -> Row:
    named = {"station": "HARBOR", "line": "7", "division": "IRT", "scp": "00-00-00"}
    return {**named, "control_area": control_area, "unit": unit, "audited_at": audited_at, **more}


def booth(control_area: str, unit: str, station: str = "HARBOR", line: str | None = "7") -> Row:
    return {"control_area": control_area, "unit": unit, "station": station, "line": line, "division": "IRT"}


def md5_of(*fields: str | None) -> str:
    """A surrogate key, written again: md5 of a JSON array."""
    return hashlib.md5(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def test_a_reading_keeps_its_registers_and_its_kind_and_loses_its_padding(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    given_lines(connection, [line(STATION="59 ST  ", SCP=" 02-00-00", DESC="RECOVR AUD ")])
    columns = (
        "control_area",
        "unit",
        "scp",
        "station",
        "line",
        "division",
        "audited_at",
        "audit_kind",
        "entries",
        "exits",
    )
    assert result(connection, "staged", "turnstile_readings", *columns) == [
        (
            *("A002", "R051", "02-00-00", "59 ST", "NQR456W", "BMT"),
            *("2024-01-13 03:00:00", "RECOVR AUD", "108542", "78844"),
        )
    ]


def test_blanks_are_missing_and_a_station_that_nobody_names_is_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    given_lines(connection, [line(STATION="  ", LINENAME="", DIVISION=None, UNIT=" ")])
    assert result(connection, "staged", "turnstile_readings", "unit", "station", "line", "division") == [
        (None, "UNKNOWN", None, None)
    ]


def wide(**columns: object) -> Row:
    """A reading of the layout before 2014-10-18."""
    names = ("STATION", "LINENAME", "DIVISION")
    return {
        **{name: value for name, value in line(DATE="05-21-11").items() if name not in names},
        **columns,
    }


def test_a_reading_of_the_layout_before_finds_its_station_in_the_list(connection: duckdb.DuckDBPyConnection) -> None:
    readings = [wide(), wide(**{"C/A": "A003 "}), wide(UNIT=" R051 ", SCP="02-00-01")]
    given_lines(connection, [], wide=readings)
    columns = ("control_area", "unit", "scp", "station", "line", "division", "audited_at")
    assert result(connection, "staged", "turnstile_readings", *columns) == [
        ("A002", "R051", "02-00-00", "LEXINGTON AVE", "456NQR", "IRT", "2011-05-21 03:00:00"),
        ("A002", "R051", "02-00-01", "LEXINGTON AVE", "456NQR", "IRT", "2011-05-21 03:00:00"),
        ("A003", "R051", "02-00-00", "UNKNOWN", None, None, "2011-05-21 03:00:00"),
    ]


def test_both_layouts_make_the_same_columns_of_the_same_reading(connection: duckdb.DuckDBPyConnection) -> None:
    named = {"STATION": "LEXINGTON AVE", "LINENAME": "456NQR", "DIVISION": "IRT", "DATE": "05/21/2011"}
    given_lines(connection, [line(**named)], wide=[wide()])
    sql = (MODELS.folder / "staged" / "turnstile_readings.sql").read_text()
    one, other = connection.execute(sql).fetchall()
    assert one == other
    assert None not in one


@pytest.mark.parametrize(
    ("day", "time", "told"),
    [
        ("01/13/2024", "24:00:00", "01/13/2024 at 24:00:00"),
        ("13/01/2024", "03:00:00", "13/01/2024 at 03:00:00"),
        ("01/13/2024", None, "01/13/2024 at "),
        (None, "03:00:00", " at 03:00:00"),
        (None, None, None),
    ],
)
def test_what_is_no_moment_goes_on_as_it_is_written(
    connection: duckdb.DuckDBPyConnection, day: str | None, time: str | None, told: str | None
) -> None:
    given_lines(connection, [line(DATE=day, TIME=time)])
    sql = (MODELS.folder / "staged" / "turnstile_readings.sql").read_text()
    assert connection.execute(f"SELECT audited_at, audited_at_utc FROM ({sql})").fetchall() == [(told, None)]


@pytest.mark.parametrize("day", ["10-05-14", "13/01/2024", "01/02/03"])
@pytest.mark.parametrize("time", ["24:00:00", None])
def test_what_is_no_moment_is_not_cast_to_one(
    connection: duckdb.DuckDBPyConnection, day: str, time: str | None
) -> None:
    given_lines(connection, [line(DATE=day, TIME=time)], wide=[wide(DATE=day, TIME=time)])
    sql = (MODELS.folder / "staged" / "turnstile_readings.sql").read_text()
    cast = f"SELECT audited_at IS NULL, TRY_CAST(audited_at AS TIMESTAMP) FROM ({sql})"
    assert connection.execute(cast).fetchall() == [(False, None), (False, None)]


def test_utc_is_what_the_time_zone_database_says_through_twenty_years(connection: duckdb.DuckDBPyConnection) -> None:
    """Every half hour near a change of the clocks, and each day besides; of two moments the first."""
    changes = [
        start + timedelta(days=week * 7) for start in (datetime(2010, 3, 1), datetime(2010, 10, 25)) for week in (0, 1)
    ]
    near = [
        start.replace(year=year) + timedelta(minutes=30 * step)
        for start in changes
        for year in range(2010, 2031)
        for step in range(48 * 8)
    ]
    each_day = [datetime(2010, 1, 1, 12) + timedelta(days=day) for day in range(365 * 21)]
    moments = sorted({*near, *each_day})
    given_lines(connection, [])
    written = [{"d": f"{moment:%m/%d/%Y}", "t": f"{moment:%H:%M:%S}"} for moment in moments]
    values = ", ".join(f"('{text['d']}', '{text['t']}')" for text in written)
    connection.execute(f'INSERT INTO raw.turnstile ("DATE", "TIME") VALUES {values}')
    found = result(connection, "staged", "turnstile_readings", "audited_at", "audited_at_utc")
    assert found == [
        (f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment.replace(tzinfo=NEW_YORK).astimezone(UTC):%Y-%m-%d %H:%M:%S}")
        for moment in moments
    ]


def flagged(connection: duckdb.DuckDBPyConnection, rule: str, moments: list[str]) -> list[str]:
    """Those of the moments for which a rule of the readings holds."""
    (condition,) = (r.condition for r in MODELS.contract("staged", "turnstile_readings").rules if r.name == rule)
    given(connection, "staged", "turnstile_readings", [{"audited_at": moment} for moment in moments])
    asked = f"SELECT CAST(audited_at AS VARCHAR) FROM staged.turnstile_readings WHERE {condition} ORDER BY 1"
    return [moment for (moment,) in connection.execute(asked).fetchall()]


def test_only_the_hour_that_comes_twice_is_flagged_as_such(connection: duckdb.DuckDBPyConnection) -> None:
    within = ["2014-11-02 01:00:00", "2014-11-02 01:59:59", "2020-11-01 01:30:00"]
    beside = ["2014-11-02 00:59:59", "2014-11-02 02:00:00", "2014-11-09 01:00:00", "2014-11-03 01:00:00"]
    beside += ["2014-03-09 01:30:00", "2014-10-05 01:30:00"]
    assert flagged(connection, "hour_comes_twice", [*within, *beside]) == within


def test_only_the_hour_that_does_not_exist_is_flagged_as_such(connection: duckdb.DuckDBPyConnection) -> None:
    within = ["2014-03-09 02:00:00", "2015-03-08 02:59:59", "2020-03-08 02:30:00", "2021-03-14 02:30:00"]
    beside = ["2014-03-09 01:59:59", "2014-03-09 03:00:00", "2014-03-02 02:30:00", "2014-03-16 02:30:00"]
    beside += ["2014-03-10 02:30:00", "2014-11-09 02:30:00"]
    assert flagged(connection, "hour_does_not_exist", [*within, *beside]) == within


def test_keys_of_booths_are_told_apart_where_joined_fields_would_be_equal(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    pairs = [
        ("a", "bc"),
        ("ab", "c"),
        ('a","b', "c"),
        ("a", 'b","c'),
        ("a\\", "b"),
        ("a", "\\b"),
        ("A|B", "C"),
        ("A", "B|C"),
    ]
    given(connection, "staged", "turnstile_readings", [reading(*pair) for pair in pairs])
    given(connection, "staged", "stations", [])
    found = result(connection, "curated", "dim_booth", "control_area", "unit", "booth_key")
    assert found == sorted((*pair, md5_of(*pair)) for pair in pairs)
    assert len({key for *_, key in found}) == len(pairs)


def test_a_key_is_the_same_for_ever(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "turnstile_readings", [reading("A002", "R051", station="59 ST", division="BMT")])
    given(connection, "staged", "stations", [])
    assert result(connection, "curated", "dim_booth", "booth_key", "station_key") == [
        ("1287580273dfc3666e36d9204fe8c23f", "ebea28d67d9f9be4ce4df115403aed59")
    ]


def test_keys_of_stations_tell_a_missing_line_from_an_empty_one(connection: duckdb.DuckDBPyConnection) -> None:
    lines: list[str | None] = [None, "", "null", "7"]
    given(connection, "staged", "turnstile_readings", [reading(line=line) for line in lines])
    given(connection, "curated", "dim_booth", [])
    found = result(connection, "curated", "dim_station", "line", "station_key")
    assert {(line, key) for line, key in found} == {(line, md5_of("HARBOR", line, "IRT")) for line in lines}
    assert len({key for _, key in found}) == 4


def test_a_booth_is_called_what_it_was_called_last(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        reading(audited_at="2015-01-03 00:00:00", station="LEXINGTON AVE"),
        reading(audited_at="2024-01-13 23:00:00", station="59 ST"),
        reading(audited_at="2016-01-03 00:00:00", station="LEXINGTON AV"),
    ]
    given(connection, "staged", "turnstile_readings", rows)
    given(connection, "staged", "stations", [booth("A1", "R1", "LEXINGTON AVENUE")])
    columns = ("station", "is_listed", "first_audited_date", "last_audited_date", "station_key")
    assert result(connection, "curated", "dim_booth", *columns) == [
        ("59 ST", "true", "2015-01-03", "2024-01-13", md5_of("59 ST", "7", "IRT"))
    ]


def test_the_list_says_what_a_booth_is_called_until_it_is_read(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "turnstile_readings", [reading("A1", "R1", line="NQR456W")])
    given(connection, "staged", "stations", [booth("A1", "R1", line="456NQR"), booth("A9", "R9", "DEPOT", "G")])
    columns = ("control_area", "line", "listed_station", "listed_line", "listed_division")
    assert result(connection, "curated", "dim_booth", *columns) == [
        ("A1", "NQR456W", "HARBOR", "456NQR", "IRT"),
        ("A9", "G", "DEPOT", "G", "IRT"),
    ]


def test_a_booth_that_is_only_listed_or_only_read_is_there_and_finds_its_station(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    given(connection, "staged", "turnstile_readings", [reading("A1", "R1", line=None), reading("A1", "R2")])
    given(connection, "staged", "stations", [booth("A1", "R1"), booth("A9", "R9", "DEPOT", None)])
    found = result(
        connection, "curated", "dim_booth", "control_area", "unit", "station", "is_listed", "last_audited_date"
    )
    assert found == [
        ("A1", "R1", "HARBOR", "true", "2024-01-13"),
        ("A1", "R2", "HARBOR", "false", "2024-01-13"),
        ("A9", "R9", "DEPOT", "true", None),
    ]
    keys = {key for (key,) in result(connection, "curated", "dim_booth", "station_key")}
    types = ", ".join(f"{name} {c.type}" for name, c in MODELS.contract("curated", "dim_booth").columns.items())
    rows = connection.execute((MODELS.folder / "curated" / "dim_booth.sql").read_text()).fetchall()
    connection.execute(f"CREATE TABLE curated.dim_booth ({types})")
    connection.executemany(f"INSERT INTO curated.dim_booth VALUES ({', '.join('?' * len(rows[0]))})", rows)
    found = result(connection, "curated", "dim_station", "station_key", "booths")
    assert {key for key, _ in found} == keys
    assert [booths for _, booths in found] == ["1", "1", "1"]


def test_a_name_of_earlier_times_has_no_booth_any_more(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [reading("A1", station="LEXINGTON AVE"), reading("A1", station="59 ST"), reading("A2", station="59 ST")]
    given(connection, "staged", "turnstile_readings", rows)
    given(connection, "curated", "dim_booth", [booth("A1", "R1", "59 ST"), booth("A2", "R1", "59 ST")])
    assert result(connection, "curated", "dim_station", "station", "booths") == [("59 ST", "2"), ("LEXINGTON AVE", "0")]


def flow(scp: str, started_at: str | None, ended_at: str, **more: object) -> Row:
    """An interval between two audits of a turnstile of booth A1."""
    dates = {"started_at": started_at, "ended_at": ended_at, "service_date": (started_at or ended_at)[:10]}
    registers = {"entries_register": 100, "exits_register": 50, "audit_kind": "REGULAR", "class": "ok"}
    return {**booth("A1", "R1"), **dates, **registers, "scp": scp, **more}


def test_a_fact_is_on_the_day_on_which_its_interval_began(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        flow("00", "2014-10-31 20:00:00", "2014-11-01 00:00:00", entries=7, exits=9),
        flow("00", None, "2014-11-01 04:00:00", **{"class": "gap"}),
    ]
    given(connection, "curated", "turnstile_flows", rows)
    assert result(connection, "curated", "fact_turnstile", "date_key", "class", "entries", "exits") == [
        ("20141031", "ok", "7", "9"),
        ("20141101", "gap", None, None),
    ]


def test_a_fact_finds_its_booth_and_its_station(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "curated", "turnstile_flows", [flow("00", None, "2014-11-01 04:00:00")])
    assert result(connection, "curated", "fact_turnstile", "turnstile_key", "booth_key", "station_key") == [
        (md5_of("A1", "R1", "00"), md5_of("A1", "R1"), md5_of("HARBOR", "7", "IRT"))
    ]


def test_two_audits_of_one_moment_are_two_facts(connection: duckdb.DuckDBPyConnection) -> None:
    at = "2014-11-01 04:00:00"
    given(
        connection,
        "curated",
        "turnstile_flows",
        [
            flow("00", None, at),
            flow("00", at, at, audit_kind="RECOVR AUD"),
            flow("00", at, at, entries_register=101),
            flow("00", at, at, exits_register=51),
            flow("01", None, at),
        ],
    )
    assert len(set(result(connection, "curated", "fact_turnstile", "audit_key"))) == 5


def test_days_have_23_24_or_25_hours_and_the_key_of_their_week(connection: duckdb.DuckDBPyConnection) -> None:
    moments = ["2014-03-07 12:00:00", "2014-03-10 01:00:00"]
    given(connection, "staged", "turnstile_readings", [reading(audited_at=moment) for moment in moments])
    columns = ("date_key", "day", "weekday", "day_of_week", "is_weekend", "week_start", "day_hours")
    assert result(connection, "curated", "dim_date", *columns) == [
        ("20140307", "2014-03-07", "Friday", "5", "false", "2014-03-01", "24"),
        ("20140308", "2014-03-08", "Saturday", "6", "true", "2014-03-08", "24"),
        ("20140309", "2014-03-09", "Sunday", "7", "true", "2014-03-08", "23"),
        ("20140310", "2014-03-10", "Monday", "1", "false", "2014-03-08", "24"),
    ]
    connection.execute("UPDATE staged.turnstile_readings SET audited_at = '2014-11-02 05:00:00'")
    assert result(connection, "curated", "dim_date", "day", "day_hours", "quarter", "month", "day_of_month") == [
        ("2014-11-02", "25", "4", "11", "2")
    ]
