"""What a model may say, which tables it reads, which columns it puts out."""

from pathlib import Path

import pytest

from data_platform.sql.model import ModelError, functions, output_columns, parse
from data_platform.sql.syntax import SqlError, normalised

PATH = Path("curated/daily.sql")


def tables(sql: str) -> str:
    return " ".join(table.sql for table in parse(PATH, sql).tables)


TABLES = {
    "plain": ("SELECT a FROM raw.t", "raw.t"),
    "any case and quotes": ('SELECT a FROM "RAW".T AS x', "raw.t"),
    "sorted, each once": ("SELECT a.x FROM staged.b a, raw.t, staged.b AS c", "raw.t staged.b"),
    "cte": ("WITH c AS (SELECT a FROM raw.t) SELECT a FROM C", "raw.t"),
    "cte that hides nothing with a schema": ("WITH t AS (SELECT 1 AS a) SELECT a FROM raw.t", "raw.t"),
    "cte of a cte": ("WITH c AS (SELECT 1 AS a), d AS (SELECT a FROM c) SELECT a FROM d, staged.z", "staged.z"),
    "nested with": ("SELECT a FROM (WITH c AS (SELECT a FROM raw.t) SELECT a FROM c) AS q", "raw.t"),
    "recursive": (
        "WITH RECURSIVE r AS (SELECT a FROM raw.t UNION ALL SELECT a + 1 FROM r WHERE a < 3) SELECT a FROM r",
        "raw.t",
    ),
    "union": (
        "SELECT a FROM raw.t UNION ALL (SELECT a FROM raw.u EXCEPT SELECT a FROM raw.v)",
        "raw.t raw.u raw.v",
    ),
    "joins": (
        "SELECT t.a FROM raw.t JOIN staged.z USING (a) ASOF JOIN staged.y ON y.a > t.a",
        "raw.t staged.y staged.z",
    ),
    "lateral": (
        "SELECT l.a FROM raw.t, LATERAL (SELECT z.a FROM staged.z WHERE z.b = t.b) AS l",
        "raw.t staged.z",
    ),
    "in an expression": ("SELECT (SELECT max(a) FROM staged.z) AS m FROM raw.t", "raw.t staged.z"),
    "in where": (
        "SELECT a FROM raw.t WHERE a IN (FROM staged.z) AND EXISTS (FROM staged.y)",
        "raw.t staged.y staged.z",
    ),
    "in on": (
        "SELECT t.a FROM raw.t LEFT JOIN staged.z ON z.a = (SELECT max(a) FROM staged.y)",
        "raw.t staged.y staged.z",
    ),
    "in order by": ("SELECT a FROM raw.t ORDER BY (SELECT max(a) FROM staged.z)", "raw.t staged.z"),
    "from first": ("FROM raw.t SELECT a", "raw.t"),
    "generated rows": ("SELECT g.a, u.b FROM generate_series(1, 3) AS g(a), range(2) AS r(c), unnest([1]) AS u(b)", ""),
    "values": ("SELECT v.a FROM (VALUES (1), (2)) AS v(a)", ""),
    "nothing": ("SELECT 1 AS a", ""),
}


@pytest.mark.parametrize(("sql", "expected"), TABLES.values(), ids=TABLES.keys())
def test_the_tables_a_model_reads_are_found_wherever_they_stand(sql: str, expected: str) -> None:
    assert tables(sql) == expected


