"""The servers that tests of databases need: private, fresh for each test, and gone afterwards."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from data_platform_tests.databases import Database


def test_a_test_gets_an_empty_database_that_keeps_what_it_writes(database: Database) -> None:
    database.run("CREATE TABLE t (a INTEGER, b VARCHAR(20))")
    database.insert("t", [(1, "eins"), (2, "🙂")])
    assert database.rows("SELECT a, b FROM t ORDER BY a") == [(1, "eins"), (2, "🙂")]


_TESTS = """
import pytest
from data_platform_tests.databases import postgresql_server, mariadb_server

@pytest.mark.parametrize("server", ["postgresql_server", "mariadb_server"])
def test_that_fails(server, request):
    print("port", request.getfixturevalue(server).port)
    assert False
"""


def test_after_a_failed_test_no_server_and_no_folder_is_left(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(_TESTS)
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folders:
        # The servers' own users go through it.
        Path(folders).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_it.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root), "TMPDIR": folders},
            capture_output=True,
            text=True,
        )
        assert "2 failed" in done.stdout, done.stdout + done.stderr
        assert list(Path(folders).iterdir()) == []
        assert [process for process in psutil.process_iter(["cmdline"]) if _is_below(process, folders)] == []


def _is_below(process: psutil.Process, folder: str) -> bool:
    return any(folder in word for word in process.info["cmdline"] or ())
