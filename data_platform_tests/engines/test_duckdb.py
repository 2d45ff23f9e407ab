"""The engine that every step gets: empty, bounded, and unable to change between runs."""

from pathlib import Path

import duckdb
import pytest

from data_platform.engines.duckdb import Engine, scratch, version, volatile_functions


def test_a_connection_has_the_engines_bounds_and_no_tables(tmp_path: Path) -> None:
    with Engine("256MiB", 3, tmp_path / "spill").connect() as connection:
        names = ["threads", "memory_limit", "preserve_insertion_order", "autoinstall_known_extensions", "TimeZone"]
        values = [connection.execute("SELECT current_setting(?)", [name]).fetchone() for name in names]
        assert values == [(3,), ("256.0 MiB",), (False,), (False,), ("UTC",)]
        assert connection.execute("SHOW ALL TABLES").fetchall() == []
        connection.execute("CREATE TABLE mine AS SELECT 1")
    with Engine("256MiB", 1, tmp_path / "spill").connect() as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("FROM mine")


def test_volatile_functions_are_duckdbs_own_list() -> None:
    assert {"random", "uuid", "now", "nextval"} <= volatile_functions()
    assert {"abs", "hash", "sum"}.isdisjoint(volatile_functions())


def test_the_version_is_major_and_minor() -> None:
    assert duckdb.__version__.startswith(f"{version()}.")


def test_scratch_cursors_see_the_same_empty_database() -> None:
    assert scratch().execute("SHOW ALL TABLES").fetchall() == []
