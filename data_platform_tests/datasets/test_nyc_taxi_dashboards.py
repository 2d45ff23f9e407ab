"""The taxi dashboards: right numbers from rows that can be checked by hand, whatever the span of the data."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from data_platform.datasets.nyc_taxi.dashboards.revenue_trend import dashboard
from data_platform.site.dashboards.panels import drawing
from data_platform.site.dashboards.picture import picture
from data_platform.warehouse.recorded import Query, RecordedWarehouse
from data_platform_tests.site.dashboards.drawn import page_text


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA curated")
        connection.execute(
            "CREATE TABLE curated.daily_revenue"
            " (service VARCHAR, pickup_date DATE, borough VARCHAR, trips BIGINT, revenue_usd DECIMAL(14,2),"
            " refunds BIGINT DEFAULT 0, refunded_usd DECIMAL(14,2) DEFAULT 0)"
        )
        yield connection


def add(warehouse: duckdb.DuckDBPyConnection, service: str, borough: str, usd: int, *, first: date, last: date) -> None:
    """The same revenue every day from `first` to `last`."""
    warehouse.execute(
        "INSERT INTO curated.daily_revenue (service, pickup_date, borough, trips, revenue_usd)"
        " SELECT ?, unnest(generate_series(?, ?, INTERVAL 1 DAY))::DATE, ?, 1, ?",
        [service, first, last, borough, usd],
    )


_DASHBOARD: Callable[[Any], Any] = dashboard


class Drawn:
    """The parts of the dashboard, and what its queries returned."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        warehouse = RecordedWarehouse(connection)
        self.panels = drawing(_DASHBOARD(warehouse), warehouse).panels
        self.queries = warehouse.queries
        self.boroughs = [panel for panel in self.panels if "mean of the last" in panel.subtitle]

    def query(self, title: str) -> Query:
        (found,) = (query for query in self.queries if query.title.startswith(title))
        return found

    def rows(self, title: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.query(title).rows.to_pylist()
        return rows

    @property
    def trend(self) -> list[dict[str, Any]]:
        return self.rows("Revenue a day of each service")


JANUARY = {"first": date(2024, 1, 1), "last": date(2024, 1, 31)}


def test_a_day_without_a_trip_is_zero_where_the_service_ran_and_a_gap_where_it_has_no_data(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    add(warehouse, "yellow", "Manhattan", 700, **JANUARY)
    add(warehouse, "yellow", "Bronx", 70, first=date(2024, 1, 1), last=date(2024, 1, 9))
    add(warehouse, "green", "Bronx", 7, first=date(2024, 1, 20), last=date(2024, 1, 31))
    rows = Drawn(warehouse).trend
    usd = {(row["service"], row["panel"], str(row["day"])): (row["usd"], row["mean_usd"]) for row in rows}
    assert usd["yellow", "Manhattan", "2024-01-06"] == (700, None)
    assert usd["yellow", "Manhattan", "2024-01-07"] == (700, 700)
    assert usd["yellow", "Bronx", "2024-01-10"] == (0, 60)
    assert usd["green", "Bronx", "2024-01-19"] == (None, None)
    assert usd["green", "Bronx", "2024-01-26"] == (7, 7)


def test_the_largest_boroughs_have_panels_and_the_rest_share_one(warehouse: duckdb.DuckDBPyConnection) -> None:
    boroughs = ["Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island", "EWR", "Unknown"]
    for place, borough in enumerate(boroughs):
        add(warehouse, "yellow", borough, 1000 - 100 * place, **JANUARY)
    found = Drawn(warehouse)
    assert [panel.title for panel in found.boroughs] == [*boroughs[:5], "Elsewhere"]
    assert {row["usd"] for row in found.trend if row["panel"] == "Elsewhere"} == {500 + 400}
    assert [panel.subtitle.partition(" of all.")[0] for panel in found.boroughs][::5] == [
        "$1k a day, 20.4%",
        "$900 a day, 18.4%",
    ]


def test_six_boroughs_all_keep_their_names(warehouse: duckdb.DuckDBPyConnection) -> None:
    for place in range(6):
        add(warehouse, "green", f"Borough {place}", 100 - place, **JANUARY)
    assert [panel.title for panel in Drawn(warehouse).boroughs] == [f"Borough {place}" for place in range(6)]


def test_the_cards_say_who_leads_and_how_the_last_four_weeks_went(warehouse: duckdb.DuckDBPyConnection) -> None:
    for service, before, after in (("yellow", 1000, 1200), ("green", 500, 450)):
        add(warehouse, service, "Queens", before, first=date(2024, 1, 1), last=date(2024, 1, 28))
        add(warehouse, service, "Queens", after, first=date(2024, 1, 29), last=date(2024, 2, 25))
    add(warehouse, "green", "Bronx", 100, first=date(2024, 1, 1), last=date(2024, 2, 25))
    found = Drawn(warehouse)
    first, _ = found.rows("Revenue a day of each borough")
    assert (first["borough"], round(first["share"], 2)) == ("Queens", 0.94)
    (change,) = found.rows("The last four weeks")
    assert {name: round(value, 3) for name, value in change.items()} == {
        "change": 0.094,
        "green": -0.083,
        "yellow": 0.2,
    }


def test_no_change_is_told_while_a_day_is_missing(warehouse: duckdb.DuckDBPyConnection) -> None:
    add(warehouse, "yellow", "Queens", 10, first=date(2024, 1, 1), last=date(2024, 3, 31))
    add(warehouse, "green", "Queens", 10, first=date(2024, 1, 1), last=date(2024, 2, 29))
    (change,) = Drawn(warehouse).rows("The last four weeks")
    assert change["change"] is None


def test_refunds_are_shares_of_trip_records(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(
        "INSERT INTO curated.daily_revenue VALUES"
        " ('green', '2024-01-01', 'Bronx', 90, 800, 2, 30.5), ('green', '2024-01-07', 'Queens', 10, 100, 3, 9.5),"
        " ('green', '2024-01-08', 'Queens', 10, 100, 0, 0)"
    )
    found = Drawn(warehouse)
    weeks = [(str(row["week"]), row["refunds_share"], row["refunded_usd"]) for row in found.rows("Refunds of each")]
    assert weeks == [("2024-01-01", 0.05, 40), ("2024-01-08", 0, 0)]
    (total,) = found.rows("Revenue and refunds")
    assert (total["refunds"], total["refunded_usd"], total["trips"]) == (5, 40, 110)


@pytest.mark.parametrize(
    ("last", "mean"),
    [(date(2011, 12, 31), "7 days. Thin"), (date(2014, 5, 5), "7 days."), (date(2041, 1, 1), "28")],
)
def test_any_span_from_a_year_to_a_career_stays_drawable(
    warehouse: duckdb.DuckDBPyConnection, last: date, mean: str
) -> None:
    for service in ("yellow", "green"):
        for borough in ("Manhattan", "Queens", "Brooklyn", "Bronx", "Staten Island", "EWR", "Unknown", "N/A"):
            add(warehouse, service, borough, 100, first=date(2011, 1, 1), last=last)
    found = Drawn(warehouse)
    assert all(f"mean of the last {mean}" in panel.subtitle for panel in found.boroughs)
    assert len(found.trend) <= 5_000
    assert {row["mean_usd"] for row in found.trend if row["panel"] == "Manhattan"} - {None} == {100}
    assert "Elsewhere" in page_text(dashboard, warehouse)


def test_an_empty_table_and_one_without_revenue_are_drawn_all_the_same(warehouse: duckdb.DuckDBPyConnection) -> None:
    empty = Drawn(warehouse)
    assert [panel.title for panel in empty.boroughs] == ["All boroughs"]
    assert picture(empty.panels)
    add(warehouse, "yellow", "Queens", 0, first=date(2024, 1, 1), last=date(2024, 1, 2))
    nothing = Drawn(warehouse)
    assert [panel.subtitle.partition(".")[0] for panel in nothing.boroughs] == ["Bold: mean of the last 7 days"]
    assert picture(nothing.panels)


def test_four_months_make_a_picture_small_enough_for_metadata(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(
        "INSERT INTO curated.daily_revenue (service, pickup_date, borough, trips, revenue_usd)"
        " SELECT service, DATE '2024-01-01' + CAST(day AS INTEGER), 'Borough ' || borough, 1,"
        " 1000 + hash(service || day || borough) % 500"
        " FROM (VALUES ('yellow'), ('green')) AS services(service), range(121) AS days(day), range(7) AS b(borough)"
    )
    assert len(picture(Drawn(warehouse).panels)) < 250_000
