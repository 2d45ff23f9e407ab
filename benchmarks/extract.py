"""`python -m benchmarks.extract`: how fast a table leaves a real database, by which library, and with which memory."""

import argparse
import importlib.util
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.conditions import REPOSITORY, headline, loop_seconds, pace
from benchmarks.extract_side import VALUES, WAYS
from benchmarks.report import load
from data_platform_tests import database_servers
from data_platform_tests.database_servers import PASSWORD, USER, Server
from data_platform_tests.databases import Database

_LIBRARIES = {"ADBC": "adbc_driver_postgresql", "ConnectorX": "connectorx", "tuples": "psycopg"}
_FILL: Mapping[str, str] = {
    "postgresql": "CREATE TABLE t AS SELECT i::bigint AS id, 'customer, number ' || i AS name,"
    " (i * 1.37)::numeric(38,10) AS amount, timestamptz '2024-01-01' + i * interval '7.123 s' AS updated_at,"
    " (i * 0.1)::float8 AS score FROM generate_series(1, {rows}) AS i",
    "mariadb": "CREATE TABLE t AS SELECT CAST(seq AS SIGNED) AS id, CONCAT('customer, number ', seq) AS name,"
    " CAST(seq * 1.37 AS DECIMAL(38,10)) AS amount,"
    " CAST('2024-01-01' + INTERVAL seq * 7.123 SECOND AS DATETIME(6)) AS updated_at, seq * 0.1e0 AS score"
    " FROM seq_1_to_{rows}",
    "sqlite": "CREATE TABLE t AS WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows})"
    " SELECT i AS id, 'customer, number ' || i AS name, i * 1.37 AS amount,"
    " datetime('2024-01-01', (i * 7) || ' seconds') AS updated_at, i * 0.1 AS score FROM s",
}


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows of the table (default 2000000)")
    into = Path(__file__).parent / "results_extract.md"
    parser.add_argument("--into", type=Path, default=into, help="the page (default results_extract.md)")
    chosen = parser.parse_args(arguments)
    began, busy, before = datetime.now(UTC), load(), loop_seconds()
    with tempfile.TemporaryDirectory(prefix="extract-") as folder:
        measured, values = list(_measured(Path(folder), chosen.rows)), _values()
    text = "\n".join(
        [
            f"# A table of {chosen.rows:,} rows, out of a database\n",
            f"{headline('benchmarks.extract', arguments, began, busy)}\n",
            "Five columns (BIGINT, text, NUMERIC(38,10), timestamp, double) to zstd Parquet, in the order of the key, "
            "each way in a process of its own; the server's own work is in the wall time alone. "
            "`database` adds up a checksum of each row while it reads; *look* is the question for all rows at once.\n",
            "| database | way | wall s | CPU s | peak MB |\n|---|---|--:|--:|--:|",
            *measured,
            "\nThe same values of PostgreSQL, as each library gives them:\n",
            *values,
            f"\n{pace(before)}\n",
        ]
    )
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _measured(folder: Path, rows: int) -> Iterator[str]:
    with database_servers.postgresql() as server:
        _filled(_database(server, "postgres"), rows)
        for way in ("database", "look", *_installed()):
            yield _line("PostgreSQL", way, _url(server, "postgres"), folder, rows)
    with database_servers.mariadb() as server:
        _filled(_database(server, "mysql"), rows)
        for way in ("database", "look"):
            yield _line("MariaDB", way, _url(server, "mysql"), folder, rows)
    path = folder / "t.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(_FILL["sqlite"].format(rows=rows))
        connection.execute("CREATE UNIQUE INDEX t_id ON t (id)")
        connection.commit()
    for way in ("database", "look"):
        yield _line("SQLite", way, f"sqlite:///{path}", folder, rows)


def _line(database: str, way: str, url: str, folder: Path, rows: int) -> str:
    told = _side("database look" if way == "look" else way, url, str(folder / "out.parquet"))
    assert told["rows"] == rows, told
    return f"| {database} | {way} | {told['wall']:.1f} | {told['cpu']:.1f} | {told['peak']:.0f} |"


def _values() -> Iterator[str]:
    ways = [way for way in _installed() if way in WAYS]
    yield f"| value | {' | '.join(ways)} |\n|---|{'---|' * len(ways)}"
    with database_servers.postgresql() as server:
        told = [_side(way, _url(server, "postgres")) for way in ways]
    for name in VALUES:
        yield f"| {name} | {' | '.join(_cell(way[name]) for way in told)} |"


def _cell(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"


def _side(way: str, url: str, *more: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.extract_side", way, url, USER, PASSWORD, *more]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _installed() -> list[str]:
    """Other ways than the platform's, of which the libraries are here."""
    return [way for way, library in _LIBRARIES.items() if importlib.util.find_spec(library)]


def _filled(database: Database, rows: int) -> None:
    database.run(
        _FILL[database.kind].format(rows=rows),
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        "ANALYZE TABLE t" if database.kind == "mariadb" else "ANALYZE t",
    )


def _url(server: Server, name: str) -> str:
    return f"{server.scheme}://127.0.0.1:{server.port}/{name}"


def _database(server: Server, name: str) -> Database:
    return Database(server.scheme, _url(server, name), name, server.port, USER, PASSWORD)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
