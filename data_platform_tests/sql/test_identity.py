"""Row identity is carried through every accepted model, and what could lose it is refused."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data_platform.lake.names import TableName
from data_platform.sql.identity import thread
from data_platform.sql.model import ModelError, parse
from data_platform_tests.sql.rows import check_identity, lake, rows, threaded


@pytest.fixture(scope="module")
def with_hidden() -> Iterator[duckdb.DuckDBPyConnection]:
    with lake(hidden=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with lake(hidden=False) as connection:
        yield connection


ACCEPTED = {
    "columns": "SELECT id, v FROM raw.trips",
    "alias": "SELECT t.id AS trip_id, t.v * 2 AS twice FROM raw.trips AS t",
    "star": "SELECT * FROM raw.trips",
    "star in any case": "select T.* from Raw.Trips t",
    "star and more": "SELECT *, v + 1 AS w FROM raw.trips",
    "star exclude": "SELECT * EXCLUDE (v, id) FROM raw.trips",
    "star exclude one": "SELECT t.* EXCLUDE v, t.v AS last FROM raw.trips AS t",
    "star exclude quoted": 'SELECT * EXCLUDE "Odd Col" FROM raw.trips',
    "star replace": "SELECT * REPLACE (v + 1 AS v) FROM raw.trips",
    "star exclude and replace": "SELECT * EXCLUDE (id) REPLACE (v + 1 AS v) FROM raw.trips",
    "star rename": "SELECT * RENAME (v AS value) FROM raw.trips",
    "trailing comma": "SELECT id, v, FROM raw.trips",
    "trailing comma after star": "SELECT *, FROM raw.trips",
    "comment before FROM": "SELECT id, v -- the value, FROM there\nFROM raw.trips -- end",
    "block comments": "/* a */ SELECT /* SELECT x FROM y */ id /* FROM */ FROM /* , */ raw.trips /* z */ ;",
    "text that looks like SQL": "SELECT id, ' FROM raw.green' AS text FROM raw.trips",
    "distinct from": "SELECT id IS NOT DISTINCT FROM v AS same, id IS DISTINCT FROM k AS other FROM raw.trips",
    "from in a function": "SELECT extract(year FROM DATE '2024-01-01') + id AS y,"
    " trim(BOTH 'a' FROM 'ab') AS t FROM raw.trips",
    "quoted names": 'SELECT "T t"."Odd Col" AS "From", "T t".ID AS "a ""b""" FROM "raw"."trips" AS "T t"',
    "keywords as names": "SELECT first.id AS date, first.v AS year FROM raw.trips AS first",
    "non-ASCII": "SELECT id AS größe, 'é😀' AS t FROM raw.trips AS ü",
    "order by": "SELECT id, v FROM raw.trips ORDER BY v DESC, 1",
    "cte chain": "WITH a AS (SELECT id, v FROM raw.trips), b AS (SELECT *, v + id AS s FROM a)"
    " SELECT s, id FROM b AS x",
    "cte materialized": "WITH a AS MATERIALIZED (SELECT id FROM raw.trips),"
    " b AS NOT MATERIALIZED (FROM staged.zones SELECT k) SELECT a.id FROM a LEFT JOIN b ON b.k = a.id",
    "subquery": "SELECT q.id FROM (SELECT id FROM raw.trips) AS q",
    "subquery without a name": "SELECT * FROM (SELECT id FROM raw.trips)",
    "subquery in parentheses": "SELECT q.id, v FROM ((SELECT * FROM (SELECT id, v FROM raw.trips) AS r)) q",
    "whole query in parentheses": "(SELECT id FROM raw.trips)",
    "with around parentheses": "WITH a AS (SELECT id FROM raw.trips) (SELECT id FROM a)",
    "with in a subquery": "SELECT id FROM (WITH a AS (SELECT id FROM raw.trips) SELECT id FROM a) AS q",
    "cte hides cte": "WITH t AS (SELECT id FROM raw.trips),"
    " u AS (WITH t AS (SELECT id + 1 AS n FROM t) SELECT * FROM t) SELECT u.n FROM u",
    "cte called like a table": "WITH trips AS (SELECT id FROM raw.trips) SELECT id FROM trips",
    "cte called raw": "WITH raw AS (SELECT id FROM raw.trips) SELECT raw.id FROM raw",
    "cte not used": "WITH a AS (SELECT count(*) AS n FROM raw.green) SELECT id FROM raw.trips",
    "cte in another case": 'WITH Aa AS (SELECT id FROM raw.trips) SELECT "AA".id FROM "aA" AS "AA"',
    "union all": "SELECT id, v FROM raw.trips UNION ALL SELECT id, k FROM raw.green",
    "union all of three": "SELECT id FROM raw.trips UNION ALL SELECT v FROM raw.green AS g"
    " UNION ALL SELECT k FROM raw.fhv",
    "union all in parentheses": "((SELECT id FROM raw.trips) UNION ALL ((SELECT id FROM raw.green)))"
    " UNION ALL (SELECT k FROM raw.fhv)",
    "union all of stars": "SELECT * FROM raw.trips UNION ALL SELECT * REPLACE (9 AS v) FROM raw.green",
    "union all in a cte": "WITH u AS (SELECT id, 'y' AS s FROM raw.trips UNION ALL SELECT id, 'g' FROM raw.green)"
    " SELECT u.s, z.name FROM u LEFT JOIN staged.zones AS z ON z.k = u.id",
    "union all in a subquery": "SELECT * FROM ((SELECT id FROM raw.trips) UNION ALL SELECT id FROM raw.green) AS q",
    "left join": "SELECT t.id, z.name FROM raw.trips AS t LEFT JOIN staged.zones AS z ON t.k = z.k",
    "left outer join without alias": "SELECT trips.id, zones.name FROM raw.trips LEFT OUTER JOIN staged.zones"
    " ON zones.k = trips.v",
    "using": "SELECT t.*, z.name FROM raw.trips AS t LEFT JOIN staged.zones AS z USING (k)",
    "using quoted": 'SELECT t.id, "Z z".name FROM raw.trips AS t LEFT JOIN staged.zones AS "Z z" USING ("K")'
    " LEFT JOIN (SELECT k, name FROM staged.zones) AS y USING (k)",
    "two lookups in one": "SELECT t.id, a.name AS a, b.name AS b FROM raw.trips t"
    " LEFT JOIN staged.zones a ON a.k = t.k LEFT JOIN staged.zones b ON b.k = t.v",
    "lookup of a lookup": "SELECT t.id, b.name FROM raw.trips t LEFT JOIN staged.zones a ON a.k = t.k"
    " LEFT JOIN staged.zones b ON b.k = a.n - 100",
    "more conditions": "SELECT t.id, z.name FROM raw.trips t"
    " LEFT JOIN staged.zones z ON (z.k = t.k AND (z.n > 101 OR t.v = 1)) AND z.name <> 'zone 3'",
    "null-safe key": "SELECT g.id, z.n FROM raw.green g"
    " LEFT JOIN (SELECT k, n FROM staged.zones UNION ALL SELECT NULL, 0) AS z ON z.k IS NOT DISTINCT FROM g.k",
    "null keys in the lookup": "SELECT g.id, z.n FROM raw.green g LEFT JOIN"
    " (SELECT k, n FROM staged.zones UNION ALL SELECT NULL, 0 UNION ALL SELECT NULL, 1) AS z ON z.k = g.k",
    "grouped lookup": "WITH z AS (SELECT k, count(*) AS n FROM staged.visits WHERE id > 1 GROUP BY k"
    " HAVING count(*) > 1) SELECT t.id, z.n FROM raw.trips AS t LEFT JOIN z ON z.k = t.k",
    "lookup cte used twice": "WITH z AS (SELECT k, max(n) AS n FROM staged.visits GROUP BY k)"
    " SELECT t.id, a.n AS a, b.n AS b FROM raw.trips t LEFT JOIN z AS a ON a.k = t.k LEFT JOIN z AS b ON b.k = t.v",
    "lookup in a nested with": "SELECT id, name FROM (WITH z AS (SELECT k, name FROM staged.zones),"
    " y AS (SELECT * FROM z) SELECT t.id, y.name FROM raw.trips t LEFT JOIN y ON y.k = t.k) AS q",
    "lookup in a CTE beside it": "SELECT id, name FROM (WITH z AS (SELECT k, name FROM staged.zones),"
    " t AS (SELECT r.id, z.name FROM raw.trips r LEFT JOIN z ON z.k = r.k) SELECT * FROM t) AS q",
    "lookup called like a CTE": "WITH zones AS (SELECT 1 AS x) SELECT t.id, zones.name FROM raw.trips t"
    " LEFT JOIN staged.zones ON zones.k = t.k",
    "lookup in a with of a cte": "WITH z AS (SELECT 0 AS k, 'outer' AS name),"
    " t AS (WITH z AS (SELECT * FROM staged.zones) SELECT r.id, z.name FROM raw.trips r LEFT JOIN z ON z.k = r.k)"
    " SELECT t.name, z.name AS o FROM t LEFT JOIN z ON z.k = t.id",
    "lookup with a column list": "SELECT t.id, z.b FROM raw.trips t"
    " LEFT JOIN (SELECT k, name FROM staged.zones) AS z(a, b) ON z.a = t.k",
    "raw lookup": "SELECT t.id, z.name FROM raw.trips t LEFT JOIN raw.zones z ON z.k = t.k",
    "raw lookup without alias": "SELECT t.id, zones.name FROM raw.trips t LEFT JOIN raw.zones ON zones.k = t.k",
    "raw lookup starred": "WITH z AS (SELECT DISTINCT * FROM raw.fhv), y AS (SELECT k, count(*) AS n FROM z GROUP BY k)"
    " SELECT t.id, y.n FROM raw.trips t LEFT JOIN y ON y.k = t.k",
    "own rows looked up": "SELECT t.id, m.n FROM raw.trips AS t"
    " LEFT JOIN (SELECT v, count(DISTINCT id) AS n FROM raw.trips GROUP BY v) AS m ON m.v = t.v",
    "cte of the path looked up": "WITH t AS (SELECT id, k, v FROM raw.trips),"
    " d AS (SELECT DISTINCT * EXCLUDE (id, v) FROM t), n AS (SELECT count(*) AS n FROM (SELECT DISTINCT t.v FROM t))"
    " SELECT t.id, d.k, (SELECT n FROM n) AS n FROM t LEFT JOIN d ON d.k = t.v",
    "cte of the path joined to itself": "WITH t AS (SELECT * FROM raw.trips)"
    " SELECT a.id, b.v FROM t AS a LEFT JOIN t AS b ON a.k = b.id",
    "scalar subquery": "SELECT id, (SELECT max(n) FROM staged.visits AS s WHERE s.k = t.v) AS m FROM raw.trips AS t",
    "in and exists": "SELECT id, id IN (SELECT id FROM raw.green) AS is_green,"
    " EXISTS (FROM staged.zones AS z WHERE z.k = t.id) AS has_zone FROM raw.trips AS t",
    "lateral column alias": "SELECT id * 2 AS twice, twice + 1 AS more FROM raw.trips",
    "lambda and list": "SELECT list_sum(list_transform([id, v], lambda x: x + 1)) AS l, [1][1] AS o FROM raw.trips",
    "case": "SELECT CASE k WHEN 0 THEN 'a' ELSE 'b' END AS c, CASE WHEN v > 1 THEN id END AS d FROM raw.trips",
}


