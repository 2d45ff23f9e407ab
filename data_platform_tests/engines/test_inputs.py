"""What models see of a raw table, whatever its files look like this month."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.contracts.raw import RawColumn
from data_platform.engines.duckdb import Engine
from data_platform.engines.inputs import RawFile, RawInput, TableInput, ViewInput, bind, table_select
from data_platform.lake.names import TableName
from data_platform.sources.inspect import inspect_parquet

TRIPS = TableName("raw", "trips")


def file_of(folder: Path, table: pa.Table, name: str = "f") -> RawFile:
    path = folder / f"{name}.parquet"
    pq.write_table(table, path)
    return RawFile(path, name, inspect_parquet(path, path.name).columns)


def seen(declared: Mapping[str, RawColumn], *files: RawFile, folder: Path) -> list[dict[str, Any]]:
    """The rows of raw.trips with identity, ordered by where they came from."""
    with Engine("512MiB", 2, folder / "tmp").connect() as connection:
        bind(connection, [RawInput(TRIPS, declared, files)])
        result = connection.execute("SELECT * FROM raw.trips ORDER BY _source_file, _source_row")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize(
    ("found", "declared", "value"),
    [
        (pa.array([7], pa.int32()), "BIGINT", 7),
        (pa.array([7], pa.int64()), "INTEGER", 7),
        (pa.array([7.0], pa.float64()), "BIGINT", 7),
        (pa.array([7], pa.int64()), "DOUBLE", 7.0),
        (pa.array([7.5], pa.float32()), "DOUBLE", 7.5),
        (pa.array([7], pa.uint8()), "BIGINT", 7),
        (pa.nulls(1), "DOUBLE", None),
        (pa.nulls(1), "VARCHAR", None),
        (pa.array(["a"], pa.large_string()), "VARCHAR", "a"),
        (pa.array(["a"]).dictionary_encode(), "VARCHAR", "a"),
        (pa.array(["17"]), "BIGINT", 17),
        (pa.array([17], pa.int64()), "VARCHAR", "17"),
    ],
)
def test_a_type_that_drifts_is_seen_as_declared(tmp_path: Path, found: pa.Array, declared: str, value: object) -> None:
    file = file_of(tmp_path, pa.table({"x": found}))
    (row,) = seen({"x": RawColumn(type=declared)}, file, folder=tmp_path)
    assert row == {"x": value, "_source_file": "f", "_source_row": 0, "_uncast": None}


@pytest.mark.parametrize(
    ("found", "declared", "original"),
    [
        (pa.array(["N/A"]), "BIGINT", "N/A"),
        (pa.array(["1.5"]), "BIGINT", "1.5"),
        (pa.array([1.5]), "BIGINT", "1.5"),
        (pa.array([2**31], pa.int64()), "INTEGER", "2147483648"),
        (pa.array([2**53 + 1], pa.int64()), "DOUBLE", "9007199254740993"),
        (pa.array([2**63], pa.uint64()), "BIGINT", "9223372036854775808"),
        (pa.array(["31.02.2024"]), "DATE", "31.02.2024"),
    ],
)
def test_a_value_that_does_not_fit_what_is_declared_keeps_its_text(
    tmp_path: Path, found: pa.Array, declared: str, original: str
) -> None:
    file = file_of(tmp_path, pa.table({"x": found, "y": [1]}))
    (row,) = seen({"x": RawColumn(type=declared), "y": RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert json.loads(row["_uncast"]) == {"x": original}
    assert row["y"] == 1


def test_columns_are_found_by_name_alias_and_case_and_absent_ones_are_null(tmp_path: Path) -> None:
    declared = {
        "fee": RawColumn(type="DOUBLE", aliases=("Airport_fee",)),
        "id": RawColumn(type="BIGINT"),
        "new": RawColumn(type="VARCHAR", optional=True),
    }
    january = file_of(tmp_path, pa.table({"ID": [1], "AIRPORT_FEE": [1.5], "unknown": ["kept in the file"]}), "1")
    february = file_of(tmp_path, pa.table({"new": ["x"], "fee": [2], "Id": [2]}), "2")
    rows = seen(declared, january, february, folder=tmp_path)
    assert [(row["fee"], row["id"], row["new"]) for row in rows] == [(1.5, 1, None), (2.0, 2, "x")]
    assert [(row["_source_file"], row["_source_row"]) for row in rows] == [("1", 0), ("2", 0)]


@pytest.mark.parametrize("name", ["file_row_number", "FILE_ROW_NUMBER", "filename", "file_index"])
def test_a_column_called_like_the_readers_own_is_data(tmp_path: Path, name: str) -> None:
    file = file_of(tmp_path, pa.table({"x": [10, 20], name: [7, 8], f"{name}_".lower(): [0, 0]}))
    rows = seen({"x": RawColumn(type="BIGINT"), name: RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert [(row["x"], row[name], row["_source_row"]) for row in rows] == [(10, 7, 0), (20, 8, 1)]
    rows = seen({"x": RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert [(row["x"], row["_source_row"]) for row in rows] == [(10, 0), (20, 1)]


@pytest.mark.parametrize("name", ["_source_file", "_source_row", "_uncast", "_rules"])
def test_a_files_own_hidden_looking_columns_do_not_pass_for_the_platforms(tmp_path: Path, name: str) -> None:
    file = file_of(tmp_path, pa.table({"x": [10], name: ["faked"]}))
    (row,) = seen({"x": RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert row == {"x": 10, "_source_file": "f", "_source_row": 0, "_uncast": None}


def test_odd_names_and_places_are_quoted(tmp_path: Path) -> None:
    folder = tmp_path / "it's [a] folder*"
    folder.mkdir()
    file = file_of(folder, pa.table({'a"b': ["1"], "select": [2], "x y.z": [3], "'; DROP": ["N/A"]}), "o'clock")
    declared = {
        'a"b': RawColumn(type="BIGINT"),
        "select": RawColumn(type="BIGINT"),
        "x y.z": RawColumn(type="BIGINT"),
        "'; DROP": RawColumn(type="BIGINT"),
    }
    (row,) = seen(declared, file, folder=tmp_path)
    assert [row[name] for name in declared] == [1, 2, 3, None]
    assert row["_source_file"] == "o'clock"
    assert json.loads(row["_uncast"]) == {"'; DROP": "N/A"}


def test_row_numbers_hold_across_row_groups_and_threads(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"x": range(5000)}), path, row_group_size=700)
    file = RawFile(path, "f", (("x", "BIGINT"),))
    rows = seen({"x": RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert all(row["x"] == row["_source_row"] for row in rows)
    assert len(rows) == 5000


def test_a_rule_sees_a_nan_that_the_statistics_of_its_file_leave_out(tmp_path: Path) -> None:
    file = file_of(tmp_path, pa.table({"x": [0.0, 0.5, float("nan")]}))
    with Engine("512MiB", 1, tmp_path / "tmp").connect() as connection:
        bind(connection, [RawInput(TRIPS, {"x": RawColumn(type="DOUBLE")}, (file,))])
        for question in ("WHERE x > 1", "WHERE CASE WHEN x > 1 THEN true END"):
            assert connection.execute(f"SELECT _source_row FROM raw.trips {question}").fetchall() == [(2,)]


def test_a_parsed_text_file_brings_its_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"x": ["1"], "_source_row": [41]}), path)
    file = RawFile(path, "f", (("x", "VARCHAR"),), numbered=True)
    (row,) = seen({"x": RawColumn(type="BIGINT")}, file, folder=tmp_path)
    assert (row["x"], row["_source_row"]) == (1, 41)


def test_without_files_there_are_the_same_columns_and_no_rows(tmp_path: Path) -> None:
    declared = {"x": RawColumn(type="BIGINT"), 'a"b': RawColumn(type="DECIMAL(8,2)")}
    with Engine("512MiB", 1, tmp_path / "tmp").connect() as connection:
        bind(connection, [RawInput(TRIPS, declared, ())])
        described = connection.execute("DESCRIBE raw.trips").fetchall()
    assert [(name, type_) for name, type_, *_ in described] == [
        ("x", "BIGINT"),
        ('a"b', "DECIMAL(8,2)"),
        ("_source_file", "VARCHAR"),
        ("_source_row", "BIGINT"),
        ("_uncast", "VARCHAR"),
    ]


def test_a_file_without_rows_is_read(tmp_path: Path) -> None:
    file = file_of(tmp_path, pa.table({"x": pa.array([], pa.int64())}))
    assert seen({"x": RawColumn(type="INTEGER")}, file, folder=tmp_path) == []


def test_older_files_of_a_table_lack_its_newer_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "_source_row": [0]}), tmp_path / "old.parquet")
    pq.write_table(pa.table({"b": [2.5], "a": [2]}), tmp_path / "new.parquet")
    columns = (("a", "INTEGER"), ("b", "DOUBLE"), ("c", "DATE"))
    files = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    with Engine("512MiB", 1, tmp_path / "tmp").connect() as connection:
        rows = connection.execute(f"SELECT * FROM ({table_select(columns, files)}) ORDER BY a").fetchall()
        assert rows == [(1, None, None), (2, 2.5, None)]
        assert connection.execute(table_select(columns, [])).fetchall() == []


def test_a_view_is_read_through_and_typed_as_contracted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "t.parquet")
    table = TableInput(TableName("staged", "t"), (("a", "BIGINT"),), (tmp_path / "t.parquet",))
    view = ViewInput(TableName("staged", "v"), "SELECT a * 2 AS B FROM staged.t", (("b", "DECIMAL(8,2)"),))
    with Engine("512MiB", 1, tmp_path / "tmp").connect() as connection:
        bind(connection, [table, view])
        result = connection.execute("SELECT * FROM staged.v ORDER BY b")
        assert [(column[0], str(column[1])) for column in result.description or ()] == [("b", "DECIMAL(8,2)")]
        assert [float(b) for (b,) in result.fetchall()] == [2.0, 4.0]
