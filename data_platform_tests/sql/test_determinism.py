"""The same inputs give the same table: clocks, chance and accidental order are refused."""

from pathlib import Path

import duckdb
import pytest

from data_platform.sql.model import ModelError, check_deterministic, parse


@pytest.fixture(scope="module")
def volatile() -> frozenset[str]:
    """What DuckDB itself does not call consistent."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        ).fetchall()
    return frozenset(name for (name,) in found)


def check(sql: str, volatile: frozenset[str]) -> None:
    check_deterministic(parse(Path("m.sql"), sql), volatile)


CLOCKS = [
    "now()",
    "NOW ( )",
    '"now"()',
    "today()",
    "current_date",
    "CURRENT_DATE",
    '"current_date"',
    "current_date()",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "get_current_timestamp()",
    "get_current_time()",
    "transaction_timestamp()",
    "ago(INTERVAL 1 DAY)",
    "random()",
    "uuid()",
    "gen_random_uuid()",
    "uuidv7()",
    "nextval('s')",
    "currval('s')",
    "getvariable('x')",
    "current_setting('threads')",
    "current_schema()",
    "current_user",
    "txid_current()",
    "a + (SELECT random())",
    "list_transform([a], lambda x: x + random())",
    "sum(a) FILTER (WHERE random() > 0.5)",
    "CASE WHEN a > 1 THEN now() END",
]
PLACES = {
    "in a column": "SELECT 1 AS one,\n {} AS x FROM raw.t",
    "in a CTE": "WITH c AS (SELECT\n {} AS x FROM raw.t) SELECT x FROM c",
    "in where": "SELECT a FROM raw.t\nWHERE {} IS NOT NULL",
    "in order by": "SELECT a FROM raw.t ORDER BY\n {}",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("clock", CLOCKS)
def test_clocks_chance_and_session_are_refused_however_they_are_written(
    clock: str, place: str, volatile: frozenset[str]
) -> None:
    with pytest.raises(ModelError, match=r"m\.sql:2: \w+ gives another value at another time"):
        check(place.format(clock), volatile)


REFUSED = {
    "first": ("SELECT k, first(a) AS a FROM raw.t GROUP BY k", "first depends on the order"),
    "last": ("SELECT k, last(a) AS a FROM raw.t GROUP BY k", "last depends"),
    "any_value": ("SELECT k, any_value(a) AS a FROM raw.t GROUP BY k", r"or use min\(\) or max\(\)"),
    "arbitrary": ("SELECT k, arbitrary(a) AS a FROM raw.t GROUP BY k", "arbitrary depends"),
    "list": ("SELECT k, list(a) AS a FROM raw.t GROUP BY k", r"list\(… ORDER BY column\)"),
    "array_agg": ("SELECT k, ARRAY_AGG(DISTINCT a) AS a FROM raw.t GROUP BY k", "array_agg depends"),
    "quoted": ('SELECT k, "list"(a) AS a FROM raw.t GROUP BY k', "list depends"),
    "string_agg": ("SELECT k, string_agg(a, ',') AS a FROM raw.t GROUP BY k", "group_concat depends"),
    "group_concat": ("SELECT k, group_concat(a) AS a FROM raw.t GROUP BY k", "group_concat depends"),
    "filtered": ("SELECT k, list(a) FILTER (WHERE a > 1) AS a FROM raw.t GROUP BY k", "list depends"),
    "order of something else": ("SELECT list(a) AS a, sum(a ORDER BY b) AS s FROM raw.t", "list depends"),
    "arg_max": ("SELECT k, arg_max(a, b) AS a FROM raw.t GROUP BY k", "arg_max depends"),
    "mode": ("SELECT k, mode(a) AS a FROM raw.t GROUP BY k", "mode depends"),
    "list over a partition": ("SELECT list(a) OVER (PARTITION BY k) AS a FROM raw.t", "list depends"),
    "row_number": ("SELECT row_number() OVER () AS n FROM raw.t", r"row_number .* add ORDER BY to its OVER"),
    "lag": ("SELECT lag(a) OVER (PARTITION BY k) AS n FROM raw.t", "lag depends"),
    "first_value": ("SELECT first_value(a) OVER w AS n FROM raw.t WINDOW w AS (PARTITION BY k)", "first_value dep"),
    "limit": ("SELECT a FROM raw.t LIMIT 3", "LIMIT without ORDER BY"),
    "limit of a union": ("(SELECT a FROM raw.t ORDER BY a) UNION ALL SELECT a FROM raw.u LIMIT 3", "LIMIT without"),
    "limit in a subquery": ("SELECT q.a FROM (SELECT a FROM raw.t LIMIT 3) AS q ORDER BY a", "LIMIT without"),
    "offset": ("SELECT a FROM raw.t OFFSET 3", "LIMIT without"),
    "distinct on": ("SELECT DISTINCT ON (k) a FROM raw.t", "DISTINCT ON without ORDER BY"),
    "sample": ("SELECT a FROM raw.t TABLESAMPLE 10%", "a sample"),
    "using sample": ("SELECT a FROM raw.t USING SAMPLE 3", "a sample"),
    "positional join": ("SELECT t.a FROM raw.t POSITIONAL JOIN raw.u", "POSITIONAL JOIN"),
}


@pytest.mark.parametrize(("sql", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_an_order_that_nobody_asked_for_is_refused(sql: str, reason: str, volatile: frozenset[str]) -> None:
    with pytest.raises(ModelError, match=reason):
        check(sql, volatile)


ACCEPTED = [
    "SELECT k, first(a ORDER BY b) AS f, list(a ORDER BY a) AS l FROM raw.t GROUP BY k",
    "SELECT k, string_agg(a, ',' ORDER BY b) AS s FROM raw.t GROUP BY k",
    "SELECT k, arg_max(a, b ORDER BY id) AS a, mode(a ORDER BY a) AS m, min(a) AS n FROM raw.t GROUP BY k",
    "SELECT k, listagg(a, ',') WITHIN GROUP (ORDER BY b) AS l FROM raw.t GROUP BY k",
    "SELECT mode() WITHIN GROUP (ORDER BY a) AS m FROM raw.t",
    "SELECT list(a) OVER (ORDER BY b) AS l, row_number() OVER (PARTITION BY k ORDER BY a) AS n FROM raw.t",
    "SELECT lag(a) OVER w AS n, sum(a) OVER () AS s FROM raw.t WINDOW w AS (PARTITION BY k ORDER BY a)",
    "SELECT first(a ORDER BY b) FILTER (WHERE a > 1) AS f FROM raw.t",
    "SELECT a FROM raw.t ORDER BY a LIMIT 3",
    "SELECT DISTINCT ON (k) a FROM raw.t ORDER BY k, a",
    "SELECT 'now()' AS text, \"random\" AS r, t.today, a AS current_date, q.uuid FROM raw.t, raw.q -- now()",
    "SELECT {'current_date': a} AS s, t.current_date FROM raw.t",
    "SELECT list_first([a]) AS f, hash(a) % 10 AS h, list_value(a) AS l FROM raw.t",
]


@pytest.mark.parametrize("sql", ACCEPTED)
def test_what_is_determined_is_let_through(sql: str, volatile: frozenset[str]) -> None:
    check(sql, volatile)
