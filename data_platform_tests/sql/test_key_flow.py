"""Which columns of a model narrow its inputs, and to what; what does not narrow is left out, never guessed."""

import pytest

from data_platform.lake.names import TableName
from data_platform.sql.key_flow import View, feeds

TRIPS, ZONES = TableName("staged", "trips"), TableName("staged", "zones")
TABLES = {
    TRIPS: ("service", "pickup_at", "zone_id", "total_usd"),
    ZONES: ("zone_id", "Borough"),
    TableName("staged", "both"): ("service", "day"),
}
VIEWS = {
    TableName("staged", "both"): View(
        "SELECT t.service, CAST(t.pickup_at AS DATE) AS day FROM staged.trips AS t "
        "UNION ALL SELECT 'none' AS s, NULL AS d FROM staged.zones",
        (("service", "VARCHAR"), ("day", "DATE")),
    )
}

CASES = {
    "group keys": (
        "SELECT service, CAST(pickup_at AS DATE) AS day, sum(total_usd) AS usd FROM staged.trips GROUP BY ALL",
        [(TRIPS, {"service": '"service"', "day": 'CAST("pickup_at" AS DATE)'})],
    ),
    "a filter and an order change nothing": (
        "SELECT service FROM staged.trips WHERE total_usd > 0 ORDER BY pickup_at LIMIT 3",
        [(TRIPS, {"service": '"service"'})],
    ),
    "through a CTE": (
        "WITH d AS (SELECT hour(pickup_at) AS h, count(*) AS n FROM staged.trips GROUP BY 1) SELECT h + 1 AS k FROM d",
        [(TRIPS, {"k": 'HOUR("pickup_at") + 1'})],
    ),
    "through a subquery with named columns": (
        "SELECT a FROM (SELECT service, zone_id FROM staged.trips) AS s(a, b)",
        [(TRIPS, {"a": '"service"'})],
    ),
    "both branches of a UNION, by position, and a constant in one": (
        "SELECT service AS s, zone_id AS z FROM staged.trips UNION ALL SELECT 'x' AS q, zone_id FROM staged.zones",
        [(TRIPS, {"s": '"service"', "z": '"zone_id"'}), (ZONES, {"s": "'x'", "z": '"zone_id"'})],
    ),
    "a lookup is narrowed by what it is joined on": (
        "SELECT t.zone_id AS z, coalesce(l.Borough, '?') AS b FROM staged.trips AS t "
        "LEFT JOIN staged.zones AS l ON t.zone_id = l.zone_id AND l.Borough <> 'x'",
        [(TRIPS, {"z": '"zone_id"'}), (ZONES, {"z": '"zone_id"', "b": "COALESCE(\"borough\", '?')"})],
    ),
    "the driving side is not narrowed by a lookup's column, which may be NULL": (
        "SELECT l.zone_id AS z FROM staged.trips AS t LEFT JOIN staged.zones AS l ON t.zone_id = l.zone_id",
        [(TRIPS, {}), (ZONES, {"z": '"zone_id"'})],
    ),
    "an inner join narrows both": (
        "SELECT l.zone_id AS z FROM staged.trips AS t JOIN staged.zones AS l USING (zone_id)",
        [(TRIPS, {"z": '"zone_id"'}), (ZONES, {"z": '"zone_id"'})],
    ),
    "a column of two tables narrows neither": (
        "SELECT t.service || l.Borough AS k FROM staged.trips AS t CROSS JOIN staged.zones AS l",
        [(TRIPS, {}), (ZONES, {})],
    ),
    "aggregates, also those that the parser does not know": (
        "SELECT max(service) AS a, histogram(zone_id) AS b, mean(total_usd) AS c FROM staged.trips",
        [(TRIPS, {})],
    ),
    "sums across groups": (
        "SELECT service, sum(total_usd) AS usd FROM staged.trips GROUP BY ROLLUP (service)",
        [(TRIPS, {})],
    ),
    "a table in a condition decides, and nothing narrows it": (
        "SELECT service FROM staged.trips WHERE zone_id IN (SELECT zone_id FROM staged.zones)",
        [(TRIPS, {"service": '"service"'}), (ZONES, {})],
    ),
    "an expression of an expression": (
        "SELECT d.n * 2 AS k FROM (SELECT zone_id - 1 AS n FROM staged.trips) AS d",
        [(TRIPS, {"k": '("zone_id" - 1) * 2'})],
    ),
    "a view, cast to its columns": (
        "SELECT service, day, count(*) AS n FROM staged.both GROUP BY ALL",
        [
            (TRIPS, {"service": 'CAST("service" AS TEXT)', "day": 'CAST("pickup_at" AS DATE)'}),
            (ZONES, {"service": "CAST('none' AS TEXT)", "day": "CAST(NULL AS DATE)"}),
        ],
    ),
    "what feeds itself": (
        "WITH RECURSIVE r AS (SELECT zone_id FROM staged.zones UNION ALL SELECT zone_id + 1 FROM r WHERE zone_id < 3) "
        "SELECT zone_id FROM r",
        [(ZONES, {})],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_columns_that_are_values_of_an_input_narrow_it(case: str) -> None:
    text, expected = CASES[case]
    found = feeds(text, TABLES, VIEWS)
    assert [(one.table, dict(one.keys)) for one in found] == expected
    assert not any(one.looks_further for one in found)


def test_windows_narrow_by_what_all_of_them_are_partitioned_by() -> None:
    (found,) = feeds(
        "SELECT service, zone_id, sum(total_usd) OVER (PARTITION BY service ORDER BY pickup_at) AS usd, "
        "count(*) OVER (PARTITION BY service, zone_id) AS n FROM staged.trips",
        TABLES,
    )
    assert (dict(found.keys), found.looks_further) == ({"service": '"service"'}, True)


def test_a_window_below_is_seen_above() -> None:
    (found,) = feeds(
        "WITH w AS (SELECT zone_id, lag(service) OVER (ORDER BY pickup_at) AS before FROM staged.trips) "
        "SELECT zone_id, before FROM w",
        TABLES,
    )
    assert (dict(found.keys), found.looks_further) == ({}, True)
