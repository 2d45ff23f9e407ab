"""The taxi dashboards: right numbers from rows that can be checked by hand, whatever the span of the data."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data_platform.datasets.nyc_taxi.dashboards.revenue_trend import chart
from data_platform.operations.charts import render


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA curated")
        connection.execute(
            "CREATE TABLE curated.daily_revenue"
            " (service VARCHAR, pickup_date DATE, borough VARCHAR, trips BIGINT, revenue_usd DECIMAL(14,2))"
        )
        yield connection


def add(warehouse: duckdb.DuckDBPyConnection, service: str, borough: str, usd: int, *, first: date, last: date) -> None:
    """The same revenue every day from `first` to `last`."""
    warehouse.execute(
        "INSERT INTO curated.daily_revenue SELECT ?, unnest(generate_series(?, ?, INTERVAL 1 DAY))::DATE, ?, 1, ?",
        [service, first, last, borough, usd],
    )


def drawn(warehouse: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], str, list[str]]:
    """The chart's rows, its title and the lines below."""
    specification = chart(warehouse).to_dict()
    rows = [row for data in specification["datasets"].values() for row in data]
    return rows, specification["title"]["text"], specification["title"]["subtitle"]


JANUARY = {"first": date(2024, 1, 1), "last": date(2024, 1, 31)}


def test_a_day_without_a_trip_is_zero_where_the_service_ran_and_a_gap_where_it_has_no_data(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    add(warehouse, "yellow", "Manhattan", 700, **JANUARY)
    add(warehouse, "yellow", "Bronx", 70, first=date(2024, 1, 1), last=date(2024, 1, 9))
    add(warehouse, "green", "Bronx", 7, first=date(2024, 1, 20), last=date(2024, 1, 31))
    rows, _, _ = drawn(warehouse)
    usd = {(row["service"], row["panel"], row["day"]): (row["usd"], row["mean_usd"]) for row in rows}
    assert usd["yellow", "Manhattan", "2024-01-06"] == (700, None)
    assert usd["yellow", "Manhattan", "2024-01-07"] == (700, 700)
    assert usd["yellow", "Bronx", "2024-01-10"] == (0, 60)
    assert usd["green", "Bronx", "2024-01-19"] == (None, None)
    assert usd["green", "Bronx", "2024-01-26"] == (7, 7)


def test_the_largest_boroughs_have_panels_and_the_rest_share_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    boroughs = ["Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island", "EWR", "Unknown"]
    for place, borough in enumerate(boroughs):
        add(warehouse, "yellow", borough, 1000 - 100 * place, **JANUARY)
    rows, _, _ = drawn(warehouse)
    assert list(dict.fromkeys(row["panel"] for row in rows)) == [*boroughs[:5], "Elsewhere"]
    assert {row["usd"] for row in rows if row["panel"] == "Elsewhere"} == {500 + 400}


def test_six_boroughs_all_keep_their_names(warehouse: duckdb.DuckDBPyConnection) -> None:
    for place in range(6):
        add(warehouse, "green", f"Borough {place}", 100 - place, **JANUARY)
    assert [*dict.fromkeys(row["panel"] for row in drawn(warehouse)[0])] == [f"Borough {place}" for place in range(6)]


def test_the_title_says_who_leads_and_how_the_last_four_weeks_went(warehouse: duckdb.DuckDBPyConnection) -> None:
    for service, before, after in (("yellow", 1000, 1200), ("green", 500, 450)):
        add(warehouse, service, "Queens", before, first=date(2024, 1, 1), last=date(2024, 1, 28))
        add(warehouse, service, "Queens", after, first=date(2024, 1, 29), last=date(2024, 2, 25))
    add(warehouse, "green", "Bronx", 100, first=date(2024, 1, 1), last=date(2024, 2, 25))
    _, title, lines = drawn(warehouse)
    assert title == "94% of taxi revenue starts in Queens"
    assert lines[0] == "The last four weeks against the four before: +9.4% (green -8.3%, yellow +20.0%)."


def test_no_change_is_told_while_a_day_is_missing(warehouse: duckdb.DuckDBPyConnection) -> None:
    add(warehouse, "yellow", "Queens", 10, first=date(2024, 1, 1), last=date(2024, 3, 31))
    add(warehouse, "green", "Queens", 10, first=date(2024, 1, 1), last=date(2024, 2, 29))
    _, _, lines = drawn(warehouse)
    assert not any("four weeks" in line for line in lines)


@pytest.mark.parametrize(
    ("last", "mean"),
    [(date(2011, 12, 31), "7 days. Thin"), (date(2014, 5, 5), "7 days. Each"), (date(2041, 1, 1), "28")],
)
def test_any_span_from_a_year_to_a_career_stays_drawable(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, last: date, mean: str
) -> None:
    for service in ("yellow", "green"):
        for borough in ("Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island", "EWR", "Unknown", "N/A"):
            add(warehouse, service, borough, 100, first=date(2011, 1, 1), last=last)
    rows, _, lines = drawn(warehouse)
    assert f"mean of the last {mean}" in lines[-1]
    assert {row["mean_usd"] for row in rows if row["panel"] == "Manhattan"} - {None} == {100}
    assert render(chart, warehouse, tmp_path, "revenue_trend").page.exists()


def test_an_empty_table_and_one_without_revenue_are_drawn_all_the_same(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert chart(warehouse).to_dict()["title"] == "No taxi revenue has been published yet"
    add(warehouse, "yellow", "Queens", 0, first=date(2024, 1, 1), last=date(2024, 1, 2))
    assert render(chart, warehouse, tmp_path, "revenue_trend").png


def test_four_months_make_a_picture_small_enough_for_metadata(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.execute(
        "INSERT INTO curated.daily_revenue"
        " SELECT service, DATE '2024-01-01' + CAST(day AS INTEGER), 'Borough ' || borough, 1,"
        " 1000 + hash(service || day || borough) % 500"
        " FROM (VALUES ('yellow'), ('green')) AS services(service), range(121) AS days(day), range(7) AS b(borough)"
    )
    assert len(render(chart, warehouse, tmp_path, "revenue_trend").png) < 250_000
