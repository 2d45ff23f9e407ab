"""A process that reads a table needs no more memory for many rows, or for wide ones, than for a few."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_platform_tests.databases import Database

BOUND = 80_000_000
"""What a group of rows may take, as the file is written; the tables are 20 MB and 96 MB."""

PROGRAM = """
import sys
from pathlib import Path
from data_platform.sources.database.address import parsed
from data_platform.sources.database.source import Database

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

url, user, password = sys.argv[1:4]
def read(table):
    asked = Database(parsed(url), (table,), (("n",), ("t",)), key=("n",),
                     user=lambda: user, password=lambda: password, batch_rows=20_000)
    return asked.fetch(asked.shown, Path(sys.argv[4])).version.partition(";")[0]

print(read("few"))
before = peak()
print(read("many"), read("wide"))
print(peak() - before)
"""
_SERIES = {
    "postgresql": "SELECT i AS n, repeat(md5(i::text), {1}) AS t FROM generate_series(1, {0}) AS i",
    "mariadb": "SELECT seq AS n, REPEAT(MD5(seq), {1}) AS t FROM seq_1_to_{0}",
    "sqlite": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {0}) "
    "SELECT i AS n, hex(zeroblob({1} * 16)) AS t FROM s",
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
def test_memory_does_not_grow_with_the_table(database: Database, tmp_path: Path) -> None:
    series = _SERIES[database.kind]
    for table, rows, width in (("few", 20_000, 3), ("many", 200_000, 3), ("wide", 1_000, 3_000)):
        database.run(f"CREATE TABLE {table} AS {series.format(rows, width)}")
    program = [sys.executable, "-c", PROGRAM, database.url, str(database.user), str(database.password)]
    # Two arenas of the C library, as few as there can be: it keeps what is freed, for each thread.
    done = subprocess.run(
        [*program, str(tmp_path / "f")], capture_output=True, text=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"}
    )
    assert done.stdout.splitlines()[:2] == ["rows=20000", "rows=200000 rows=1000"], done.stderr
    assert int(done.stdout.splitlines()[2]) < BOUND
