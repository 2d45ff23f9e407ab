"""Drift from the source's file to the staged table: one schema whatever arrives, and nothing lost without a word."""

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.steps.errors import StepError
from data_platform_tests.small_dataset import SCHEMA, SmallDataset, reading, small_dataset

MONTH = "2024-01"


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    small = small_dataset(tmp_path)
    small.receive("places")
    small.build("staged.places")
    return small


def table(rows: int = 2) -> pa.Table:
    return pa.Table.from_pylist([reading(i) for i in range(rows)], schema=SCHEMA)


def retyped(name: str, values: pa.Array) -> pa.Table:
    return table().set_column(SCHEMA.get_field_index(name), name, values)


def staged(small: SmallDataset, content: pa.Table) -> list[dict[str, object]]:
    small.put(MONTH, content)
    small.receive("readings", MONTH)
    small.built("staged.readings", MONTH)
    return small.rows("staged.readings", MONTH)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("reading_id", pa.array([0, 1], pa.int32())),
        ("reading_id", pa.array([0.0, 1.0])),
        ("reading_id", pa.array(["0", "1"])),
        ("reading_id", pa.array([0, 1], pa.uint64())),
        ("place_id", pa.array([1.0, 1.0])),
        ("place_id", pa.array([1, 1], pa.int64())),
        ("read_at", pa.array([reading(0)["read_at"]] * 2, pa.timestamp("ns"))),
        ("read_at", pa.array(["2024-01-10 12:00:00"] * 2)),
        ("value", pa.array(["1.5", "1.5"])),
        ("value", pa.array([1.5, 1.5], pa.float32())),
        ("note", pa.nulls(2)),
        ("note", pa.array([None, None], pa.large_string())),
    ],
)
def test_a_type_that_drifts_leaves_the_staged_rows_as_they_were(
    small: SmallDataset, name: str, values: pa.Array
) -> None:
    before = staged(small, table())
    assert staged(small, retyped(name, values)) == before
    assert small.quarantine("staged.readings") == []


def test_a_column_that_is_all_null_this_month_is_null(small: SmallDataset) -> None:
    small.put(MONTH, retyped("value", pa.nulls(2)))
    small.receive("readings", MONTH)
    made = small.built("staged.readings", MONTH)
    assert made.account is not None
    assert made.account.rejected_by == {"rain_mm_required": 2}


@pytest.mark.parametrize("called", ["NOTE", "comment", "Comment"])
def test_a_column_by_an_alias_or_in_another_case_is_the_same_column(small: SmallDataset, called: str) -> None:
    content = retyped("note", pa.array(["dry", "wet"]))
    rows = staged(small, content.rename_columns([called if name == "note" else name for name in content.column_names]))
    assert [row["note"] for row in rows] == ["dry", "wet"]


def test_an_optional_column_that_a_month_lacks_is_null(small: SmallDataset) -> None:
    assert [row["note"] for row in staged(small, table().drop_columns(["note"]))] == [None, None]


def test_a_required_column_that_a_month_lacks_stops_it_with_file_and_columns(small: SmallDataset) -> None:
    before = staged(small, table())
    small.put(MONTH, table().drop_columns(["value", "read_at"]))
    small.receive("readings", MONTH)
    with pytest.raises(StepError) as raised:
        small.build("staged.readings", MONTH)
    told = str(raised.value)
    assert told.startswith("raw/readings 2024-01: file://")
    assert "readings-2024-01.parquet lacks read_at, value; it has reading_id, place_id, note. " in told
    assert "`optional: true`" in told
    assert "alias" in told
    assert small.rows("staged.readings", MONTH) == before


def test_an_unknown_column_is_told_and_stays_in_the_raw_file(small: SmallDataset) -> None:
    content = table().append_column("humidity", pa.array([0.5, 0.6]))
    small.put(MONTH, content)
    (received,) = small.receive("readings", MONTH)
    assert received.drift.unknown == ("humidity",)
    assert "humidity" in received.drift.text
    small.built("staged.readings", MONTH)
    assert len(small.rows("staged.readings", MONTH)) == 2
    kept = small.platform.lake.storage.local(received.current[0].key or "")
    assert pq.read_table(kept).column("humidity").to_pylist() == [0.5, 0.6]


def test_one_na_in_a_numeric_column_quarantines_one_row_with_its_text(small: SmallDataset) -> None:
    rows = staged(small, retyped("value", pa.array(["N/A", "2.5"])))
    assert [row["reading_id"] for row in rows] == [1]
    (rejected,) = small.quarantine("staged.readings")
    assert rejected["_rules"] == ["castable", "rain_mm_required"]
    assert json.loads(rejected["_original"]) == {"value": "N/A"}
    assert rejected["_source_row"] == 0


def test_months_of_different_types_make_one_table(small: SmallDataset) -> None:
    small.put("2024-01", retyped("reading_id", pa.array(["7", "8"])))
    february = pa.array([datetime(2024, 2, 10)] * 2, pa.timestamp("us"))
    small.put("2024-02", retyped("read_at", february))
    small.run()
    assert [row["reading_id"] for row in small.rows("staged.readings")] == [0, 1, 7, 8]
    columns = small.platform.lake.table(TableName("staged", "readings")).columns()
    assert Column("reading_id", "BIGINT") in columns
    assert Column("rain_mm", "DECIMAL(8,2)") in columns
