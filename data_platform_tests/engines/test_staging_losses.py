"""The account against models that lose, double or move rows. Definition refuses such models; here they run anyway."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from data_platform.engines.duckdb import Engine
from data_platform_tests.engines.given_rows import Outcome, contract_of, stage_select

IDENTITY = "_source_file, _source_row, _uncast"
CONTRACT = contract_of("columns: {id: {type: BIGINT}, zone: {type: VARCHAR}}")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Files `a` (1000 rows) and `b` (500 rows) as raw.trips, and zones: 10 rows miss one, zone 1 is in there twice."""
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        connection.execute("CREATE SCHEMA raw")
        for file, rows, first in (("a", 1000, 0), ("b", 500, 1000)):
            connection.execute(
                f"CREATE TABLE {file} AS SELECT {first} + i AS id, i % 10 AS zone_id, '{file}' AS _source_file, "
                f"i AS _source_row, CAST(NULL AS VARCHAR) AS _uncast FROM range({rows}) AS r(i)"
            )
        connection.execute("CREATE VIEW raw.trips AS FROM a UNION ALL FROM b")
        connection.execute("CREATE TABLE zones AS SELECT i AS zone_id, 'zone ' || i AS zone FROM range(10) AS r(i)")
        yield connection


def staged(connection: duckdb.DuckDBPyConnection, folder: Path, select: str) -> Outcome:
    return stage_select(connection, folder, select, CONTRACT, {"a": 1000, "b": 500})


def test_a_model_that_keeps_every_row_closes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    select = f"SELECT id, zone, {IDENTITY} FROM raw.trips LEFT JOIN zones USING (zone_id)"
    outcome = staged(connection, tmp_path, select)
    assert outcome.account.closes
    assert outcome.account.gaps == ()
    assert outcome.account.arrived == outcome.account.clean == 1500


def test_an_inner_join_in_a_cte_that_loses_100_rows_while_a_doubled_lookup_row_adds_100_is_caught(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("DELETE FROM zones WHERE zone_id = 3")
    connection.execute("INSERT INTO zones VALUES (7, 'zone 7 again')")
    select = f"""
WITH named AS (SELECT id, zone, {IDENTITY} FROM a INNER JOIN zones USING (zone_id))
SELECT * FROM named UNION ALL SELECT id, NULL, {IDENTITY} FROM b
"""
    outcome = staged(connection, tmp_path, select)
    assert outcome.account.clean == outcome.account.arrived == 1500  # the count alone sees nothing
    assert not outcome.account.closes
    assert outcome.account.gaps == ("a: 1000 rows arrived and as many were found, but not the same ones",)


@pytest.mark.parametrize(
    ("loss", "select", "gaps"),
    [
        (
            "a dropped file",
            f"SELECT id, '' AS zone, {IDENTITY} FROM a",
            ["b: 500 rows arrived, 0 found again (500 lost)"],
        ),
        (
            "a file read twice",
            f"SELECT id, '' AS zone, {IDENTITY} FROM raw.trips UNION ALL SELECT id, '', {IDENTITY} FROM b",
            ["b: 500 rows arrived, 1000 found again (500 too many)"],
        ),
        (
            "a file read twice instead of another",
            f"SELECT id, '' AS zone, {IDENTITY} FROM a UNION ALL SELECT id, '', {IDENTITY} FROM a WHERE id < 500",
            ["a: 1000 rows arrived, 1500 found again (500 too many)", "b: 500 rows arrived, 0 found again (500 lost)"],
        ),
        (
            "a row that moves to the other branch's file",
            "SELECT id, '' AS zone, CASE WHEN id = 700 THEN 'b' ELSE _source_file END AS _source_file, _source_row, "
            "_uncast FROM raw.trips",
            ["a: 1000 rows arrived, 999 found again (1 lost)", "b: 500 rows arrived, 501 found again (1 too many)"],
        ),
        (
            "rows swapped between files",
            "SELECT id, '' AS zone, CASE id WHEN 700 THEN 'b' WHEN 1001 THEN 'a' ELSE _source_file END "
            "AS _source_file, _source_row, _uncast FROM raw.trips",
            [
                "a: 1000 rows arrived and as many were found, but not the same ones",
                "b: 500 rows arrived and as many were found, but not the same ones",
            ],
        ),
        (
            "one row lost and another doubled",
            f"SELECT id, '' AS zone, {IDENTITY} FROM raw.trips WHERE id <> 5 "
            f"UNION ALL SELECT id, '', {IDENTITY} FROM raw.trips WHERE id = 6",
            ["a: 1000 rows arrived and as many were found, but not the same ones"],
        ),
        (
            "two rows lost and two doubled, with the same sum of row numbers",
            f"SELECT id, '' AS zone, {IDENTITY} FROM raw.trips WHERE id NOT IN (5, 8) "
            f"UNION ALL SELECT id, '', {IDENTITY} FROM raw.trips WHERE id IN (6, 7)",
            ["a: 1000 rows arrived and as many were found, but not the same ones"],
        ),
        (
            "a row without a source",
            "SELECT id, '' AS zone, CASE WHEN id <> 5 THEN _source_file END AS _source_file, _source_row, _uncast "
            "FROM raw.trips",
            [
                "(no received file): 0 rows arrived, 1 found again (1 too many)",
                "a: 1000 rows arrived, 999 found again (1 lost)",
            ],
        ),
        (
            "a row that is made up",
            f"SELECT id, '' AS zone, {IDENTITY} FROM raw.trips UNION ALL SELECT 1, '', 'c', 0, NULL",
            ["(no received file): 0 rows arrived, 1 found again (1 too many)"],
        ),
    ],
)
def test_every_other_loss_is_caught_and_told(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, loss: str, select: str, gaps: list[str]
) -> None:
    outcome = staged(connection, tmp_path, select)
    assert not outcome.account.closes, loss
    assert list(outcome.account.gaps) == gaps


def test_what_is_lost_among_rejected_and_dropped_rows_is_caught_too(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = contract_of(
        'columns: {id: {type: BIGINT, min: 100}}\nrules: [{name: last, drop: "id > 1400"}]\ngrain: [id]'
    )
    records = {"a": 1000, "b": 500}
    whole = stage_select(connection, tmp_path / "1", f"SELECT id, {IDENTITY} FROM raw.trips", contract, records)
    assert (whole.account.rejected, whole.account.dropped, whole.account.closes) == (100, 99, True)
    for lost in (50, 1450):
        select = f"SELECT id, {IDENTITY} FROM raw.trips WHERE id <> {lost}"
        outcome = stage_select(connection, tmp_path / str(lost), select, contract, records)
        assert not outcome.account.closes


def test_a_model_that_answers_differently_each_time_does_not_close(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = contract_of("columns: {id: {type: BIGINT}, x: {type: DOUBLE, max: 0.5}}")
    select = f"SELECT id, random() AS x, {IDENTITY} FROM raw.trips"
    outcome = stage_select(connection, tmp_path, select, contract, {"a": 1000, "b": 500})
    assert not outcome.account.closes
