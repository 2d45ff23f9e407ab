"""The engine that every step gets: empty, bounded, and unable to change between runs."""

import signal
import subprocess
import sys
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


def test_what_a_killed_process_spilled_goes_when_the_next_begins_and_nothing_else(tmp_path: Path) -> None:
    engine = Engine("256MiB", 1, tmp_path / "spill")
    die = f"""
import os, pathlib, signal
from data_platform.engines.duckdb import Engine
with Engine("256MiB", 1, pathlib.Path({str(tmp_path / "spill")!r})).scratch() as settings:
    pathlib.Path(settings["temp_directory"], "duckdb_temp_storage-0.tmp").write_text("a lot")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with engine.scratch() as ours:
        Path(ours["temp_directory"], "duckdb_temp_storage-0.tmp").write_text("needed")
        assert subprocess.run([sys.executable, "-c", die], check=False).returncode == -signal.SIGKILL
        assert len(list((tmp_path / "spill").iterdir())) == 2
        with engine.scratch() as others:
            left = {str(path) for path in (tmp_path / "spill").iterdir()}
            assert left == {ours["temp_directory"], others["temp_directory"]}
        assert Path(ours["temp_directory"], "duckdb_temp_storage-0.tmp").exists()
    assert list((tmp_path / "spill").iterdir()) == []
