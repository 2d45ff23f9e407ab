"""The taxi models on a few rows by hand: given these rows, expect those."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import data_platform.datasets.nyc_taxi
from data_platform_tests.datasets.model_cases import Models, Row, layers

FOLDER = Path(data_platform.datasets.nyc_taxi.__file__).parent
MODELS = Models(FOLDER)
contract, given, result = MODELS.contract, MODELS.given, MODELS.result


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with layers() as connection:
        yield connection


def trip(pickup_at: str = "2024-12-02 08:00:00", total_usd: str = "10.00", **columns: object) -> Row:
    # A refund negates every amount of its trip.
    sign = "-" if total_usd.startswith("-") else ""
    return {
        "service": "yellow",
        "pickup_at": pickup_at,
        "dropoff_at": "2024-12-02 08:10:00",
        "duration_seconds": 600,
        "pickup_zone_id": 7,
        "pickup_borough": "Queens",
        "dropoff_borough": "Manhattan",
        "passenger_count": 1,
        "rate_code": 1,
        "payment": "card",
        "is_stored_and_forwarded": False,
        "distance_miles": "2.00",
        "fare_usd": f"{sign}6.00",
        "tip_usd": f"{sign}2.00",
        "tolls_usd": f"{sign}0.50",
        "total_usd": total_usd,
        **columns,
    }


ZONES = [{"zone_id": 7, "borough": "Queens", "zone": "Astoria"}, {"zone_id": 264, "borough": "Unknown", "zone": "NV"}]


def test_both_services_and_their_union_have_one_shape() -> None:
    def shape(table: str) -> list[tuple[str, str, str | None]]:
        return [(name, column.type, column.unit) for name, column in contract("staged", table).columns.items()]

    assert shape("yellow_trips") == shape("green_trips") == shape("trips")


def test_the_union_keeps_every_column_in_its_place(connection: duckdb.DuckDBPyConnection) -> None:
    types = {name: column.type for name, column in contract("staged", "trips").columns.items()}
    # Another value in each column of each service.
    row: dict[str, Any] = {
        name: place for place, (name, type_) in enumerate(types.items()) if type_ not in ("BOOLEAN", "TIMESTAMP")
    }
    row |= {"pickup_at": "2024-12-02", "dropoff_at": "2024-12-03", "is_stored_and_forwarded": True}
    given(connection, "staged", "yellow_trips", [row])
    given(
        connection, "staged", "green_trips", [{name: None if name == "rate" else value for name, value in row.items()}]
    )
    given(connection, "staged", "trips", [])
    connection.execute("INSERT INTO staged.trips FROM staged.yellow_trips UNION ALL BY NAME FROM staged.green_trips")
    found = connection.execute((FOLDER / "staged" / "trips.sql").read_text())
    assert [column[0] for column in found.description or []] == list(types)
    assert sorted(found.fetchall(), key=repr) == sorted(connection.execute("FROM staged.trips").fetchall(), key=repr)


@pytest.mark.parametrize(
    ("pickup", "dropoff", "seconds"),
    [
        ("2024-11-03 01:50:00", "2024-11-03 01:10:00", "1200"),  # the hour from 01:00 comes twice
        ("2024-11-03 01:10:00", "2024-11-03 01:50:00", "2400"),
        ("2024-11-03 02:10:00", "2024-11-03 01:50:00", "-1200"),  # not after 02:00 winter time
        ("2024-11-03 01:10:00", "2024-11-03 00:50:00", "-1200"),  # nor into the hour before
        ("2024-11-10 01:50:00", "2024-11-10 01:10:00", "-2400"),  # nor on the second Sunday
        ("2024-11-04 01:50:00", "2024-11-04 01:10:00", "-2400"),  # nor on a Monday
        ("2024-12-01 01:50:00", "2024-12-01 01:10:00", "-2400"),
    ],
)
@pytest.mark.parametrize(("service", "prefix"), [("yellow", "tpep"), ("green", "lpep")])
def test_only_the_night_when_clocks_are_set_back_gives_an_hour(
    connection: duckdb.DuckDBPyConnection, service: str, prefix: str, pickup: str, dropoff: str, seconds: str
) -> None:
    given(connection, "staged", "taxi_zones", ZONES)
    row = {f"{prefix}_pickup_datetime": pickup, f"{prefix}_dropoff_datetime": dropoff}
    given(connection, "raw", f"{service}_trips", [row])
    assert result(connection, "staged", f"{service}_trips", "duration_seconds") == [(seconds,)]


@pytest.mark.parametrize("service", ["yellow", "green"])
def test_a_zone_that_is_null_or_not_in_the_lookup_keeps_its_trip(
    connection: duckdb.DuckDBPyConnection, service: str
) -> None:
    given(connection, "staged", "taxi_zones", ZONES)
    pairs = [(7, 264), (7, None), (999, 7)]
    rows = [{"PULocationID": start, "DOLocationID": end} for start, end in pairs]
    given(connection, "raw", f"{service}_trips", rows)
    columns = ("pickup_zone_id", "pickup_borough", "dropoff_zone_id", "dropoff_borough")
    assert result(connection, "staged", f"{service}_trips", *columns) == [
        ("7", "Queens", "264", "Unknown"),
        ("7", "Queens", None, "Unknown"),
        ("999", "Unknown", "7", "Queens"),
    ]


def test_codes_are_told_in_words_and_unknown_ones_do_not_vanish(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "taxi_zones", ZONES)
    codes = [(1, 1), (2, 2), (99, 5), (None, 0), (42, None)]
    rows = [{"RatecodeID": rate, "payment_type": payment} for rate, payment in codes]
    given(connection, "raw", "yellow_trips", rows)
    assert result(connection, "staged", "yellow_trips", "rate_code", "rate", "payment_type", "payment") == [
        ("1", "standard", "1", "card"),
        ("2", "jfk", "2", "cash"),
        ("42", "unknown", None, "unknown"),
        ("99", "unknown", "5", "unknown"),
        (None, "unknown", "0", "flex_fare"),
    ]


def test_a_refund_nets_out_of_revenue_and_is_still_counted(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "trips", [trip(), trip(), trip(total_usd="-10.00")])
    columns = ("trips", "refunds", "fare_usd", "tip_usd", "tolls_usd", "surcharges_usd", "revenue_usd", "refunded_usd")
    assert result(connection, "curated", "daily_revenue", *columns) == [
        ("3", "1", "6.00", "2.00", "0.50", "1.50", "10.00", "10.00")
    ]


def test_an_amount_that_is_missing_hides_no_revenue(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "trips", [trip(tip_usd=None, tolls_usd=None)])
    columns = ("fare_usd", "tip_usd", "tolls_usd", "surcharges_usd", "revenue_usd")
    assert result(connection, "curated", "daily_revenue", *columns) == [("6.00", "0.00", "0.00", "4.00", "10.00")]


def test_revenue_is_told_by_service_local_day_and_borough(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        trip("2024-12-02 00:00:00"),
        trip("2024-12-02 23:59:59"),
        trip("2024-12-03 00:00:00"),
        trip("2024-12-02 12:00:00", pickup_borough="Unknown"),
        trip("2024-12-02 12:00:00", service="green"),
    ]
    given(connection, "staged", "trips", rows)
    assert result(connection, "curated", "daily_revenue", "service", "pickup_date", "borough", "trips") == [
        ("green", "2024-12-02", "Queens", "1"),
        ("yellow", "2024-12-02", "Queens", "2"),
        ("yellow", "2024-12-02", "Unknown", "1"),
        ("yellow", "2024-12-03", "Queens", "1"),
    ]


def test_demand_counts_pickups_and_leaves_refunds_beside_it(connection: duckdb.DuckDBPyConnection) -> None:
    given(connection, "staged", "taxi_zones", ZONES)
    rows = [
        trip("2024-12-02 08:00:00", passenger_count=2),
        trip("2024-12-02 08:59:59", passenger_count=None),
        trip("2024-12-02 08:00:00", total_usd="-10.00"),
        trip("2024-12-02 09:00:00", pickup_zone_id=None),
        trip("2024-12-02 09:00:00", pickup_zone_id=264),
        trip("2024-12-02 09:00:00", pickup_zone_id=999),
    ]
    given(connection, "staged", "trips", rows)
    columns = ("pickup_hour", "zone_id", "borough", "zone", "pickups", "refunds", "passengers", "revenue_usd")
    assert result(connection, "curated", "zone_hour_demand", *columns) == [
        ("8", "7", "Queens", "Astoria", "2", "1", "2", "10.00"),
        ("9", "264", "Unknown", "NV", "2", "0", "2", "20.00"),
        ("9", "999", "Unknown", "Unknown", "1", "0", "1", "10.00"),
    ]


def test_flows_tell_the_typical_trip_without_its_refund(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        trip(duration_seconds=600, total_usd="10.00"),
        trip(duration_seconds=900, total_usd="30.00"),
        trip(duration_seconds=600, total_usd="-10.00"),
        trip(dropoff_borough="Queens", total_usd="-4.00"),
    ]
    given(connection, "staged", "trips", rows)
    columns = ("dropoff_borough", "trips", "refunds", "revenue_usd", "median_duration_seconds", "median_total_usd")
    assert result(connection, "curated", "borough_flows", *columns) == [
        ("Manhattan", "3", "1", "30.00", "750.0", "20.00"),
        ("Queens", "1", "1", "-4.00", None, None),
    ]


def test_a_summary_divides_by_the_days_of_the_month(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [trip(f"2024-12-{day:02} 08:00:00") for day in range(1, 32)]
    rows += [trip("2024-12-01 08:00:00", payment="cash", tip_usd="0.00") for _ in range(31)]
    given(connection, "staged", "trips", rows)
    columns = ("month", "trips", "trips_per_day", "days_with_trips", "card_share", "card_tip_share")
    assert result(connection, "curated", "monthly_summary", *columns) == [
        ("2024-12-01", "62", "2.0", "31", "0.5", "0.3333333333333333")
    ]


def revenue(day: str, usd: int, borough: str = "Queens") -> Row:
    return {"service": "green", "pickup_date": day, "borough": borough, "trips": usd, "revenue_usd": usd}


def test_the_trend_averages_the_last_seven_days_of_the_calendar(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [revenue(f"2024-12-{day:02}", 10 * day) for day in range(1, 9)]
    # Boroughs of one day add up.
    given(connection, "curated", "daily_revenue", [*rows, revenue("2024-12-08", 20, "Bronx")])
    columns = (
        "pickup_date",
        "days_in_window",
        "trips_mean_7d",
        "revenue_mean_7d_usd",
        "revenue_change_7d_usd",
        "revenue_change_7d_share",
    )
    found = result(connection, "curated", "daily_trend", *columns)
    assert found[0] == ("2024-12-01", "1", None, None, None, None)
    assert found[5] == ("2024-12-06", "6", None, None, None, None)
    assert found[6] == ("2024-12-07", "7", "40.0", "40.00", None, None)
    assert found[7] == ("2024-12-08", "7", "52.857142857142854", "52.86", "90.00", "9.0")


def test_a_missing_day_leaves_the_mean_out_instead_of_stretching_the_window(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    days = [day for day in range(1, 20) if day != 8]
    given(connection, "curated", "daily_revenue", [revenue(f"2024-12-{day:02}", 70) for day in days])
    found = result(
        connection,
        "curated",
        "daily_trend",
        "pickup_date",
        "days_in_window",
        "revenue_mean_7d_usd",
        "revenue_change_7d_usd",
    )
    by_day = {day: rest for day, *rest in found}
    assert by_day["2024-12-07"] == ["7", "70.00", None]
    assert by_day["2024-12-09"] == ["6", None, "0.00"]
    assert by_day["2024-12-14"] == ["6", None, "0.00"]
    # A week after the missing day there is a mean again, but nothing to compare with.
    assert by_day["2024-12-15"] == ["7", "70.00", None]
    assert by_day["2024-12-16"] == ["7", "70.00", "0.00"]
