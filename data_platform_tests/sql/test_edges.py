"""Each way from a source column into an output column: how, and the fragment of the author's text that says so."""

from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.sql.lineage import ColumnEdges, column_edges, column_lineage
from data_platform.sql.model import parse

TRIPS, ZONES, DAYS = TableName("raw", "trips"), TableName("staged", "zones"), TableName("curated", "days")
COLUMNS = {TRIPS: ["Id", "fare", "tip", "flag", "at", "zone"], ZONES: ["id", "name", "area"], DAYS: ["day", "fare"]}


def edges(sql: str) -> ColumnEdges:
    return column_edges(parse(Path("staged/t.sql"), sql), COLUMNS)


def told(sql: str) -> list[str]:
    """`t.fare > total value 1: sum(fare) AS total`; `*` for all columns."""
    return [
        f"{e.source.table.table[0]}.{e.source.column} > {e.column or '*'} {e.how} {e.line}: {e.sql}"
        for e in edges(sql).edges
    ]


QUERIES = {
    "a projection": (
        "SELECT\n  fare + coalesce(tip, 0)\n    AS total -- of all\nFROM raw.trips",
        [
            "t.fare > total value 2: fare + coalesce(tip, 0) AS total",
            "t.tip > total value 2: fare + coalesce(tip, 0) AS total",
        ],
    ),
    "where": (
        "SELECT fare FROM raw.trips\nWHERE flag IS DISTINCT FROM 'Y' GROUP BY ALL",
        [
            "t.flag > * filter 2: flag IS DISTINCT FROM 'Y'",
            "t.fare > * group 2: GROUP BY ALL",
            "t.fare > fare value 1: fare",
        ],
    ),
    "joins": (
        "SELECT t.fare, z.name FROM raw.trips t\nLEFT JOIN staged.zones z ON z.id = left(t.zone, 3)"
        "\nJOIN curated.days d USING (fare)",
        [
            "z.id > * join 2: z.id = left(t.zone, 3)",
            "t.zone > * join 2: z.id = left(t.zone, 3)",
            "t.fare > * join 3: USING (fare)",
            "d.fare > * join 3: USING (fare)",
            "t.fare > fare value 1: t.fare",
            "z.name > name value 1: z.name",
        ],
    ),
    "group by, having, order with a limit": (
        "SELECT zone AS z, sum(fare) AS s FROM raw.trips\nGROUP BY zone, date_trunc('day', at)"
        "\nHAVING max(tip) > 0\nORDER BY s LIMIT 3",
        [
            "t.tip > * filter 3: max(tip) > 0",
            "t.zone > * group 2: zone",
            "t.at > * group 2: date_trunc('day', at)",
            "t.fare > * order 4: ORDER BY s LIMIT 3",
            "t.zone > z value 1: zone AS z",
            "t.fare > s value 1: sum(fare) AS s",
        ],
    ),
    "a window": (
        "SELECT sum(tip) OVER (\n PARTITION BY zone\n ORDER BY at ROWS 3 PRECEDING) AS running FROM raw.trips",
        [
            "t.tip > running value 1: sum(tip) OVER (PARTITION BY zone ORDER BY at ROWS 3 PRECEDING) AS running",
            "t.zone > running window 2: PARTITION BY zone",
            "t.at > running window 3: ORDER BY at ROWS 3 PRECEDING",
        ],
    ),
    "a named window": (
        "SELECT lag(fare) OVER w AS before FROM raw.trips\nWINDOW w AS (PARTITION BY zone ORDER BY at)",
        [
            "t.fare > before value 1: lag(fare) OVER w AS before",
            "t.zone > before window 2: PARTITION BY zone",
            "t.at > before window 2: ORDER BY at",
        ],
    ),
    "a window that extends another": (
        "SELECT max(fare) OVER late AS most FROM raw.trips"
        "\nWINDOW base AS (PARTITION BY zone),\n late AS (base ORDER BY at)",
        [
            "t.fare > most value 1: max(fare) OVER late AS most",
            "t.at > most window 3: ORDER BY at",
            "t.zone > most window 2: PARTITION BY zone",
        ],
    ),
    "a list that becomes rows": (
        "SELECT fare, unnest(flag) AS f FROM raw.trips",
        [
            "t.flag > * join 1: unnest(flag) AS f",
            "t.fare > fare value 1: fare",
            "t.flag > f value 1: unnest(flag) AS f",
        ],
    ),
    "distinct": (
        "SELECT DISTINCT fare, tip FROM raw.trips",
        [
            "t.fare > * distinct 1: SELECT DISTINCT fare, tip",
            "t.tip > * distinct 1: SELECT DISTINCT fare, tip",
            "t.fare > fare value 1: fare",
            "t.tip > tip value 1: tip",
        ],
    ),
    "distinct on": (
        "SELECT DISTINCT ON (zone) fare FROM raw.trips ORDER BY zone, at",
        [
            "t.zone > * distinct 1: DISTINCT ON (zone)",
            "t.zone > * order 1: ORDER BY zone, at",
            "t.at > * order 1: ORDER BY zone, at",
            "t.fare > fare value 1: fare",
        ],
    ),
    "handed on through CTEs: the projection that does something": (
        "WITH a AS (SELECT fare AS f, tip FROM raw.trips),\nb AS (SELECT f * 2 AS g, tip FROM a)"
        "\nSELECT b.g AS h, b.tip FROM b",
        ["t.fare > h value 2: f * 2 AS g", "t.tip > tip value 3: b.tip"],
    ),
    "a star": (
        "WITH a AS (SELECT *, fare - tip AS net FROM raw.trips)\nSELECT * EXCLUDE (id, at, zone, flag, tip) FROM a",
        [
            "t.fare > fare value 2: * EXCLUDE (id, at, zone, flag, tip)",
            "t.fare > net value 1: fare - tip AS net",
            "t.tip > net value 1: fare - tip AS net",
        ],
    ),
    "two stars around a column": (
        "SELECT z.* EXCLUDE (id, name), t.fare / 2 AS half, d.* EXCLUDE (fare)"
        "\nFROM raw.trips t, staged.zones z, curated.days d",
        [
            "z.area > area value 1: z.* EXCLUDE (id, name)",
            "t.fare > half value 1: t.fare / 2 AS half",
            "d.day > day value 1: d.* EXCLUDE (fare)",
        ],
    ),
    "a union": (
        "SELECT fare AS f FROM raw.trips\nUNION\nSELECT fare FROM curated.days",
        [
            "t.fare > * distinct 2: UNION",
            "d.fare > * distinct 2: UNION",
            "t.fare > f value 1: fare AS f",
            "d.fare > f value 3: fare",
        ],
    ),
    "except": (
        "SELECT fare FROM raw.trips EXCEPT SELECT fare FROM curated.days",
        ["t.fare > * filter 1: EXCEPT", "d.fare > * filter 1: EXCEPT", "t.fare > fare value 1: fare"],
    ),
    "a subquery in a condition": (
        "SELECT fare FROM raw.trips t WHERE zone IN (\nSELECT id FROM staged.zones WHERE area > 3)",
        [
            "z.area > * filter 2: area > 3",
            "t.zone > * filter 1: zone IN (SELECT id FROM staged.zones WHERE area > 3)",
            "z.id > * filter 1: zone IN (SELECT id FROM staged.zones WHERE area > 3)",
            "t.fare > fare value 1: fare",
        ],
    ),
    "an ordered aggregate": (
        "SELECT list(fare ORDER BY at) AS l FROM raw.trips",
        ["t.fare > l value 1: list(fare ORDER BY at) AS l", "t.at > l order 1: ORDER BY at"],
    ),
    "what a percentile orders is its value": (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY fare) AS m FROM raw.trips",
        ["t.fare > m value 1: percentile_cont(0.5) WITHIN GROUP (ORDER BY fare) AS m"],
    ),
    "unnamed columns of a later branch": (
        "SELECT fare AS a, 0 AS b, tip AS c FROM raw.trips UNION ALL SELECT 0, 0, coalesce(fare, 0) FROM curated.days",
        ["t.fare > a value 1: fare AS a", "t.tip > c value 1: tip AS c", "d.fare > c value 1: coalesce(fare, 0)"],
    ),
    "generated rows": (
        "SELECT u.x FROM raw.trips t, unnest(t.flag) AS u(x)",
        ["t.flag > * join 1: unnest(t.flag) AS u(x)", "t.flag > x value 1: unnest(t.flag) AS u(x)"],
    ),
    "from first": (
        "FROM raw.trips SELECT fare * 2 AS twice WHERE tip > 0",
        ["t.tip > * filter 1: tip > 0", "t.fare > twice value 1: fare * 2 AS twice"],
    ),
}


