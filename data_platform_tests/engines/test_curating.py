"""A curated table keeps its contract or is not made: strict types, bounds, grain, reconciles."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from data_platform.contracts.contract import Contract, Reconcile
from data_platform.contracts.rules import conditions
from data_platform.engines.curating import Difference, broken, curate, reconcile, repeated_grains, written_view
from data_platform.engines.duckdb import Engine
from data_platform.engines.typing import ModelColumnsError
from data_platform_tests.engines.given_rows import JANUARY, contract_of


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        yield connection


def written(connection: duckdb.DuckDBPyConnection, folder: Path, select: str, contract: Contract) -> str:
    columns = tuple((name, spec.type) for name, spec in contract.columns.items())
    path = folder / "written.parquet"
    made = curate(connection, select, columns, path)
    return written_view(connection, columns, path if made.file else None)


def test_rows_are_written_in_the_contracts_types_and_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = contract_of("columns: {b: {type: 'DECIMAL(8,2)'}, a: {type: INTEGER}, Day: {type: DATE}}")
    relation = written(
        connection, tmp_path, "SELECT 1::BIGINT AS A, avg(x) AS b, '2024-01-02' AS day FROM range(4) AS t(x)", contract
    )
    assert connection.execute(f"SELECT * FROM {relation}").fetchall() == [(Decimal("1.50"), 1, date(2024, 1, 2))]
    described = connection.execute(f"DESCRIBE {relation}").fetchall()
    assert [(name, type_) for name, type_, *_ in described] == [
        ("b", "DECIMAL(8,2)"),
        ("a", "INTEGER"),
        ("Day", "DATE"),
    ]


@pytest.mark.parametrize(
    ("type_", "value", "told"),
    [
        ("BIGINT", "1.5", "x is BIGINT, which cannot hold 1.5"),
        ("BIGINT", "avg(i)", "x is BIGINT, which cannot hold 0.5"),
        ("INTEGER", "2147483648", "x is INTEGER, which cannot hold 2147483648"),
        ("'DECIMAL(4,2)'", "100.5", r"x is DECIMAL\(4,2\), which cannot hold 100.5"),
        ("DATE", "'soon'", "x is DATE, which cannot hold soon"),
        ("BOOLEAN", "'it''s'", "x is BOOLEAN, which cannot hold it's"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_an_error_with_both(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, type_: str, value: str, told: str
) -> None:
    contract = contract_of(f"columns: {{x: {{type: {type_}}}}}")
    with pytest.raises(duckdb.InvalidInputException, match=told):
        written(connection, tmp_path, f"SELECT {value} AS x FROM range(2) AS t(i)", contract)


def test_other_columns_than_the_contracts_are_an_error(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(ModelColumnsError, match="the contract has y, which the SELECT does not give"):
        written(connection, tmp_path, "SELECT 1 AS x", contract_of("columns: {x: {type: INTEGER}, y: {type: INTEGER}}"))


def test_each_broken_bound_and_raised_flag_is_counted(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = contract_of("""
columns:
  day: {type: DATE, within_partition: true, required: true}
  share: {type: DOUBLE, min: 0, max: 1}
  kind: {type: VARCHAR, accepted: [a, b]}
rules:
  - {name: high, flag: "share > 0.5"}
""")
    values = """
VALUES (DATE '2024-01-01', 0.0, 'a'), (DATE '2024-01-31', 1.0, NULL), (DATE '2024-02-01', 0.1, 'c'),
    (NULL, 1.1, 'b'), (DATE '2024-01-05', -0.1, 'b'), (DATE '2024-01-05', 'nan'::DOUBLE, 'b')
