"""Pytest plugin: an empty database for a test, of a real PostgreSQL, a real MariaDB, or SQLite in a file.

`postgresql`, `mariadb` and `sqlite` are one each; `database` is all three, one after the other.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from data_platform_tests import database_servers
from data_platform_tests.database_servers import PASSWORD, USER, NotInstalledError, Server

_numbers = count()


@dataclass(frozen=True)
class Database:
    """An empty database. `url` has neither user nor password in it; both are None for SQLite."""

    kind: str
    url: str
    name: str
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def connect(self, *, autocommit: bool = False) -> Any:
        """A new connection of the kind's own Python library; the caller closes it."""
        if self.kind == "sqlite":
            import sqlite3

            connection = sqlite3.connect(self.name, timeout=0)
            connection.isolation_level = None if autocommit else "DEFERRED"
            return connection
        assert self.port is not None
        if self.kind == "postgresql":
            import psycopg

            return psycopg.connect(
                host="127.0.0.1", port=self.port, user=self.user, password=self.password, dbname=self.name,
                autocommit=autocommit,
            )  # fmt: skip
        import pymysql

        assert self.user is not None
        assert self.password is not None
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=self.user, password=self.password, database=self.name,
            autocommit=autocommit, charset="utf8mb4",
        )  # fmt: skip

    def run(self, *statements: str) -> None:
        """Runs statements, each committed for itself."""
        with closing(self.connect(autocommit=True)) as connection, closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, select: str) -> list[tuple[Any, ...]]:
        """What a SELECT gives now."""
        with closing(self.connect(autocommit=True)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(select)
            return [tuple(row) for row in cursor.fetchall()]

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows into a table (its name as SQL writes it), all in one transaction."""
        mark = "?" if self.kind == "sqlite" else "%s"
        marks = ", ".join([mark] * len(rows[0]))
        with closing(self.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", [tuple(row) for row in rows])
            connection.commit()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL for the tests of this process. It is stopped after them, and its folder is gone."""
    try:
        with database_servers.postgresql() as server:
            yield server
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """A MariaDB for the tests of this process. It is stopped after them, and its folder is gone."""
    try:
        with database_servers.mariadb() as server:
            yield server
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[Database]:
    """An empty database of PostgreSQL."""
    administrator = _of(postgresql_server, "postgres")
    name = f"test_{next(_numbers)}"
    administrator.run(f"CREATE DATABASE {name}")
    yield _of(postgresql_server, name)
    administrator.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def mariadb(mariadb_server: Server) -> Iterator[Database]:
    """An empty database of MariaDB."""
    administrator = _of(mariadb_server, "mysql")
    name = f"test_{next(_numbers)}"
    administrator.run(f"CREATE DATABASE {name}")
    yield _of(mariadb_server, name)
    with _ended(administrator, name):
        administrator.run(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """A database of SQLite, in a file that is there once something was written."""
    path = tmp_path / "database.sqlite"
    return Database("sqlite", f"sqlite:///{path}", str(path))


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database, of each kind."""
    found: Database = request.getfixturevalue(request.param)
    return found


def _of(server: Server, name: str) -> Database:
    url = f"{server.scheme}://127.0.0.1:{server.port}/{name}"
    return Database(server.scheme, url, name, server.port, USER, PASSWORD)


@contextmanager
def _ended(administrator: Database, name: str) -> Iterator[None]:
    """What a failed test left open would hold back the DROP."""
    left = administrator.rows(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'")
    for (connection,) in left:
        administrator.run(f"KILL CONNECTION {connection}")
    yield
