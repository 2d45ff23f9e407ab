"""The kind `database`, played by a real PostgreSQL with a row a record, behind a line that can be cut."""

import atexit
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from data_platform_tests import database_servers
from data_platform_tests.conformance.played import Kind, Played, Record, Trouble
from data_platform_tests.database_servers import PASSWORD, USER, NotInstalledError, Server
from data_platform_tests.databases import Database
from data_platform_tests.sources.database.relay import Relay, relaying

_numbers = count()
_TABLE = "CREATE TABLE records (record_id bigint, at timestamp, value numeric(18, 2), note text)"


@dataclass
class _Table:
    database: Database
    relay: Relay

    @property
    def yaml(self) -> str:
        url = f"postgresql://127.0.0.1:{self.relay.port}/{self.database.name}"
        user = "user: {env: PLAYED_USER}, password: {env: PLAYED_PASSWORD}"
        return f'{{database: {{url: "{url}", {user}, table: records, watermark: at, key: [record_id]}}}}'

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        assert parts > 0
        with closing(self.database.connect()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("DELETE FROM records WHERE date_trunc('month', at) = %s", [f"{month}-01"])
            with cursor.copy("COPY records FROM STDIN") as copy:
                for record in found:
                    copy.write_row((record.record_id, record.at, record.value, record.note))
            connection.commit()

    def delivers_again(self, month: str) -> None:
        self.database.run(f"UPDATE records SET value = value WHERE date_trunc('month', at) = '{month}-01'")

    def does(self, trouble: Trouble, month: str) -> None:
        match trouble:
            case "breaks off":
                self.relay.after, self.relay.cut = b"COPY (", 500
            case "is unwell":
                self.relay.refused = 2
            case _:
                raise AssertionError(f"a table cannot be so for {month} alone")

    def recovers(self) -> None:
        self.relay.cut = self.relay.refused = 0

    def sets_clock(self, ahead: timedelta) -> None:
        raise AssertionError(f"nobody asks the server for its time, {ahead} or not")


@cache
def _server() -> Server:
    """One for all tests of a process."""
    stack = ExitStack()
    atexit.register(stack.close)
    try:
        return stack.enter_context(database_servers.postgresql())
    except NotInstalledError as error:
        pytest.skip(str(error))


@contextmanager
def _playing(_: Path) -> Iterator[Played]:
    server, name = _server(), f"played_{next(_numbers)}"
    url = f"postgresql://127.0.0.1:{server.port}/"
    administrator = Database("postgresql", f"{url}postgres", "postgres", server.port, USER, PASSWORD)
    administrator.run(f"CREATE DATABASE {name}")
    database = Database("postgresql", f"{url}{name}", name, server.port, USER, PASSWORD)
    database.run(_TABLE)
    with pytest.MonkeyPatch.context() as environment, relaying(server.port) as relay:
        environment.setenv("PLAYED_USER", USER)
        environment.setenv("PLAYED_PASSWORD", PASSWORD)
        yield _Table(database, relay)
    administrator.run(f"DROP DATABASE {name} WITH (FORCE)")


DATABASE = Kind(
    name="database",
    played_by="a real PostgreSQL with a row a record, behind a line that can be cut",
    playing=_playing,
    empty="a window without rows is received, and has none",
    told={},
    not_for={
        "fault that stays": "One question is asked about all windows: who may not read the table has none of them.",
        "malformed": "A row is of the types of its columns; what the contract thinks of them is the platform's part.",
        "clock skew": "Nobody asks for the server's time: a version is the rows.",
    },
)