REFUSED = {
    "nothing": ("-- only a comment\n", 1, "no SQL"),
    "two statements": ("SELECT 1 AS a;\nSELECT 2 AS a", 2, "more than one statement"),
    "no select": ("CREATE TABLE x AS SELECT 1 AS a", 1, "begins with CREATE"),
    "attach": ("ATTACH 'x.db'", 1, "begins with ATTACH"),
    "pragma": ("PRAGMA version", 1, "begins with PRAGMA"),
    "copy": ("COPY raw.t TO 'x'", 1, "begins with COPY"),
    "insert in a cte": ("WITH x AS (\nINSERT INTO raw.t SELECT 1)\nSELECT 1 AS a", 2, "INSERT has no place"),
    "describe": ("SELECT column_name\nFROM (DESCRIBE raw.t)", 2, "DESCRIBE has no place"),
    "syntax": ("SELECT a\nFROM raw.t\nWHERE AND", 3, "cannot be read"),
    "unbalanced": ("SELECT (a\nFROM raw.t", 2, "cannot be read"),
    "open quote": ("SELECT 'a\nFROM raw.t", 1, "never closed"),
    "open comment": ("SELECT a /* no end\nFROM raw.t", 1, "never closed"),
    "no layer": ("SELECT a\nFROM t", 2, "'t' is no CTE that is defined before this line; write layer.table"),
    "cte used too early": ("WITH a AS (\nSELECT x FROM b), b AS (SELECT 1 AS x)\nSELECT x FROM a", 2, "'b' is no CTE"),
    "cte of a subquery": ("SELECT a FROM (WITH c AS (SELECT 1 AS a) SELECT a FROM c) AS q,\nc", 2, "'c' is no CTE"),
    "cte of itself": ("WITH c AS (SELECT a FROM c) SELECT a FROM c", 1, "'c' is no CTE"),
    "file": ("SELECT a\nFROM 'trips.parquet'", 2, "declare a raw table and read"),
    "three parts": ("SELECT a FROM lake.raw.t", 1, "names a database"),
    "bad name": ('SELECT a FROM raw."T t"', 1, "no table name"),
    "read_parquet": ("SELECT a\nFROM read_parquet('x')", 2, "reads past the lake"),
    "read_csv": ("SELECT a FROM read_csv('x')", 1, "reads past the lake"),
    "glob": ("SELECT file FROM glob('*')", 1, "reads past the lake"),
    "query": ("SELECT a FROM query('SELECT 1')", 1, "reads past the lake"),
    "duckdb_tables": ("SELECT a FROM duckdb_tables()", 1, "reads past the lake"),
    "time travel": ("SELECT a FROM raw.t AT (VERSION => 3)", 1, "another version"),
    "by name": ("SELECT a FROM raw.t\nUNION ALL BY NAME\nSELECT a FROM raw.u", 3, "BY NAME"),
    "pivot": ("SELECT a\nFROM raw.t PIVOT (sum(a) FOR b IN (1, 2))", 2, "PIVOT"),
    "pivot statement": ("PIVOT raw.t ON b USING sum(a)", 1, "begins with PIVOT"),
    "unpivot": ("SELECT a FROM raw.t UNPIVOT (v FOR n IN (b, c))", 1, "PIVOT"),
    "columns": ("SELECT COLUMNS('a.*')\nFROM raw.t", 1, "COLUMNS"),
    "columns star": ("SELECT max(COLUMNS(*)) AS a FROM raw.t", 1, "COLUMNS"),
    "star like": ("SELECT * LIKE 'a%' FROM raw.t", 1, "inside an expression"),
    "star in a function": ("SELECT coalesce(*) AS a FROM raw.t", 1, "inside an expression"),
    "natural join": ("SELECT a FROM raw.t\nNATURAL JOIN staged.z", 2, "USING"),
    "parameter": ("SELECT a FROM raw.t WHERE a = $1", 1, "no parameters"),
    "question mark": ("SELECT a FROM raw.t WHERE a = ?", 1, "no parameters"),
    "position": ("SELECT #1 AS b\nFROM raw.t", 1, "#1"),
    "table statement": ("TABLE raw.t", 1, "write that"),
    "comprehension": ("SELECT [x + 1 for x in a] AS b FROM raw.t", 1, "list_transform"),
    "method": ("SELECT a.upper() AS b FROM raw.t", 1, r"write upper\(x\)"),
    "schema before a function": ("SELECT main.now() AS n FROM raw.t", 1, "nothing before it"),
    "into": ("SELECT a INTO x FROM raw.t", 1, "cannot be read|INTO"),
    "no name": ("SELECT a,\n count(*)\nFROM raw.t", 2, "column 2 of the SELECT has no name"),
    "cast without a name": ("SELECT a::INT FROM raw.t", 1, "add AS name"),
    "one name twice": ("SELECT a,\n b AS A FROM raw.t", 2, "two columns of the SELECT are called 'A'"),
}


