"""Pages in a real browser, over rows that nobody hopes for: hostile names, none at all, a year of many stations."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import altair as alt
import duckdb
import pytest

from data_platform.components.modules import load_module
from data_platform_tests.site.dashboards.drawn import Function, write_page
from data_platform_tests.ui.dagster_dev import REPOSITORY
from data_platform_tests.ui.dashboard_page import open_dashboard
from data_platform_tests.ui.pages import IN_BROWSER, browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = IN_BROWSER

DATASETS = REPOSITORY / "data_platform" / "datasets"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"quoted\" 'twice' `and` ${more} \\u003c",
    "🚇 DĚVÍN · ۱۲۳",
    "=1+1",
]


@pytest.fixture(scope="module")
def browser() -> Iterator["Page"]:
    with browser_page(1280, 900) as page:
        yield page


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA curated")
        yield connection


def dashboard(dataset: str, name: str) -> Function:
    function: Function = load_module(DATASETS / dataset / "dashboards" / f"{name}.py").dashboard
    return function


def ridership(connection: duckdb.DuckDBPyConnection, stations: list[str], days: int) -> None:
    """Each station has 100 entries and 50 exits in each of two slots of each day, all of it measured."""
    connection.execute("CREATE TABLE stations AS SELECT unnest(?::VARCHAR[]) AS station", [stations])
    connection.execute(f"""
        CREATE TABLE curated.station_daily_ridership AS
        SELECT
            md5(station) AS station_key, station, 'A' AS line, 'IND' AS division,
            TIMESTAMP '2023-01-01' + INTERVAL 1 DAY * day AS service_date, 1 AS turnstiles,
            200::BIGINT AS entries, 100::BIGINT AS exits, 6::BIGINT AS intervals, 0::BIGINT AS intervals_not_counted,
            86400::BIGINT AS covered_seconds, 1.0 AS coverage, true AS is_complete
        FROM stations, range({days}) AS days(day)
    """)
    connection.execute("""
        CREATE TABLE curated.station_time_slots AS
        SELECT station_key, station, line, division, service_date + INTERVAL 1 HOUR * hour AS slot_start,
            100::BIGINT AS entries, 50::BIGINT AS exits, 3::BIGINT AS intervals
        FROM curated.station_daily_ridership, (VALUES (8), (16)) AS hours(hour)
    """)


def test_hostile_names_are_shown_and_chosen_like_any_other(
    browser: "Page", connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ridership(connection, HOSTILE, 3)
    with open_dashboard(browser, write_page(tmp_path, dashboard("mta_turnstile", "ridership"), connection)) as page:
        offered = page.page.get_by_label("Station", exact=True).locator("option").all_text_contents()
        assert offered == ["All stations", *sorted(f"{name} · A · IND" for name in HOSTILE)]
        assert {one["station"] for one in page.marks("Busiest stations", "rect")} == set(offered[1:])
        for name in HOSTILE:
            page.set("Station", f"{name} · A · IND")
            assert page.cards()["Entries"][0] == "600"
            assert f"Station: {name} · A · IND" in page.page.locator("#selection").inner_text()
        assert page.page.locator("img").count() == 0


def test_a_year_of_days_of_many_stations_is_drawn_and_filtered(
    browser: "Page", connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ridership(connection, [f"STATION {number}" for number in range(200)], 400)
    path = write_page(tmp_path, dashboard("mta_turnstile", "ridership"), connection)
    with open_dashboard(browser, path) as page:
        cards = page.cards()
        assert cards["Entries"][0] == f"{200 * 366 * 200:,}"
        assert cards["Days"] == ("366", f"{200 * 366:,} of {200 * 366:,} station-days are complete")
        page.set("Station", "STATION 77 · A · IND")
        page.set("From", "2024-01-01")
        assert page.cards()["Entries"][0] == f"{35 * 200:,}"
        assert {(one["hour"], one["what"]): one["people"] for one in page.marks("By slot of four hours", "rect")} == {
            (hour, what): people * (hour in (8, 16))
            for hour in (0, 4, 8, 12, 16, 20)
            for what, people in (("entries", 100), ("exits", 50))
        }


_EMPTY = {
    "ridership": """
        CREATE TABLE curated.station_daily_ridership (station_key VARCHAR, station VARCHAR, line VARCHAR,
            division VARCHAR, service_date TIMESTAMP, turnstiles BIGINT, entries BIGINT, exits BIGINT, intervals BIGINT,
            intervals_not_counted BIGINT, covered_seconds BIGINT, coverage DOUBLE, is_complete BOOLEAN);
        CREATE TABLE curated.station_time_slots (station_key VARCHAR, slot_start TIMESTAMP, entries BIGINT,
            exits BIGINT)
    """,
    "demand": """
        CREATE TABLE curated.zone_hour_demand (service VARCHAR, pickup_date DATE, pickup_hour INTEGER, zone_id INTEGER,
            borough VARCHAR, zone VARCHAR, pickups BIGINT, revenue_usd DECIMAL(14,2));
        CREATE TABLE curated.borough_flows (service VARCHAR, pickup_date DATE, pickup_borough VARCHAR,
            dropoff_borough VARCHAR, trips BIGINT, refunds BIGINT, revenue_usd DECIMAL(14,2),
            distance_miles DECIMAL(14,2))
    """,
    "revenue_trend": """
        CREATE TABLE curated.daily_revenue (service VARCHAR, pickup_date DATE, borough VARCHAR, trips BIGINT,
            refunds BIGINT, revenue_usd DECIMAL(14,2), refunded_usd DECIMAL(14,2))
    """,
}


@pytest.mark.parametrize(
    ("dataset", "name"), [("mta_turnstile", "ridership"), ("nyc_taxi", "demand"), ("nyc_taxi", "revenue_trend")]
)
def test_tables_without_a_row_are_told_and_no_number_is_made_up(
    browser: "Page", connection: duckdb.DuckDBPyConnection, tmp_path: Path, dataset: str, name: str
) -> None:
    connection.execute(_EMPTY[name])
    with open_dashboard(browser, write_page(tmp_path, dashboard(dataset, name), connection)) as page:
        assert {figure for figure, _ in page.cards().values()} == {"–"}
        panels = page.page.locator("figure").count()
        assert page.page.get_by_text("Nothing in this selection.").locator("visible=true").count() == panels
        said = page.says()
        assert not any(word in said for word in ("NaN", "undefined", "null", "Infinity", "None"))


def test_every_kind_of_control_sets_its_parameter(
    browser: "Page", connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def controls(warehouse: Any) -> Any:
        params = [
            alt.param("kind", value="a", bind=alt.binding_radio(options=["a", "b"], name="Kind")),
            alt.param("double", value=False, bind=alt.binding_checkbox(name="Double")),
            alt.param("least", value=0, bind=alt.binding_range(min=0, max=10, step=1, name="At least")),
            alt.param("word", value="", bind=alt.binding(input="text", name="Word")),
        ]
        told = "kind + ' ' + (double ? 2 : 1) + ' ' + (least + 1) + ' ' + word + '!'"
        rows = alt.Chart(warehouse.sql("SELECT 1 AS one")).add_params(*params).transform_calculate(told=told)
        return rows.mark_text().encode(text="told:N").properties(title="Told")

    with open_dashboard(browser, write_page(tmp_path, controls, connection)) as page:
        assert page.cards()["Told"][0] == "a 1 1 !"
        page.page.get_by_label("b", exact=True).check()
        page.page.get_by_label("Double").check()
        page.set("At least", "4")
        page.set("Word", "<b>x</b>")
        assert page.cards()["Told"][0] == "b 2 5 <b>x</b>!"
        assert page.unnamed() == []
        page.reset()
        assert page.cards()["Told"][0] == "a 1 1 !"


def test_a_page_that_cannot_draw_says_so(
    browser: "Page", connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def bars(warehouse: Any) -> Any:
        return alt.Chart(warehouse.sql("SELECT 1 AS one")).mark_bar().encode(x="one:Q")

    path = write_page(tmp_path, bars, connection)
    text = path.read_text(encoding="utf-8")
    at = text.index('id="rows-of-query_1">') + len('id="rows-of-query_1">')
    path.write_text(f"{text[:at]}AAAA{text[at:]}", encoding="utf-8")
    browser.goto(path.as_uri())
    assert browser.get_by_role("alert").inner_text().startswith("The charts could not be drawn.")
