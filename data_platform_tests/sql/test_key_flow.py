"""Which columns of a model narrow its inputs, and to what; what does not narrow is left out, never guessed."""

import pytest

from data_platform.engines.duckdb import database
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
    "an order changes nothing": (
        "SELECT service FROM staged.trips ORDER BY pickup_at",
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


@pytest.mark.parametrize(
    ("text", "only", "leaves_out"),
    [
        (
            "SELECT service FROM staged.trips WHERE zone_id > 3 AND service = 'x'",
            ['"zone_id" > 3', "\"service\" = 'x'"],
            False,
        ),
        (
            "WITH c AS (SELECT zone_id + 1 AS z FROM staged.trips) SELECT z FROM c WHERE z > 3",
            ['("zone_id" + 1) > 3'],
            False,
        ),
        ("SELECT service FROM staged.trips WHERE zone_id = (SELECT 3)", [], True),
        ("SELECT service FROM staged.trips GROUP BY ALL HAVING count(*) > 3", [], True),
        ("SELECT service FROM staged.trips LIMIT 3", [], True),
        ("SELECT service FROM staged.trips EXCEPT SELECT 'x'", [], True),
        ("SELECT t.service FROM staged.trips AS t, (SELECT 1 AS one) AS o", [], True),
        ("SELECT t.service FROM staged.trips AS t LEFT JOIN (SELECT 1 AS one) AS o ON t.zone_id = o.one", [], False),
    ],
)
def test_conditions_on_one_row_are_kept_and_others_are_said(text: str, only: list[str], leaves_out: bool) -> None:
    (found,) = feeds(text, TABLES)
    assert (list(found.only), found.leaves_out) == (only, leaves_out)


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


EXPRESSIONS = """\
date_trunc('day', ts) ;; date_trunc('month', ts) ;; CAST(date_trunc('week', ts) AS DATE) ;; ts::DATE
CAST(ts AS DATE) + 1 ;; hour(ts) ;; year(ts) ;; isodow(ts) ;; dayofweek(ts) ;; dayname(ts) ;; quarter(ts)
week(ts) ;; last_day(ts) ;; epoch(ts) ;; strftime(ts, '%Y-%m') ;; extract('minute' FROM ts)
date_part('isoyear', ts) ;; date_diff('day', DATE '2024-01-01', ts) ;; ts + INTERVAL 1 DAY
date_sub('month', DATE '2023-11-30', ts) ;; ts - INTERVAL '3 hours 10 minutes' ;; timezone('UTC', ts)
make_date(2024, 1, n) ;; time_bucket(INTERVAL '4 hours', ts) ;; ts AT TIME ZONE 'America/New_York'
CAST(ts AS TIME) ;; strptime('2024-01-02', '%Y-%m-%d') ;; md5(CAST(to_json([t, u]) AS VARCHAR)) ;; hash(t)
t || '-' || u ;; concat(t, u) ;; concat_ws('/', t, u) ;; coalesce(u, t, '?') ;; nullif(t, 'b')
CASE t WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 0 END ;; CASE WHEN n > 1 AND u IS NULL THEN t END
lower(upper(t)) ;; substr(t, 1, 1) ;; left(t, 1) ;; t[1] ;; string_split('a,b', ',')[1]
regexp_extract(t, '([a-z])', 1) ;; regexp_replace(t, 'a', 'x', 'g') ;; length(t) ;; trim('  x ')
replace(t, 'a', 'b') ;; lpad(t, 5, '0') ;; t LIKE 'a%' ;; t IN ('a', 'c') ;; n BETWEEN 1 AND 2 ;; u IS NULL
n // 2 ;; n % 2 ;; -n ;; n ** 2 ;; round(x, 1) ;; floor(x) ;; x / 3 ;; TRY_CAST(x AS DECIMAL(8,2))
TRY_CAST(t AS INTEGER) ;; abs(x) ;; greatest(n, 2) ;; u IS NOT DISTINCT FROM t ;; NOT (n > 1) ;; n & 1
n << 1 ;; xor(n, 3) ;; struct_pack(a := n, b := t).a ;; {'a': n}.a ;; [n, n + 1][2] ;; if(n > 1, t, u)
ifnull(u, t) ;; starts_with(t, 'a') ;; year(ts) * 10000 + month(ts) * 100 + day(ts) ;; sha256(t)
bar(n, 0, 3) ;; list_contains([1, 2], n) ;; list_transform([n], lambda z: z + 1) ;; isnan(x)
CAST(n AS VARCHAR) ;; ascii(t) ;; t ~ '^a' ;; t SIMILAR TO 'a.*'
"""
ROWS = """\
(VALUES
    (TIMESTAMP '2024-03-10 02:30:11.5', 'a', NULL, 1, 1.25::DOUBLE),
    (TIMESTAMP '2023-12-31 23:59:59', 'b', 'x''y', 2, -7.5),
    (TIMESTAMP '2024-02-29 00:00:00', 'abc', 'c', 3, 'nan'),
    (NULL, NULL, NULL, NULL, NULL)
) AS r(ts, t, u, n, x)
"""


def test_an_expression_says_the_same_when_it_was_taken_apart() -> None:
    """Its text is written anew: were a function misread, the rows behind a row would be missed."""
    table, wrong = TableName("staged", "r"), []
    with database() as connection:
        for expression in EXPRESSIONS.replace("\n", " ;; ").strip(" ;").split(" ;; "):
            (found,) = feeds(f"SELECT {expression} AS k FROM staged.r", {table: ("ts", "t", "u", "n", "x")})
            same = f"count(*) FILTER ((({expression})) IS NOT DISTINCT FROM ({found.keys['k']}))"
            if connection.execute(f"SELECT count(*), {same} FROM {ROWS}").fetchall() != [(4, 4)]:
                wrong.append((expression, found.keys["k"]))
    assert wrong == []