@pytest.mark.parametrize(("sql", "line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_model_may_not_say_is_refused_with_its_line(sql: str, line: int, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as raised:
        parse(PATH, sql)
    assert str(raised.value).startswith(f"curated/daily.sql:{line}: ")
    assert (raised.value.path, raised.value.line) == (PATH, line)


def test_the_text_of_a_model_can_be_put_in_parentheses() -> None:
    assert parse(PATH, "-- why\nSELECT 1 AS a ; -- done\n;\n").text == "-- why\nSELECT 1 AS a"


COLUMNS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "names and aliases": ('SELECT t.a, B AS "C c", s.f, d: 1 FROM raw.t', ("a", "C c", "f", "d")),
    "star of a table": ("SELECT * FROM raw.t", None),
    "star of a table behind a CTE": ("WITH c AS (SELECT * FROM raw.t) SELECT *, 1 AS a FROM c", None),
    "star of a CTE": ("WITH c AS (SELECT a, b FROM raw.t) SELECT * FROM c", ("a", "b")),
    "star of one of two": (
        "WITH c AS (SELECT a FROM raw.t) SELECT c.*, t.b FROM c LEFT JOIN raw.t USING (a)",
        ("a", "b"),
    ),
    "star of both": ("WITH c AS (SELECT a FROM raw.t), d AS (SELECT 1 AS b) SELECT * FROM c, d", ("a", "b")),
    "using is shown once": ("WITH c AS (SELECT 1 AS a, 2 AS b) SELECT * FROM c JOIN c AS d USING (a)", ("a", "b", "b")),
    "semi join shows nothing": ("WITH c AS (SELECT 1 AS a) SELECT * FROM c SEMI JOIN staged.z USING (a)", ("a",)),
    "exclude, replace, rename": (
        "SELECT * EXCLUDE (a) REPLACE (1 AS b) RENAME (C AS d) FROM (SELECT a, b, c FROM raw.t) AS q",
        ("b", "d"),
    ),
    "column list": ("SELECT * FROM (SELECT a, b FROM raw.t) AS q(x)", ("x", "b")),
    "column list of a CTE": ("WITH c(x, y) AS (SELECT a, b FROM raw.t) SELECT y, x FROM c", ("y", "x")),
    "union takes the first": ("SELECT a FROM raw.t UNION ALL SELECT b FROM raw.u", ("a",)),
    "recursive": ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r", None),
    "values": ("SELECT * FROM (VALUES (1)) AS v(a)", None),
}


@pytest.mark.parametrize(("sql", "expected"), COLUMNS.values(), ids=COLUMNS.keys())
def test_output_columns_are_told_as_far_as_the_text_tells_them(sql: str, expected: tuple[str, ...] | None) -> None:
    assert output_columns(parse(PATH, sql)) == expected


SAME = [
    "SELECT a, 'It''s' FROM raw.t WHERE a > 1",
    "select  A,'It''s'from RAW.t\n\nwhere a>1 ;",
    "-- why\nSELECT a /* the a */, 'It''s' FROM raw.t -- from\nWHERE a > 1\n",
]
OTHER = [
    "SELECT a, 'it''s' FROM raw.t WHERE a > 1",
    "SELECT a, 'It''s' FROM raw.t WHERE a > 2",
    "SELECT a, 'It''s' FROM raw.t WHERE a > 1.0",
    "SELECT a, 'It''s' FROM raw.t WHERE a >= 1",
    "SELECT 'It''s', a FROM raw.t WHERE a > 1",
    "SELECT \"a\", 'It''s' FROM raw.t WHERE a > 1",
    "SELECT \"A\", 'It''s' FROM raw.t WHERE a > 1",
    "SELECT b, 'It''s' FROM raw.t WHERE a > 1",
    "SELECT a, 'It''s ' FROM raw.t WHERE a > 1",
    "SELECT a, E'It''s' FROM raw.t WHERE a > 1",
    "SELECT a, 'It''s' FROM raw.t WHERE a > 1 AND a > 1",
    "SELECT a, 'It''s' FROM raw.t -- WHERE a > 1",
]


def test_layout_comments_and_case_of_words_do_not_change_a_model() -> None:
    assert len({normalised(sql) for sql in SAME}) == 1


def test_anything_else_changes_it() -> None:
    assert len({normalised(sql) for sql in [SAME[0], *OTHER]}) == len(OTHER) + 1


def test_a_normalised_text_is_normal() -> None:
    for sql in [*SAME, *OTHER]:
        assert normalised(normalised(sql)) == normalised(sql)


def test_text_that_cannot_be_cut_into_words_has_no_normal_form() -> None:
    with pytest.raises(SqlError, match="line 2: a quote or comment is opened here and never closed"):
        normalised("SELECT\n 'a")


def test_functions_are_told_as_written_with_their_line() -> None:
    model = parse(PATH, 'SELECT today() AS t,\n"Upper"(a) AS u, lower(b) AS l, current_date AS d\nFROM raw.t')
    assert [(call.name, call.line) for call in functions(model)] == [
        ("today", 1),
        ("upper", 2),
        ("lower", 2),
        ("current_date", 2),
    ]
