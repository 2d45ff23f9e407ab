"""What can go wrong with a database: who has to mend what, what passes by itself, and that no password is shown."""

import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stamina.instrumentation

from data_platform.sources.database.address import parsed
from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError
from data_platform_tests.database_servers import PASSWORD
from data_platform_tests.databases import Database
from data_platform_tests.sources.database.asking import GRID, fetched, places, source
from data_platform_tests.sources.database.relay import Relay, relaying
from data_platform_tests.sources.database.shop import SOME, customers, ids, shop, stale

SERVERS = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
WATERMARK = {"key": ("id",), "watermark": "updated_at", "grid": GRID}


def _fails(error: type[SourceError], database: Database, said: str, **more: Any) -> None:
    told: dict[str, Any] = {**WATERMARK, **more}
    asked = source(database, "customers", *told.pop("columns", ("id",)), **told)
    with pytest.raises(error, match=said) as raised:
        places(asked, "2024-01")
    assert PASSWORD not in str(raised.value)
    assert "guessed it" not in str(raised.value)
    assert asked.shown in str(raised.value)


@SERVERS
def test_a_wrong_password_is_to_be_mended_and_not_shown(database: Database) -> None:
    _fails(PermanentSourceError, database, "(authentication failed|Access denied)", password=lambda: "guessed it")


@SERVERS
def test_a_database_that_is_not_there_is_named(database: Database) -> None:
    _fails(PermanentSourceError, database, "nobody_has_it", url=f"{database.url.rpartition('/')[0]}/nobody_has_it")


@SERVERS
def test_a_host_that_is_not_there_is_to_be_mended(database: Database) -> None:
    _fails(PermanentSourceError, database, "nowhere.invalid", url=database.url.replace("127.0.0.1", "nowhere.invalid"))


@SERVERS
def test_a_server_that_does_not_answer_passes(database: Database) -> None:
    with relaying(database.port or 0) as relay:
        # A client may try again without TLS by itself.
        relay.refused = 100
        url = database.url.replace(str(database.port), str(relay.port))
        _fails(TransientSourceError, database, "given up after 2 of 2 attempts", url=url, attempts=2)


def test_a_file_that_is_not_there_is_named(sqlite: Database) -> None:
    _fails(PermanentSourceError, sqlite, "there is no file .*database.sqlite")


def test_a_file_that_is_no_database_is_to_be_mended(sqlite: Database) -> None:
    Path(sqlite.name).write_text("This is a letter, and no database, however long it may be. " * 100)
    _fails(PermanentSourceError, sqlite, "not a database")


def test_a_table_that_is_not_there_is_named(database: Database) -> None:
    database.run("CREATE TABLE clients (id BIGINT)")
    _fails(PermanentSourceError, database, "there is no table customers that this user may read")


def test_a_column_that_is_not_there_is_named_with_those_that_are(database: Database) -> None:
    customers(database)
    has = "there is no column {} in customers; it has id, name, updated_at"
    _fails(PermanentSourceError, database, has.format("changed_at"), watermark="changed_at")
    _fails(PermanentSourceError, database, has.format("number"), key=("number",))
    _fails(PermanentSourceError, database, has.format("phone"), columns=("phone",))
    _fails(PermanentSourceError, database, has.format("phone"), columns=("id", "phone"), is_strict=True)


@SERVERS
def test_a_watermark_that_is_no_time_is_refused(database: Database) -> None:
    customers(database)
    _fails(PermanentSourceError, database, "the watermark name is .*, expected a date or a timestamp", watermark="name")


def test_a_statement_is_ended_by_its_time_limit(database: Database) -> None:
    slow = {
        "postgresql": "SELECT 1 AS id, pg_sleep(30)::text AS name, NULL::timestamp AS updated_at",
        "mariadb": "SELECT 1 AS id, SLEEP(30) AS name, CAST(NULL AS DATETIME) AS updated_at",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) AS id, '' AS name, NULL AS updated_at FROM n",
    }[database.kind]
    database.run(f"CREATE VIEW customers AS {slow}")
    said = "longer than statement_timeout_seconds=0.2. Raise it, or make the windows smaller"
    # However many attempts: the next one would take as long.
    told = {"columns": ("id", "name"), "statement_seconds": 0.2, "attempts": 50, "watermark": None, "grid": None}
    _fails(TransientSourceError, database, said, **told)


def test_the_address_of_a_database_that_nobody_set_is_asked_for(sqlite: Database) -> None:
    asked = source(sqlite, "customers", "id")
    unset = type(asked)(None, asked.names, asked.wanted, unset="DATA_PLATFORM_CUSTOMERS_URL is not set")
    with pytest.raises(PermanentSourceError, match="DATA_PLATFORM_CUSTOMERS_URL is not set"):
        places(unset)


@pytest.fixture
def hooks() -> Iterator[list[Any]]:
    """What is called before each wait."""
    found: list[Any] = []
    before = stamina.instrumentation.get_on_retry_hooks()

    def call(details: stamina.instrumentation.RetryDetails) -> None:  # noqa: ARG001 - the name is part of the hook's shape
        for hook in found:
            hook()

    stamina.instrumentation.set_on_retry_hooks([call])
    yield found
    stamina.instrumentation.set_on_retry_hooks(before)


