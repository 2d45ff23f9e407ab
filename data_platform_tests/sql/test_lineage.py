"""Where columns come from (direct), and what decides about their rows (indirect)."""

import json
from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.sql.lineage import ColumnLineage, as_json, column_lineage, through
from data_platform.sql.model import ModelError, parse

TRIPS, ZONES, DAYS = TableName("raw", "trips"), TableName("staged", "zones"), TableName("curated", "days")
COLUMNS = {TRIPS: ["Id", "fare", "tip", "flag", "at", "zone"], ZONES: ["id", "name", "area"], DAYS: ["day", "fare"]}


def lineage(sql: str) -> dict[str, ColumnLineage]:
    return dict(column_lineage(parse(Path("staged/t.sql"), sql), COLUMNS))


def short(sql: str) -> dict[str, str]:
    """`direct | indirect` of each column, tables by their first letter: `t.fare t.tip | z.id`."""
    found = {}
    for name, column in lineage(sql).items():
        parts = [
            " ".join(f"{s.table.table[0]}.{s.column}" for s in sorted(p)) for p in (column.direct, column.indirect)
        ]
        found[name] = " | ".join(parts).rstrip("| ")
    return found


# A query and the lineage of each of its columns: direct | indirect.
QUERIES = {
    "rename": ("SELECT fare AS fare_usd, ID FROM raw.trips", {"fare_usd": "t.fare", "ID": "t.Id"}),
    "expression": (
        "SELECT fare + coalesce(tip, 0) AS total, 1 AS one FROM raw.trips",
        {"total": "t.fare t.tip", "one": ""},
    ),
    "cast": ("SELECT t.fare::INT AS f, TRY_CAST(t.at AS DATE) AS d FROM raw.trips t", {"f": "t.fare", "d": "t.at"}),
    "case is direct, its condition too": (
        "SELECT CASE flag WHEN 'Y' THEN TRUE END AS stored, CASE WHEN tip > 0 THEN fare ELSE 0 END AS f FROM raw.trips",
        {"stored": "t.flag", "f": "t.fare t.tip"},
    ),
    "where": ("SELECT fare FROM raw.trips WHERE flag = 'Y' AND tip > 0", {"fare": "t.fare | t.flag t.tip"}),
    "left join": (
        "SELECT t.fare, z.name FROM raw.trips t LEFT JOIN staged.zones z ON z.id = t.zone",
        {"fare": "t.fare | t.zone z.id", "name": "z.name | t.zone z.id"},
    ),
    "using": (
        "SELECT id, fare FROM raw.trips LEFT JOIN staged.zones USING (id)",
        {"id": "t.Id z.id | t.Id z.id", "fare": "t.fare | t.Id z.id"},
    ),
    "comma join": ("SELECT fare FROM raw.trips t, staged.zones z WHERE z.id = zone", {"fare": "t.fare | t.zone z.id"}),
    "semi join": (
        "SELECT fare FROM raw.trips t SEMI JOIN staged.zones z ON z.id = t.zone",
        {"fare": "t.fare | t.zone z.id"},
    ),
    "asof join": (
        "SELECT fare, name FROM raw.trips t ASOF JOIN staged.zones z ON t.zone >= z.id",
        {"fare": "t.fare | t.zone z.id", "name": "z.name | t.zone z.id"},
    ),
    "group by": (
        "SELECT zone, sum(fare) AS fares, count(*) AS trips FROM raw.trips GROUP BY zone",
        {"zone": "t.zone | t.zone", "fares": "t.fare | t.zone", "trips": " | t.zone"},
    ),
    "group by position, having, limit": (
        "SELECT zone AS z, sum(fare) AS s FROM raw.trips GROUP BY 1 HAVING max(tip) > 0 ORDER BY 2 LIMIT 3",
        {"z": "t.zone | t.fare t.tip t.zone", "s": "t.fare | t.fare t.tip t.zone"},
    ),
    "group by all": (
        "SELECT zone, flag, max(tip) AS m FROM raw.trips GROUP BY ALL",
        {"zone": "t.zone | t.flag t.zone", "flag": "t.flag | t.flag t.zone", "m": "t.tip | t.flag t.zone"},
    ),
    "order without limit": ("SELECT fare FROM raw.trips ORDER BY tip", {"fare": "t.fare"}),
    "order with limit": ("SELECT fare FROM raw.trips ORDER BY tip LIMIT 3", {"fare": "t.fare | t.tip"}),
    "order all with limit": (
        "SELECT fare, tip FROM raw.trips ORDER BY ALL LIMIT 3",
        {"fare": "t.fare | t.fare t.tip", "tip": "t.tip | t.fare t.tip"},
    ),
    "distinct": (
        "SELECT DISTINCT fare, tip FROM raw.trips",
        {"fare": "t.fare | t.fare t.tip", "tip": "t.tip | t.fare t.tip"},
    ),
    "distinct on": (
        "SELECT DISTINCT ON (zone) fare FROM raw.trips ORDER BY zone, at",
        {"fare": "t.fare | t.at t.zone"},
    ),
    "window": (
        "SELECT fare, sum(tip) OVER (PARTITION BY zone ORDER BY at) AS running FROM raw.trips",
        {"fare": "t.fare", "running": "t.tip | t.at t.zone"},
    ),
    "named window": (
        "SELECT lag(fare) OVER w AS before FROM raw.trips WINDOW w AS (PARTITION BY zone ORDER BY at)",
        {"before": "t.fare | t.at t.zone"},
    ),
    "qualify": (
        "SELECT fare, row_number() OVER (PARTITION BY zone ORDER BY at) AS rn FROM raw.trips QUALIFY rn = 1",
        {"fare": "t.fare | t.at t.zone", "rn": " | t.at t.zone"},
    ),
    "ordered aggregate, filter": (
        "SELECT list(fare ORDER BY at) AS l, sum(fare) FILTER (WHERE flag = 'Y') AS s FROM raw.trips",
        {"l": "t.fare | t.at", "s": "t.fare t.flag"},
    ),
    "lateral column alias": (
        "SELECT fare + tip AS total, total * 2 AS twice FROM raw.trips",
        {"total": "t.fare t.tip", "twice": "t.fare t.tip"},
    ),
    "names that swap": ("SELECT tip AS fare, fare AS tip FROM raw.trips", {"fare": "t.tip", "tip": "t.fare"}),
    "cte chain": (
        "WITH a AS (SELECT fare AS f, zone FROM raw.trips WHERE tip > 0), b AS (SELECT a.f * 2 AS g FROM a)"
        " SELECT g FROM b WHERE g > 1",
        {"g": "t.fare | t.fare t.tip"},
    ),
    "cte with a column list": ("WITH a(x, y) AS (SELECT fare, tip FROM raw.trips) SELECT y FROM a", {"y": "t.tip"}),
    "cte that hides a cte": (
        "WITH t AS (SELECT fare AS a FROM raw.trips), u AS (WITH t AS (SELECT a AS b FROM t) SELECT * FROM t)"
        " SELECT u.b FROM u",
        {"b": "t.fare"},
    ),
    "recursive cte": (
        "WITH RECURSIVE r(x, y, z) AS (SELECT fare, tip, zone FROM raw.trips"
        " UNION ALL SELECT y, z, x FROM r WHERE x < 3) SELECT x FROM r",
        {"x": "t.fare t.tip t.zone | t.fare t.tip t.zone"},
    ),
    "subquery": ("SELECT q.f FROM (SELECT fare AS f, tip FROM raw.trips WHERE flag = 'Y') q", {"f": "t.fare | t.flag"}),
    "filter below a count": (
        "SELECT count(*) AS n FROM (SELECT fare FROM raw.trips WHERE tip > 0) q",
        {"n": " | t.tip"},
    ),
    "limit below": (
        "SELECT fare FROM (SELECT fare, tip FROM raw.trips ORDER BY tip LIMIT 3) q",
        {"fare": "t.fare | t.tip"},
    ),
    "scalar subquery": (
        "SELECT fare, (SELECT max(area) FROM staged.zones z WHERE z.id = t.zone) AS m FROM raw.trips t",
        {"fare": "t.fare", "m": "z.area | t.zone z.id"},
    ),
    "in and exists": (
        "SELECT fare FROM raw.trips t WHERE zone IN (SELECT id FROM staged.zones)"
        " AND EXISTS (FROM curated.days d WHERE d.day = t.at)",
        {"fare": "t.fare | d.day t.at t.zone z.id"},
    ),
    "lateral": (
        "SELECT l.area FROM raw.trips t"
        " LEFT JOIN LATERAL (SELECT area FROM staged.zones z WHERE z.id = t.zone) l ON true",
        {"area": "z.area | t.zone z.id"},
    ),
    "union all": (
        "SELECT fare, 'trip' AS kind FROM raw.trips WHERE tip > 0 UNION ALL SELECT fare, flag FROM"
        " (SELECT d.fare, d.day AS flag FROM curated.days d) q",
        {"fare": "d.fare t.fare | t.tip", "kind": "d.day | t.tip"},
    ),
    "union": (
        "SELECT fare FROM raw.trips UNION SELECT fare FROM curated.days",
        {"fare": "d.fare t.fare | d.fare t.fare"},
    ),
    "except": ("SELECT fare FROM raw.trips EXCEPT SELECT fare FROM curated.days", {"fare": "t.fare | d.fare t.fare"}),
    "limited union": (
        "(SELECT fare AS f FROM raw.trips) UNION ALL SELECT fare FROM curated.days ORDER BY f LIMIT 3",
        {"f": "d.fare t.fare | d.fare t.fare"},
    ),
    "star": ("SELECT * EXCLUDE (at, zone, flag) FROM raw.trips", {"Id": "t.Id", "fare": "t.fare", "tip": "t.tip"}),
    "star replace and rename": (
        "SELECT * EXCLUDE (id) REPLACE (area / 2 AS area) RENAME (name AS label) FROM staged.zones",
        {"label": "z.name", "area": "z.area"},
    ),
    "star of one relation": (
        "SELECT z.*, t.fare FROM raw.trips t LEFT JOIN staged.zones z ON z.id = t.zone",
        {
            "id": "z.id | t.zone z.id",
            "name": "z.name | t.zone z.id",
            "area": "z.area | t.zone z.id",
            "fare": "t.fare | t.zone z.id",
        },
    ),
    "unnest": (
        "SELECT u.x, t.fare FROM raw.trips t, unnest(t.flag) AS u(x)",
        {"x": "t.flag | t.flag", "fare": "t.fare | t.flag"},
    ),
    "struct": (
        "SELECT flag.a AS a, t.flag.b.c AS c, {'f': fare} AS s FROM raw.trips t",
        {"a": "t.flag", "c": "t.flag", "s": "t.fare"},
    ),
    "lambda": ("SELECT list_transform(flag, lambda x: x + tip) AS l FROM raw.trips", {"l": "t.flag t.tip"}),
    "generated rows": ("SELECT g.i, fare FROM generate_series(1, 3) AS g(i), raw.trips", {"i": "", "fare": "t.fare"}),
    "values": (
        "SELECT v.x, fare FROM raw.trips JOIN (VALUES (1), (2)) v(x) ON v.x = zone",
        {"x": " | t.zone", "fare": "t.fare | t.zone"},
    ),
    "quoted and in any case": (
        'SELECT "FARE" AS "Fare Usd", Trips.TIP FROM RAW.Trips',
        {"Fare Usd": "t.fare", "TIP": "t.tip"},
    ),
    "schema before a column": ("SELECT raw.trips.fare FROM raw.trips", {"fare": "t.fare"}),
}