"""
    relation = written(connection, tmp_path, f"SELECT * FROM ({values}) AS t(day, share, kind)", contract)
    assert broken(connection, relation, conditions(contract, JANUARY)) == {
        "day_required": 1,
        "day_within_partition": 1,
        "share_range": 3,
        "kind_accepted": 1,
        "high": 3,
    }
    assert broken(connection, relation, []) == {}


def test_rows_that_repeat_a_grain_are_counted_nulls_among_them(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = contract_of("columns: {'sel ect': {type: VARCHAR}, d: {type: INTEGER}}")
    values = "VALUES (NULL, 1), (NULL, 1), (NULL, 1), ('a', NULL), ('a', NULL), ('b', 1)"
    select = f'SELECT * FROM ({values}) AS t("sel ect", d)'
    relation = written(connection, tmp_path, select, contract)
    assert repeated_grains(connection, relation, ["sel ect", "d"]) == 3
    assert repeated_grains(connection, relation, ["sel ect"]) == 3


def test_a_model_without_rows_keeps_every_promise(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    contract = contract_of("columns: {x: {type: INTEGER, required: true}}")
    relation = written(connection, tmp_path, "SELECT 1 AS x WHERE false", contract)
    assert connection.execute(f"SELECT * FROM {relation}").fetchall() == []
    assert broken(connection, relation, conditions(contract, None)) == {}
    assert repeated_grains(connection, relation, ["x"]) == 0


@pytest.fixture
def revenue(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """`days` sums `trips`, but 4 dollars of Queens are missing, Bronx is only in trips, Staten Island only in days."""
    connection.execute("""
        CREATE TABLE trips AS SELECT * FROM (VALUES ('Queens', 10.00), ('Queens', 4.00), ('Bronx', 3.00), (NULL, 1.00),
            ('Manhattan', 7.50)) AS t(borough, usd);
        CREATE TABLE days AS SELECT * FROM (VALUES ('Queens', 10.00), ('Staten Island', 2.00), (NULL, 1.00),
            ('Manhattan', 7.50)) AS t(borough, usd);
        CREATE SCHEMA staged;
        CREATE VIEW staged.trips AS FROM main.trips
    """)
    return connection


def rule(**parts: object) -> Reconcile:
    return Reconcile.model_validate({"name": "usd", "of": "staged.trips", **parts})


def differences(connection: duckdb.DuckDBPyConnection, of: Reconcile) -> list[Difference]:
    return reconcile(connection, "days", [of])[of.name]


def test_each_group_that_does_not_agree_is_told_also_those_that_one_side_lacks(
    revenue: duckdb.DuckDBPyConnection,
) -> None:
    found = differences(revenue, rule(this="sum(usd)", that="sum(usd)", by=["borough"]))
    assert {difference.group["borough"]: (difference.this, difference.that) for difference in found} == {
        "Queens": (Decimal("10.00"), Decimal("14.00")),
        "Bronx": (None, Decimal("3.00")),
        "Staten Island": (Decimal("2.00"), None),
    }


def test_without_groups_the_whole_is_compared(revenue: duckdb.DuckDBPyConnection) -> None:
    found = differences(revenue, rule(this="sum(usd)", that="sum(usd)"))
    assert found == [Difference({}, Decimal("20.50"), Decimal("25.50"))]
    assert differences(revenue, rule(this="count(*) + 1", that="count(*)")) == []


def test_a_tolerance_is_inclusive(revenue: duckdb.DuckDBPyConnection) -> None:
    for tolerance, differs in (("4.99", True), ("5", False), ("5.01", False)):
        found = differences(revenue, rule(this="sum(usd)", that="sum(usd)", tolerance=tolerance))
        assert bool(found) is differs
    by = rule(this="sum(usd)", that="sum(usd)", by=["borough"], tolerance=3)
    assert [difference.group for difference in differences(revenue, by)] == [{"borough": "Queens"}]


def test_groups_may_be_expressions_with_a_name(revenue: duckdb.DuckDBPyConnection) -> None:
    by = rule(
        this="sum(usd)", that="sum(usd)", by=["upper(borough) AS place", "CAST(NULL AS DATE)", 'borough AS "the b"']
    )
    found = {difference.group["place"]: difference for difference in differences(revenue, by)}
    assert set(found) == {"QUEENS", "BRONX", "STATEN ISLAND"}
    assert found["QUEENS"].group == {"place": "QUEENS", "CAST(NULL AS DATE)": None, "the b": "Queens"}


def test_a_group_that_neither_counts_agrees(revenue: duckdb.DuckDBPyConnection) -> None:
    revenue.execute("INSERT INTO days VALUES ('nowhere', NULL)")
    by = rule(this="sum(usd)", that="sum(usd)", by=["borough"])
    assert "nowhere" not in {difference.group["borough"] for difference in differences(revenue, by)}


def test_only_some_of_many_differences_are_told(revenue: duckdb.DuckDBPyConnection) -> None:
    revenue.execute("INSERT INTO days SELECT 'b' || i, 1 FROM range(50) AS r(i)")
    found = differences(revenue, rule(this="sum(usd)", that="sum(usd)", by=["borough"]))
    assert len(found) == 10


def test_rules_of_one_grouping_are_told_apart(revenue: duckdb.DuckDBPyConnection) -> None:
    rules = [
        rule(name="usd", this="sum(usd)", that="sum(usd)", by=["borough"]),
        rule(name="rows", this="count(*)", that="count(*)", by=["borough"]),
        rule(name="total", this="sum(usd) + 5.5", that="sum(usd)"),
    ]
    found = reconcile(revenue, "days", rules)
    assert list(found) == ["usd", "rows", "total"]
    assert [len(each) for each in found.values()] == [3, 3, 1]
    assert {(each.this, each.that) for each in found["rows"]} == {(1, 2), (1, None), (None, 1)}


def test_a_column_may_be_called_otherwise_in_the_input(revenue: duckdb.DuckDBPyConnection) -> None:
    revenue.execute("CREATE VIEW staged.rides AS SELECT borough AS town, usd FROM main.trips")
    by = rule(of="staged.rides", this="sum(usd)", that="sum(usd)", by={"borough": "town"}, tolerance=3)
    assert differences(revenue, by) == [Difference({"borough": "Queens"}, Decimal("10.00"), Decimal("14.00"))]
