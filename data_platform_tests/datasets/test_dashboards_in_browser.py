"""The installed dashboards in a real browser: every number equals SQL on the warehouse, whatever is selected."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from data_platform.warehouse.read import open_read_only
from data_platform_tests.datasets.building import House
from data_platform_tests.ui.dashboard_page import DashboardPage, open_dashboard
from data_platform_tests.ui.pages import IN_BROWSER

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = IN_BROWSER

_STATION = "concat_ws(' · ', station, line, division)"
_DAYS = "BETWEEN $first AND $last AND ($station IS NULL OR concat_ws(' · ', station, line, division) = $station)"


@pytest.fixture
def warehouse(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_read_only(house.settings.warehouse_path) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    used = {name: value for name, value in parameters.items() if re.search(rf"\${name}\b", sql)}
    return connection.execute(sql, used).fetchall()


def near(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(round(float(x), 6) if isinstance(x, float | int) else x for x in row) for row in found]


# 31 ST is the name of two stations, and FOUNDRY SQ of one that booths spell in two ways.
@pytest.mark.parametrize(
    ("first", "last", "station"),
    [
        ("2014-10-04", "2014-11-07", None),
        ("2014-10-11", "2014-10-24", None),
        ("2014-10-04", "2014-11-07", "31 ST · NQR · BMT"),
        ("2014-11-01", "2014-11-07", "TANNERS LA · G · IND"),
    ],
)
def test_ridership_equals_sql_for_any_selection(
    browser: "Page",
    dashboards: Path,
    warehouse: duckdb.DuckDBPyConnection,
    first: str,
    last: str,
    station: str | None,
) -> None:
    selected = {"first": first, "last": last, "station": station}
    with open_dashboard(browser, dashboards / "ridership.html") as page:
        page.set("From", first)
        page.set("To", last)
        page.set("Station", station or "All stations")
        _cards_of_ridership(page, warehouse, selected)
        _panels_of_ridership(page, warehouse, selected)
        page.reset()
        _cards_of_ridership(page, warehouse, {"first": "2014-10-04", "last": "2014-11-07", "station": None})


def _cards_of_ridership(
    page: DashboardPage, warehouse: duckdb.DuckDBPyConnection, selected: dict[str, str | None]
) -> None:
    ((entries, exits, stations, covered, open_, missed, days, complete, station_days),) = rows(
        warehouse,
        f"SELECT sum(entries), sum(exits), count(DISTINCT {_STATION}),"
        " sum(least(covered_seconds, 86400 * turnstiles)), sum(86400 * turnstiles), sum(intervals_not_counted),"
        " count(DISTINCT service_date), count_if(is_complete), count(*)"
        f" FROM curated.station_daily_ridership WHERE service_date {_DAYS}",
        **selected,
    )
    assert page.cards() == {
        "Entries": (f"{entries:,}", "people who entered"),
        "Exits": (f"{exits:,}", "people who left"),
        "Stations": (f"{stations}", "with turnstiles in this selection"),
        "Coverage": (f"{covered / open_:.1%}", f"of the time; {missed:,} intervals not counted"),
        "Days": (f"{days}", f"{complete:,} of {station_days:,} station-days are complete"),
    }


def _panels_of_ridership(
    page: DashboardPage, warehouse: duckdb.DuckDBPyConnection, selected: dict[str, str | None]
) -> None:
    ranked = rows(
        warehouse,
        f"SELECT {_STATION}, sum(entries), sum(exits) FROM curated.station_daily_ridership"
        f" WHERE service_date {_DAYS} GROUP BY 1 ORDER BY 2 DESC, 1",
        **selected,
    )
    bars = sorted(page.marks("Busiest stations", "rect"), key=lambda one: one["place"])
    shown = [(one["station"], one["entries"], one["exits"]) for one in bars]
    assert near(shown) == near(ranked[:15])
    against = [(one["station"], one["entries"], one["exits"]) for one in page.marks("Entries against exits", "symbol")]
    assert sorted(near(against)) == sorted(near(ranked))
    _days_of_ridership(page, warehouse, selected)


def _days_of_ridership(
    page: DashboardPage, warehouse: duckdb.DuckDBPyConnection, selected: dict[str, str | None]
) -> None:
    days = (
        "SELECT CAST(service_date AS DATE) AS day, isodow(service_date) AS weekday, sum(entries) AS entries,"
        " sum(exits) AS exits, sum(least(covered_seconds, 86400 * turnstiles)) / sum(86400 * turnstiles) AS coverage"
        f" FROM curated.station_daily_ridership WHERE service_date {_DAYS} GROUP BY ALL"
    )
    each = rows(
        warehouse, f"SELECT CAST(day AS VARCHAR), entries, exits, coverage FROM ({days}) ORDER BY 1", **selected
    )
    by_day = page.marks("Day by day", "symbol")
    people = {(one["day"], one["what"]): one["people"] for one in by_day}
    assert [(day, people[day, "entries"], people[day, "exits"]) for day, *_ in each] == [row[:3] for row in each]
    assert len(people) == 2 * len(each) == len(by_day)
    assert {one["day"]: round(one["coverage"], 9) for one in by_day} == {row[0]: round(row[3], 9) for row in each}

    typical = rows(
        warehouse,
        f"SELECT weekday, avg(entries), avg(exits) FROM ({days}) WHERE coverage >= 0.99 GROUP BY 1 ORDER BY 1",
        **selected,
    )
    bars = page.marks("By day of the week", "rect")
    people = {(one["weekday"], one["what"]): one["people"] for one in bars}
    assert near([(day, people[day, "entries"], people[day, "exits"]) for day, *_ in typical]) == near(typical)
    assert len(bars) == 2 * len(typical)

    slots = rows(
        warehouse,
        f"SELECT hour(slot_start), sum(s.entries), sum(s.exits), (SELECT count_if(coverage >= 0.99) FROM ({days}))"
        f" FROM curated.station_time_slots AS s WHERE CAST(slot_start AS DATE) {_DAYS}"
        f" AND CAST(slot_start AS DATE) IN (SELECT day FROM ({days}) WHERE coverage >= 0.99) GROUP BY 1 ORDER BY 1",
        **selected,
    )
    bars = page.marks("By slot of four hours", "rect")
    people = {(one["hour"], one["what"]): one["people"] for one in bars}
    means = [(hour, entries / count, exits / count) for hour, entries, exits, count in slots]
    assert near([(hour, people[hour, "entries"], people[hour, "exits"]) for hour, *_ in means]) == near(means)


@pytest.mark.parametrize(
    ("service", "borough", "weekday"), [(None, None, None), ("green", "Brooklyn", None), ("yellow", None, 6)]
)
def test_demand_equals_sql_for_any_selection(
    browser: "Page",
    dashboards: Path,
    warehouse: duckdb.DuckDBPyConnection,
    service: str | None,
    borough: str | None,
    weekday: int | None,
) -> None:
    selected = {"service": service, "borough": borough, "weekday": weekday}
    where = (
        "($service IS NULL OR service = $service) AND ($borough IS NULL OR {} = $borough)"
        " AND ($weekday IS NULL OR isodow(pickup_date) = $weekday)"
    )
    zones = f"FROM curated.zone_hour_demand WHERE {where.format('borough')}"
    flows = f"FROM curated.borough_flows WHERE {where.format('pickup_borough')}"
    with open_dashboard(browser, dashboards / "demand.html") as page:
        page.set("Taxis", {"green": "Green", "yellow": "Yellow", None: "Yellow and green"}[service])
        page.set("Borough of pickup", borough or "All boroughs")
        page.set("Day of the week", {None: "All days", 6: "Saturday"}[weekday])

        ((pickups, count, usd),) = rows(
            warehouse, f"SELECT sum(pickups), count(DISTINCT zone_id), sum(revenue_usd) {zones}", **selected
        )
        ((miles, trips),) = rows(warehouse, f"SELECT sum(distance_miles), sum(trips - refunds) {flows}", **selected)
        cards = {title: figure for title, (figure, _) in page.cards().items()}
        assert cards == {
            "Pickups": f"{pickups:,}",
            "Zones": f"{count}",
            "Revenue": f"${usd:,.0f}",
            "Mean distance": f"{float(miles) / float(trips):.2f} mi",
        }
        cells = _busiest_zones(warehouse, zones, selected)
        heat = [
            (one["zone"], one["hour"], one["pickups"]) for one in page.marks("The busiest zones, hour by hour", "rect")
        ]
        assert sorted(near(heat)) == sorted(near(cells))
        pairs = rows(
            warehouse,
            f"SELECT pickup_borough, dropoff_borough, sum(trips - refunds), sum(revenue_usd) {flows}"
            " GROUP BY ALL HAVING sum(trips - refunds) > 0",
            **selected,
        )
        shown = [
            (one["borough"], one["dropoff_borough"], one["trips"], round(one["usd"], 2))
            for one in page.marks("From borough to borough", "rect")
        ]
        assert sorted(near(shown)) == sorted(near([(*row[:3], float(row[3])) for row in pairs]))
        hours = rows(warehouse, f"SELECT pickup_hour, sum(pickups) {zones} GROUP BY 1", **selected)
        bars = [(one["hour"], one["pickups"]) for one in page.marks("Hour by hour", "rect")]
        assert sorted(near(bars)) == sorted(near(hours))


def _busiest_zones(warehouse: duckdb.DuckDBPyConnection, zones: str, selected: dict[str, Any]) -> list[tuple[Any, ...]]:
    cells = (
        f"SELECT zone || ' · ' || zone_id AS name, pickup_hour AS hour, sum(pickups) AS pickups {zones} GROUP BY ALL"
    )
    busiest = f"SELECT name FROM ({cells}) GROUP BY name ORDER BY sum(pickups) DESC, name LIMIT 20"
    return rows(warehouse, f"SELECT name, hour, pickups FROM ({cells}) WHERE name IN ({busiest})", **selected)


def test_revenue_equals_sql(browser: "Page", dashboards: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with open_dashboard(browser, dashboards / "revenue_trend.html") as page:
        ((usd, refunded, refunds, trips),) = rows(
            warehouse, "SELECT sum(revenue_usd), sum(refunded_usd), sum(refunds), sum(trips) FROM curated.daily_revenue"
        )
        cards = page.cards()
        assert cards["Revenue"][0] == f"${usd:,.0f}"
        assert cards["Refunded"] == (f"${refunded:,.0f}", f"{refunds:,} refunds, {refunds / trips:.2%} of trip records")
        days = rows(
            warehouse,
            "SELECT service, CAST(pickup_date AS VARCHAR), CAST(sum(revenue_usd) AS DOUBLE) FROM curated.daily_revenue"
            " WHERE borough = 'Manhattan' GROUP BY ALL",
        )
        shown = {(one["service"], one["usd"]) for one in page.marks("Manhattan", "line")}
        assert {(service, value) for service, _, value in days} <= shown
        weeks = rows(
            warehouse,
            "SELECT service, sum(refunds) / sum(trips) FROM curated.daily_revenue"
            " GROUP BY service, date_trunc('week', pickup_date)",
        )
        points = [(one["service"], one["refunds_share"]) for one in page.marks("Refunds week by week", "symbol")]
        assert sorted(near(points)) == sorted(near(weeks))
        boroughs = rows(warehouse, "SELECT borough, service, sum(refunded_usd) FROM curated.daily_revenue GROUP BY ALL")
        bars = [
            (one["borough"], one["service"], one["refunded_usd"]) for one in page.marks("Refunds by borough", "rect")
        ]
        assert sorted(near(bars)) == sorted(near([(*row[:2], float(row[2])) for row in boroughs]))