def test_a_file_that_is_locked_is_waited_for(sqlite: Database, hooks: list[Any], tmp_path: Path) -> None:
    customers(sqlite)
    sqlite.insert("customers", SOME)
    with closing(sqlite.connect(autocommit=True)) as other:
        other.execute("BEGIN EXCLUSIVE")
        _fails(TransientSourceError, sqlite, "locked", connect_seconds=0.01, attempts=2)
        hooks.append(other.rollback)
        _, rows = fetched(source(sqlite, "customers", "id", connect_seconds=0.01, attempts=2), tmp_path / "f")
    assert rows.num_rows == 3


@SERVERS
def test_a_connection_that_is_killed_while_rows_come_is_opened_again(database: Database, tmp_path: Path) -> None:
    customers(database)
    database.run("ALTER TABLE customers DROP COLUMN name", f"ALTER TABLE customers ADD name {_LONG[database.kind]}")
    database.insert("customers", [(n, "2024-01-01", f"{n:05}" * 2000) for n in range(2000)])
    asked = source(database, "customers", "id", "name", key=("id",), attempts=2, batch_rows=100)
    alone, _ = fetched(asked, tmp_path / "alone")
    killed: list[int] = []

    def kill(_received: int, _expected: int | None) -> None:
        if not killed:
            killed.extend(_kill_others(database))

    found = asked.fetch(asked.shown, tmp_path / "disturbed", on_progress=kill)
    assert len(killed) == 1
    assert found == alone


_LONG = {"postgresql": "TEXT", "mariadb": "MEDIUMTEXT"}


def _kill_others(database: Database) -> list[int]:
    if database.kind == "postgresql":
        found = database.rows(
            "SELECT CASE WHEN pid <> pg_backend_pid() AND pg_terminate_backend(pid) THEN pid END"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        return [pid for (pid,) in found if pid is not None]
    found = database.rows(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    )
    database.run(*(f"KILL CONNECTION {number}" for (number,) in found))
    return [number for (number,) in found]


@pytest.fixture
def relay(postgresql: Database) -> Iterator[Relay]:
    """A line to PostgreSQL."""
    assert postgresql.port is not None
    with relaying(postgresql.port) as relay:
        yield relay


def test_what_came_before_a_connection_broke_for_good_stays(postgresql: Database, relay: Relay, tmp_path: Path) -> None:
    customers(postgresql)
    postgresql.insert("customers", SOME)
    url = postgresql.url.replace(str(postgresql.port), str(relay.port))
    small = shop(tmp_path, postgresql, url=url, attempts="1")
    relay.after, relay.cut = b">= '2024-02-01", 60
    with pytest.raises(TransientSourceError, match=r"window 2024-02-01T00:00:00/2024-03-01T00:00:00: .* \(given up"):
        small.receive("customers", "2024-01", "2024-02")
    assert ids(small, "2024-01") == [1, 2]
    assert stale(small) == ["2024-02"]
    small.receive("customers", "2024-02")
    assert ids(small, "2024-02") == [3]


def test_a_row_that_changes_between_look_and_fetch_gives_another_version(database: Database, tmp_path: Path) -> None:
    customers(database)
    database.insert("customers", SOME)
    asked = source(database, "customers", "id", "name", **WATERMARK)
    (place,) = places(asked, "2024-01")
    same, _ = fetched(asked, tmp_path / "f", place.uri)
    assert place.version is not None
    assert same.version == place.version.text
    assert asked.fetch(place.uri, tmp_path / "g", unless=same.version) is None
    assert not (tmp_path / "g").exists()
    database.run("UPDATE customers SET name = 'x' WHERE id = 1")
    other, _ = fetched(asked, tmp_path / "f", place.uri)
    assert other.version != place.version.text
    now = asked.look(place.uri)
    assert now is not None
    assert other.version == now.text


def test_a_file_that_would_grow_too_large_is_given_up(database: Database, tmp_path: Path) -> None:
    customers(database)
    database.insert("customers", SOME)
    asked = source(database, "customers", "id", "name", batch_rows=1, max_bytes=100)
    with pytest.raises(PermanentSourceError, match=r"larger than max_bytes=100. Raise max_bytes"):
        asked.fetch(asked.shown, tmp_path / "f")
    assert not (tmp_path / "f").exists()


_SECRETIVE = {
    "postgresql": "CREATE VIEW customers AS SELECT ('ada@example.org' || random()::text)::integer AS id",
    "mariadb": "CREATE VIEW customers AS SELECT EXP(LENGTH(CONCAT('ada@example.org', RAND())) * 1000) AS id",
    "sqlite": "CREATE VIEW customers AS SELECT 'ada@example.org' || CAST(x'ff' AS TEXT) AS id",
}


def test_a_value_that_cannot_be_read_is_not_shown(database: Database) -> None:
    database.run(_SECRETIVE[database.kind])
    asked = source(database, "customers", "id")
    with pytest.raises(PermanentSourceError, match="/customers: ") as raised:
        places(asked)
    assert "ada" not in "".join(traceback.format_exception(raised.value)).replace("test_faults", "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hunter2hunter2@host/db", "names a user"),
        ("postgresql://host", "write host and database"),
        ("oracle://host/db", "the scheme is 'oracle', expected postgresql://"),
        ("sqlite://", "sqlite:///absolute/path"),
        ("postgresql://host/db?sslpassword=hunter2hunter2", "has the option 'sslpassword'; postgresql knows sslmode"),
        ("postgresql://host:port/db", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_what_it_hides(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        parsed(url)
    assert "hunter2" not in str(raised.value)


def test_a_source_shows_neither_user_nor_password(postgresql: Database) -> None:
    asked = source(postgresql, "customers", "id")
    assert PASSWORD not in repr(asked)
    assert asked.shown == f"{postgresql.url}/customers"
