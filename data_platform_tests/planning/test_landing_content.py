"""Files whose names say nothing: the partition is that in which most of their rows lie, in text and in Parquet."""

import shutil
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform_tests.planning.landed import FILES, Landed, landed
from data_platform_tests.planning.town import told

_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Gauges whose files have any name.
  owners: ["team:weather"]
  partitions: {monthly: {start: "2024-01"}}
  raw:
    readings:
      description: Readings, by the day that each row has.
      source:
        landing:
          folder: "{{ landing }}/gauges"
          files: ['.*']
          partition: {column: Day, format: "%m/%d/%Y"}
      format: FORMAT
      columns:
        reading_id: {type: BIGINT}
        value: {type: DOUBLE}
"""


@pytest.fixture
def gauges(tmp_path: Path) -> Landed:
    return _gauges(tmp_path, "csv")


def _gauges(root: Path, format: str) -> Landed:
    without = {name: None for name in FILES if name != "defs.yaml" and "readings" not in name}
    contract = FILES["staged/readings.yaml"].replace("  place_id: {type: INTEGER}\n", "")
    return landed(root, {**without, "defs.yaml": _DEFS.replace("FORMAT", format), "staged/readings.yaml": contract})


def _drop(gauges: Landed, name: str, *days: str) -> Path:
    rows = "".join(f"{number},{day},1.5\n" for number, day in enumerate(days))
    return gauges.drop_bytes(name, f"reading_id,Day,value\n{rows}".encode())


def test_a_file_belongs_to_the_partition_of_most_of_its_rows_and_of_two_to_the_earlier(gauges: Landed) -> None:
    _drop(gauges, "a", "02/01/2024", "02/29/2024", "01/31/2024", "", "unknown")
    _drop(gauges, "b", "02/01/2024", "01/31/2024")
    assert told(gauges) == ["raw/readings 2024-01: new at the source", "raw/readings 2024-02: new at the source"]
    gauges.run()
    assert (len(gauges.rows("staged.readings", "2024-01")), len(gauges.rows("staged.readings", "2024-02"))) == (2, 5)
    assert told(gauges) == gauges.tells() == []


def test_a_rewrite_that_belongs_elsewhere_leaves_where_it_was(gauges: Landed) -> None:
    _drop(gauges, "a", "02/01/2024")
    gauges.run()
    _drop(gauges, "a", "01/01/2024", "01/02/2024")
    assert told(gauges) == [
        "raw/readings 2024-01: new at the source",
        "raw/readings 2024-02: belongs to 2024-01 now",
    ]
    gauges.run()
    assert (len(gauges.rows("staged.readings", "2024-01")), len(gauges.rows("staged.readings", "2024-02"))) == (2, 0)
    assert [state for state, _, _ in gauges.received()] == ["received", "received", "withdrawn"]


def test_what_has_no_date_or_cannot_be_read_is_told_and_blocks_nothing(gauges: Landed) -> None:
    _drop(gauges, "dateless", "soon")
    gauges.drop("of other columns", "1,1,1.5")
    gauges.drop_bytes("page", b"<html>busy</html>")
    _drop(gauges, "good", "01/01/2024")
    gauges.run()
    assert len(gauges.rows("staged.readings")) == 1
    dateless, other, page = sorted(gauges.tells())
    assert dateless.endswith("no row has a date of the form %m/%d/%Y in column 'Day', which tells its partition!")
    assert "of%20other%20columns has no column 'Day'" in other
    assert "page: is an HTML page" in page
    _drop(gauges, "page", "01/01/2024")
    gauges.run()
    assert len(gauges.rows("staged.readings")) == 2


def test_another_rule_looks_at_what_had_no_partition_again(gauges: Landed) -> None:
    _drop(gauges, "a", "2024-01-31")
    gauges.run()
    assert len(gauges.tells()) == 1
    gauges.write({"defs.yaml": _DEFS.replace("FORMAT", "csv").replace("%m/%d/%Y", "%Y-%m-%d")})
    assert told(gauges) == ["raw/readings 2024-01: new at the source"]


def test_what_was_found_may_be_forgotten(gauges: Landed) -> None:
    _drop(gauges, "dateless", "soon")
    _drop(gauges, "good", "01/01/2024")
    gauges.run()
    before = gauges.tells()
    notes = list(gauges.home.rglob("landing.*.settled"))
    assert len(notes) == 1
    notes[0].write_text("broken")
    assert gauges.tells() == before
    shutil.rmtree(gauges.settings.lake_path)
    gauges.run()
    assert len(gauges.rows("staged.readings")) == 1


def test_times_of_a_parquet_file_are_read_as_they_are(tmp_path: Path) -> None:
    gauges = _gauges(tmp_path, "parquet")
    days = [datetime(2024, 1, 31, 23, 59), datetime(2024, 2, 1), datetime(2024, 2, 1), None]
    rows = pa.table({"reading_id": range(4), "day": days, "value": [1.5] * 4})
    pq.write_table(rows, tmp_path / "rows")
    gauges.drop_bytes("any name", (tmp_path / "rows").read_bytes())
    gauges.run()
    assert len(gauges.rows("staged.readings", "2024-02")) == 4
