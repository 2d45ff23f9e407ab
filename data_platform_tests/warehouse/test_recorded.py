"""The warehouse that a dashboard gets: it runs SELECTs over published relations, keeps them, and does nothing else."""

from collections.abc import Iterator

import duckdb
import pytest

from data_platform.warehouse.recorded import RecordedWarehouse


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA curated")
        connection.execute("CREATE TABLE curated.rain AS SELECT range AS day, 1.5 * range AS mm FROM range(4)")
        yield connection


def test_a_query_is_kept_with_its_title_parameters_tables_and_rows(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    sql = """
        -- Rain of the last days.
        WITH late AS (SELECT * FROM curated.rain WHERE day >= $first)
        SELECT day, mm FROM late JOIN "curated"."rain" USING (day, mm) ORDER BY day
    """
    rows = warehouse.sql(sql, params={"first": 2})

    (query,) = warehouse.queries
    assert (query.name, query.title, query.parameters) == ("query_1", "Rain of the last days", {"first": 2})
    assert query.tables == ("curated.rain",)
    assert query.rows.column_names == ["day", "mm"]
    assert rows.fetchall() == [(2, 3), (3, 4.5)] == rows.fetchall()


def test_rows_stay_as_they_were_read(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    rows = warehouse.sql("SELECT sum(mm) FROM curated.rain")
    connection.execute("DELETE FROM curated.rain")
    assert rows.fetchall() == [(9,)]


def test_a_result_leads_to_its_query_and_nothing_else_does(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    warehouse.sql("SELECT 1 AS one FROM curated.rain")
    second = warehouse.sql("SELECT 1 AS one FROM curated.rain")
    assert warehouse.query_of(second) == warehouse.queries[1]
    assert warehouse.query_of(second.to_arrow_table()) is None


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DROP TABLE curated.rain", "one SELECT"),
        ("SELECT 1; DELETE FROM curated.rain", "more than one statement"),
        ("COPY (SELECT 1) TO 'rain.csv'", "one SELECT"),
        ("ATTACH 'other.duckdb'", "one SELECT"),
        ("SELECT * FROM read_csv('rain.csv')", "reads relations of the warehouse"),
        ("SELECT * FROM 'rain.csv'", "write its layer before it"),
        ("SELECT * FROM rain", "such as curated.rain"),
        ("SELECT (SELECT max(x) FROM read_text('secret') AS t(x))", "reads relations of the warehouse"),
    ],
)
def test_what_is_no_select_over_the_warehouse_is_refused(
    connection: duckdb.DuckDBPyConnection, sql: str, why: str
) -> None:
    warehouse = RecordedWarehouse(connection)
    with pytest.raises(ValueError, match=why):
        warehouse.sql(sql)
    assert warehouse.queries == ()
    assert connection.execute("SELECT count(*) FROM curated.rain").fetchall() == [(4,)]


def test_generated_rows_need_no_table(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse = RecordedWarehouse(connection)
    assert len(warehouse.sql("SELECT unnest([1, 2]) AS n FROM range(2)").fetchall()) == 4
    assert warehouse.sql("SELECT * FROM (VALUES (1)) AS v(n)").fetchall() == [(1,)]