@pytest.mark.parametrize("sql", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_every_row_comes_out_once_as_itself(
    with_hidden: duckdb.DuckDBPyConnection, plain: duckdb.DuckDBPyConnection, sql: str
) -> None:
    check_identity(with_hidden, plain, sql)


def test_driving_tables_lookups_and_keys_are_told() -> None:
    made = threaded(
        "WITH z AS (\n  SELECT k, name FROM staged.zones\n)\n"
        "SELECT t.id, z.name FROM raw.trips AS t\nLEFT JOIN z ON z.k = t.k AND t.v = z.name\n"
        'UNION ALL\nSELECT g.id, "Y".name FROM raw.green AS g\nLEFT JOIN staged.zones AS "Y"\n  ON "Y".n = g.k'
    )
    assert made.driving == (TableName("raw", "trips"), TableName("raw", "green"))
    first, second = made.lookups
    assert (first.relation, first.table, first.keys, first.line) == ("z", None, ("z.k", "z.name"), 5)
    assert (second.relation, second.keys, second.line) == ('staged.zones AS "Y"', ('"Y".n',), 8)
    assert second.table == TableName("staged", "zones")
    assert made.ctes == "WITH z AS (\n  SELECT k, name FROM staged.zones\n)"


def test_the_authors_text_is_only_added_to() -> None:
    sql = "-- who\nSELECT\n  t.id, -- the id\n  t.v\nFROM raw.trips AS t"
    assert threaded(sql).sql == sql.replace("t.v\n", "t.v, t._source_file, t._source_row, t._uncast\n")


def test_repeated_keys_of_a_lookup_are_found(with_hidden: duckdb.DuckDBPyConnection) -> None:
    made = threaded("SELECT t.id FROM raw.trips AS t LEFT JOIN staged.visits AS s ON s.k = t.k")
    assert rows(with_hidden, made.repeated_keys(made.lookups[0])) == {(0, 4): 1, (1, 4): 1}


def test_repeated_null_keys_count_only_where_they_match(with_hidden: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT t.id FROM raw.trips AS t LEFT JOIN (SELECT NULL AS k UNION ALL SELECT NULL) AS s ON s.k {} t.k"
    equal = threaded(sql.format("="))
    assert not rows(with_hidden, equal.repeated_keys(equal.lookups[0]))
    same = threaded(sql.format("IS NOT DISTINCT FROM"))
    assert rows(with_hidden, same.repeated_keys(same.lookups[0])) == {(None, 2): 1}


# A SELECT that gives `id`, what is wrong with it on the way of a row, and on which of its lines.
LOSSY = {
    "where": ("SELECT id FROM raw.trips\nWHERE id > 1", "WHERE drops rows", 2),
    "inner join": ("SELECT t.id FROM raw.trips AS t\nJOIN staged.zones AS z ON z.k = t.k", "INNER join", 2),
    "explicit inner join": ("SELECT t.id FROM raw.trips t INNER JOIN staged.zones z USING (k)", "INNER join", 1),
    "right join": ("SELECT t.id FROM raw.trips t RIGHT JOIN staged.zones z ON z.k = t.k", "RIGHT join", 1),
    "full join": ("SELECT t.id FROM raw.trips t FULL OUTER JOIN staged.zones z ON z.k = t.k", "FULL OUTER join", 1),
    "cross join": ("SELECT t.id FROM raw.trips t CROSS JOIN staged.zones", "CROSS join", 1),
    "comma join": ("SELECT t.id FROM raw.trips t,\n staged.zones", "comma join", 2),
    "semi join": ("SELECT t.id FROM raw.trips t SEMI JOIN staged.zones z ON z.k = t.k", "SEMI join", 1),
    "anti join": ("SELECT t.id FROM raw.trips t ANTI JOIN staged.zones z ON z.k = t.k", "ANTI join", 1),
    "asof join": ("SELECT t.id FROM raw.trips t ASOF JOIN staged.zones z ON z.k <= t.k", "ASOF join", 1),
    "asof left join": ("SELECT t.id FROM raw.trips t ASOF LEFT JOIN staged.zones z ON z.k <= t.k", "ASOF LEFT join", 1),
    "lateral join": ("SELECT t.id FROM raw.trips t LEFT JOIN LATERAL (SELECT t.k AS x) l ON l.x = t.k", "LATERAL", 1),
    "unnest in from": ("SELECT u.id FROM raw.trips t, unnest([t.k]) AS u(id)", "comma join", 1),
    "left join on true": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z ON true", "ties 'z' to one row", 1),
    "left join on a range": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z\n ON z.k < t.k", "ties 'z'", 2),
    "left join on or": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z ON z.k = t.k OR z.k = t.v", "ties", 1),
    "left join on itself": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z ON z.k = z.n", "ties 'z'", 1),
    "left join on an expression": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z ON z.k + 1 = t.k", "ties", 1),
    "limit": ("SELECT id FROM raw.trips ORDER BY id\nLIMIT 3", "LIMIT drops rows", 2),
    "offset": ("SELECT id FROM raw.trips ORDER BY id\nOFFSET 3", "OFFSET drops rows", 2),
    "fetch": ("SELECT id FROM raw.trips ORDER BY id FETCH FIRST 3 ROWS ONLY", "LIMIT drops rows", 1),
    "limit behind parentheses": ("(SELECT id FROM raw.trips ORDER BY id)\nLIMIT 3", "LIMIT drops rows", 2),
    "limit behind with and parentheses": (
        "WITH c AS (SELECT id FROM raw.trips)\n(SELECT id FROM c ORDER BY id) LIMIT 3",
        "LIMIT drops rows",
        2,
    ),
    "limit of a union": (
        "SELECT id FROM raw.trips UNION ALL SELECT id FROM raw.fhv ORDER BY id\nLIMIT 3",
        "LIMIT drops rows",
        2,
    ),
    "distinct": ("SELECT DISTINCT id FROM raw.trips", "DISTINCT merges rows", 1),
    "distinct on": ("SELECT DISTINCT ON (k) id FROM raw.trips ORDER BY id", "DISTINCT merges rows", 1),
    "qualify": ("SELECT id FROM raw.trips\nQUALIFY row_number() OVER (ORDER BY id) = 1", "QUALIFY drops rows", 2),
    "group by": ("SELECT k AS id FROM raw.trips\nGROUP BY k", "GROUP BY merges rows", 2),
    "group by all": ("SELECT k AS id FROM raw.trips GROUP BY ALL", "GROUP BY merges rows", 1),
    "having": ("SELECT 1 AS id FROM raw.trips HAVING count(*) > 1", "HAVING drops rows", 1),
    "sample": ("SELECT id FROM raw.trips TABLESAMPLE 10%", "a sample drops rows", 1),
    "using sample": ("SELECT id FROM raw.trips USING SAMPLE 3 ROWS", "a sample drops rows", 1),
    "aggregate": ("SELECT\n max(id) AS id FROM raw.trips", "aggregate max merges rows", 2),
    "aggregate in an expression": ("SELECT 1 + count(*) AS id FROM raw.trips", "aggregate count merges", 1),
    "aggregate with filter": ("SELECT count(*) FILTER (WHERE v > 1) AS id FROM raw.trips", "aggregate count", 1),
    "aggregate macro": ("SELECT geomean(id) AS id FROM raw.trips", "aggregate geomean merges rows", 1),
    "aggregate in order by": ("SELECT 1 AS id FROM raw.trips ORDER BY count(*)", "aggregate count", 1),
    "union": ("SELECT id FROM raw.trips\nUNION\nSELECT id FROM raw.fhv", "UNION merges equal rows", 3),
    "except": ("SELECT id FROM raw.trips EXCEPT SELECT id FROM raw.fhv", "EXCEPT drops rows", 1),
    "intersect": ("SELECT id FROM raw.trips INTERSECT ALL SELECT id FROM raw.fhv", "INTERSECT drops rows", 1),
    "unnest": ("SELECT unnest([id, v]) AS id FROM raw.trips", "makes several rows of one", 1),
    "unnest in a macro": ("SELECT generate_subscripts([id, v], 1) AS id FROM raw.trips", "makes several rows", 1),
    "unnest in a macro too": ("SELECT regexp_split_to_table('1,2', ',')::INT AS id FROM raw.trips", "makes several", 1),
    "window": ("SELECT sum(id) OVER (PARTITION BY k) AS id FROM raw.trips", "a window looks at other rows", 1),
    "named window": ("SELECT sum(id) OVER w AS id FROM raw.trips WINDOW w AS (PARTITION BY k)", "looks at other", 1),
    "one table twice": ("SELECT id FROM raw.fhv UNION ALL\nSELECT id FROM raw.fhv", "feeds two branches", 2),
    "one cte twice": ("WITH c AS (SELECT id FROM raw.trips) SELECT id FROM c UNION ALL SELECT id FROM c", "twice", 1),
    "recursive": ("WITH RECURSIVE c AS (SELECT id FROM raw.trips UNION ALL SELECT id + 1 FROM c WHERE id < 3)"
     " SELECT id FROM c", "drops rows|twice", 1),
    "recursive without where": ("WITH RECURSIVE c AS (SELECT id FROM raw.trips UNION ALL SELECT id FROM c)"
     " SELECT id FROM c", "or itself", 1),
    "staged table": ("SELECT id FROM staged.visits", "not from staged.visits", 1),
    "no table": ("SELECT 1 AS id", "has no FROM", 1),
    "values": ("SELECT v.id FROM (VALUES (1), (2)) AS v(id)", "rows can only come from a raw table", 1),
    "generated": ("SELECT range AS id FROM range(3)", "not from a function", 1),
    "parenthesised join": ("SELECT t.id FROM (raw.trips t LEFT JOIN staged.zones z ON z.k = t.k)", "parentheses", 1),
    "nested join": ("SELECT t.id FROM raw.trips t LEFT JOIN staged.zones z LEFT JOIN staged.visits s ON s.k = z.k"
     " ON z.k = t.k", "one table, CTE or subquery", 1),
    "from first": ("FROM raw.trips SELECT id", "in this order", 1),
    "from first after with": ("WITH z AS (SELECT 1 AS x)\nFROM raw.trips SELECT id", "in this order", 2),
    "column list": ("SELECT t.id FROM raw.trips AS t(id)", "renames by position", 1),
    "column list of a cte": ("WITH c(id) AS (SELECT v FROM raw.trips) SELECT id FROM c", "with AS", 1),
}  # fmt: skip
# Where the SELECT stands: at {} on the way, and one line further down for each of the lines that come before it.
LEVELS = {
    "at the top": ("{}", 0),
    "in a CTE": ("WITH p AS (\n{}\n) SELECT p.id FROM p", 1),
    "in a CTE of a CTE": ("WITH p AS (\n{}\n),\n q AS (SELECT * FROM p)\nSELECT id FROM q", 1),
    "in a subquery": ("SELECT s.id FROM (\n\n{}\n) AS s", 2),
    "in a subquery of a CTE": ("WITH p AS (SELECT * FROM (\n{}\n) AS s) SELECT p.id, 1 AS one FROM p", 1),
    "in the first branch": ("(\n{}\n) UNION ALL SELECT g.id FROM raw.green AS g", 1),
    "in the second branch": ("SELECT g.id FROM raw.green AS g UNION ALL (\n{}\n)", 1),
    "in a branch of a CTE": ("WITH u AS (SELECT g.id FROM raw.green g UNION ALL (\n{})) SELECT id FROM u", 1),
}
OFF_THE_PATH = {
    "in a joined CTE": "WITH m AS (\n{}\n) SELECT g.id FROM raw.green AS g LEFT JOIN m ON m.id = g.id",
    "in a joined subquery": "SELECT g.id FROM raw.green AS g LEFT JOIN (\n{}\n) AS m ON m.id = g.id",
    "in a scalar subquery": "SELECT g.id, g.id IN (\n{}\n) AS is_in FROM raw.green AS g",
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("mutation", LOSSY)
def test_what_can_lose_or_multiply_rows_is_refused_at_every_level(mutation: str, level: str) -> None:
    sql, reason, line = LOSSY[mutation]
    template, lines_before = LEVELS[level]
    model = parse(Path("staged/trips.sql"), template.format(sql))
    with pytest.raises(ModelError, match=reason) as raised:
        thread(model)
    assert str(raised.value).startswith(f"staged/trips.sql:{line + lines_before}: ")


@pytest.mark.parametrize("place", OFF_THE_PATH)
@pytest.mark.parametrize("mutation", LOSSY)
def test_lookups_may_do_anything(with_hidden: duckdb.DuckDBPyConnection, mutation: str, place: str) -> None:
    sql, _, _ = LOSSY[mutation]
    made = threaded(OFF_THE_PATH[place].format(sql))
    assert made.driving == (TableName("raw", "green"),)
    if mutation != "recursive without where":  # it never ends
        with_hidden.execute(made.sql).fetchall()
        for lookup in made.lookups:
            with_hidden.execute(made.repeated_keys(lookup)).fetchall()


TRIPS = "SELECT t.id FROM raw.trips AS t"
REFUSED = {
    "star over a join": ("SELECT * FROM raw.trips t LEFT JOIN staged.zones z ON z.k = t.k", "takes in the lookups"),
    "star of a lookup": ("SELECT t.id, z.* FROM raw.trips t LEFT JOIN staged.zones z ON z.k = t.k", "name the columns"),
    "hidden column": ("SELECT id, _source_row FROM raw.trips", "added by the platform"),
    "hidden alias": ("SELECT id AS _Source_File FROM raw.trips", "added by the platform"),
    "hidden excluded": ("SELECT * EXCLUDE (_uncast) FROM raw.trips", "kept by the platform"),
    "no name for a subquery": ("SELECT id FROM (SELECT id FROM raw.fhv) LEFT JOIN staged.zones z ON z.k = id", "name"),
    "no name for a lookup": (f"{TRIPS} LEFT JOIN (SELECT 1 AS k) ON k = t.k", "give the lookup a name"),
    "one name twice": (f"{TRIPS} LEFT JOIN staged.visits AS T ON T.k = t.k", "two relations are called 't'"),
    "whose column": (f"{TRIPS} LEFT JOIN staged.zones z ON z.k = v", "whose column is 'v'"),
    "lateral without the word": (
        f"{TRIPS} LEFT JOIN (SELECT k FROM staged.zones AS s WHERE s.k = t.v) z ON z.k = t.k",
        "the row it is joined to",
    ),
    "generated lookup": (f"{TRIPS} LEFT JOIN range(3) AS r(i) ON r.i = t.id", "one table, CTE or subquery"),
    "schema before a column": (
        "SELECT t.id, raw.zones.k FROM raw.trips t LEFT JOIN raw.zones ON zones.k = t.k",
        "leave 'raw.' away",
    ),
}


@pytest.mark.parametrize(("sql", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_be_ambiguous_is_refused_with_a_repair(sql: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as raised:
        threaded(sql)
    assert str(raised.value).startswith("staged/trips.sql:1: ")


_AGGREGATES_OF_DUCKDB = r"""
    SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'
    OR (function_type = 'macro' AND regexp_matches(macro_definition, '(^|[^_a-z])(sum|avg|list|string_agg)[(]'))
"""


def test_every_aggregate_of_duckdb_is_known_as_one(plain: duckdb.DuckDBPyConnection) -> None:
    names = [name for (name,) in plain.execute(_AGGREGATES_OF_DUCKDB).fetchall()]
    assert len(names) > 80
    assert [name for name in names if not is_known_as_aggregate(name)] == []


def is_known_as_aggregate(name: str) -> bool:
    """Whether a call is refused as merging rows, with as many arguments as the parser wants."""
    reasons = []
    for arguments in ("", "id", "id, v", "id, v, k"):
        with pytest.raises(ModelError) as raised:
            threaded(f"SELECT {name}({arguments}) AS x FROM raw.trips")
        reasons.append(raised.value.message)
    return any("merges rows" in reason for reason in reasons)