@pytest.mark.parametrize(("sql", "expected"), QUERIES.values(), ids=QUERIES.keys())
def test_each_column_is_traced_to_its_sources(sql: str, expected: dict[str, str]) -> None:
    assert short(sql) == {name: text.rstrip("| ") for name, text in expected.items()}


def test_an_unknown_column_is_told_with_its_line() -> None:
    with pytest.raises(ModelError, match=r"staged/t\.sql:2: Column 'fear' could not be resolved"):
        lineage("SELECT tip,\n fear FROM raw.trips")


def test_a_table_without_known_columns_is_told() -> None:
    with pytest.raises(ModelError, match=r"staged/t\.sql:1: the columns of raw\.other are not known"):
        lineage("SELECT a FROM raw.other")


def test_a_view_is_looked_through() -> None:
    view = lineage("SELECT fare + tip AS total, zone, at FROM raw.trips WHERE flag = 'Y'")
    model = parse(Path("curated/c.sql"), "SELECT zone, sum(total) AS s FROM staged.trips GROUP BY zone")
    name = TableName("staged", "trips")
    seen = through(column_lineage(model, {name: ["total", "zone", "at"]}), {name: view})
    assert as_json(seen) == {
        "zone": {"direct": ["raw.trips.zone"], "indirect": ["raw.trips.flag", "raw.trips.zone"]},
        "s": {"direct": ["raw.trips.fare", "raw.trips.tip"], "indirect": ["raw.trips.flag", "raw.trips.zone"]},
    }