@pytest.mark.parametrize(("sql", "expected"), QUERIES.values(), ids=QUERIES.keys())
def test_each_edge_has_the_fragment_in_which_the_source_stands(sql: str, expected: list[str]) -> None:
    assert sorted(told(sql)) == sorted(expected)


@pytest.mark.parametrize(("sql", "_"), QUERIES.values(), ids=QUERIES.keys())
def test_the_sets_are_what_is_left_of_the_edges(sql: str, _: list[str]) -> None:
    model = parse(Path("staged/t.sql"), sql)
    found = edges(sql).edges
    for name, lineage in column_lineage(model, COLUMNS).items():
        assert lineage.direct == {e.source for e in found if e.column == name and e.how == "value"}
        assert lineage.indirect == {e.source for e in found if e.column in (name, None) and e.how != "value"}


def test_a_column_is_told_with_the_projection_that_makes_it() -> None:
    made = edges(
        "WITH a AS (SELECT * FROM raw.trips)\nSELECT\n  fare AS f,\n  * EXCLUDE (fare, tip, flag, id, zone) FROM a"
    )
    assert {name: (one.sql, one.line) for name, one in made.made_by.items()} == {
        "f": ("fare AS f", 3),
        "at": ("* EXCLUDE (fare, tip, flag, id, zone)", 4),
    }
