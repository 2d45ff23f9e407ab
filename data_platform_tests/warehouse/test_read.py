"""Opening the warehouse."""

from pathlib import Path

import duckdb
import pytest

from data_platform.warehouse.read import open_read_only
from data_platform_tests.warehouse.example import generation, publish_onto_current


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    with (
        open_read_only(tmp_path / "warehouse" / "warehouse.duckdb") as reader,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        reader.execute("DELETE FROM curated.daily_revenue")


def test_a_reader_is_closed_after_an_error_in_its_body(tmp_path: Path) -> None:
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    reader = open_read_only(tmp_path / "warehouse" / "warehouse.duckdb")
    with pytest.raises(KeyError), reader:
        raise KeyError
    with pytest.raises(duckdb.ConnectionException):
        reader.execute("SELECT 1")


def test_a_missing_warehouse_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make run"):
        open_read_only(tmp_path / "warehouse.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("not a database, but long enough to look like one " * 100)
    with pytest.raises(duckdb.Error, match=r"warehouse\.duckdb"):
        open_read_only(path)