def test_looking_through_a_view_gives_what_its_text_in_its_place_gives() -> None:
    inner = "SELECT fare * 2 AS Twice, name FROM raw.trips LEFT JOIN staged.zones z ON z.id = zone WHERE tip > 0"
    outer = "SELECT name, max(twice) AS m, count(*) AS n FROM {} AS v LEFT JOIN curated.days d ON d.fare = v.twice"
    outer += " GROUP BY name"
    view = TableName("staged", "doubled")
    model = parse(Path("curated/c.sql"), outer.format("staged.doubled"))
    read_view = column_lineage(model, {**COLUMNS, view: ["twice", "name"]})
    assert through(read_view, {view: lineage(inner)}) == lineage(outer.format(f"({inner})"))


def test_a_filter_in_a_view_decides_about_a_count() -> None:
    view = TableName("staged", "tipped")
    model = parse(Path("curated/c.sql"), "SELECT count(*) AS n FROM staged.tipped")
    seen = through(column_lineage(model, {view: ["fare"]}), {view: lineage("SELECT fare FROM raw.trips WHERE tip > 0")})
    assert as_json(seen) == {"n": {"direct": [], "indirect": ["raw.trips.tip"]}}


def test_lineage_is_plain_json_in_a_fixed_order() -> None:
    text = json.dumps(as_json(lineage("SELECT tip + fare AS total FROM raw.trips WHERE zone > 1 AND at > 2")))
    expected = (
        '{"total": {"direct": ["raw.trips.fare", "raw.trips.tip"], "indirect": ["raw.trips.at", "raw.trips.zone"]}}'
    )
    assert text == expected
