"""A target's database: connections with bounded waits, transactions that only one sender at a time has, and errors in
words that hold no value of a row.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from data_platform.sinks.errors import SinkError
from data_platform.sinks.target import Target

if TYPE_CHECKING:
    import sqlalchemy as sa

_CONNECT_SECONDS = 10


@contextmanager
def connected(target: Target) -> Iterator["sa.Engine"]:
    """Connections to the target's database, all closed at the end. Raises SinkError."""
    if target.unset:
        raise SinkError(f"{target.shown}: {target.unset} is not set: write the database's url there")
    engine = _sqlite(target) if target.dialect == "sqlite" else _postgresql(target)
    try:
        with _in_words(target):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def alone(engine: "sa.Engine", target: Target) -> Iterator["sa.Connection"]:
    """A transaction that no other sender to this table has at the same time: all of it happens, or nothing.

    Raises SinkError.
    """
    import sqlalchemy as sa

    with _in_words(target), engine.begin() as connection:
        if target.dialect == "postgresql":
            number = zlib.crc32(f"data_platform {target.schema or ''}.{target.table}".encode())
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
        yield connection


@contextmanager
def _in_words(target: Target) -> Iterator[None]:
    import sqlalchemy as sa

    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        # Not `from error`: its text has the statement, and a traceback would show it.
        raise SinkError(f"{target.shown}: {_reason(error)}") from None


def _postgresql(target: Target) -> "sa.Engine":
    import sqlalchemy as sa

    url = sa.make_url(target.url).set(drivername="postgresql+psycopg")
    if target.user is not None:
        url = url.set(username=target.user())
    if target.password is not None:
        url = url.set(password=target.password())
    waits = f"-c lock_timeout={int(target.wait_seconds * 1000)} -c timezone=UTC"
    arguments = {"connect_timeout": _CONNECT_SECONDS, "options": waits, "application_name": "data_platform"}
    return sa.create_engine(url, connect_args=arguments, hide_parameters=True, poolclass=sa.pool.NullPool)


def _sqlite(target: Target) -> "sa.Engine":
    import sqlalchemy as sa

    # Three slashes and four are the same file, as they are for the source kind `database`.
    path = Path("/" + unquote(urlsplit(target.url).path).lstrip("/"))
    if not path.is_file():
        # SQLite would make an empty one.
        raise SinkError(f"{target.shown}: there is no such file. Check the address, or make the database")
    arguments = {"timeout": target.wait_seconds}
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args=arguments, hide_parameters=True, poolclass=sa.pool.NullPool)

    # Python's module would begin a transaction late, and end it at the first CREATE TABLE.
    @sa.event.listens_for(engine, "connect")
    def by_hand(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection: "sa.Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _reason(error: "sa.exc.SQLAlchemyError") -> str:
    """What the database says, without what it says of values."""
    cause = getattr(error, "orig", None) or error
    told = getattr(cause, "diag", None)
    if told is not None and told.message_primary:
        of = [getattr(told, f"{name}_name") for name in ("constraint", "column")]
        return " ".join([told.message_primary, *(f"({name})" for name in of if name)])
    return " ".join(str(cause).split("\n")[0].split()) or type(cause).__name__
