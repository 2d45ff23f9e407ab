"""PostgreSQL: rows by COPY, so that the server writes each value; hashes by the server's own 64-bit hash of a row."""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from data_platform.sources.database.session import Batches, Chosen, Column, Kind, Login, Of, Span, Tally, TooSlow
from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError

_KINDS: Mapping[str, Kind] = {
    "int2": "int16",
    "int4": "int32",
    "int8": "int64",
    "float4": "float",
    "float8": "double",
    "bool": "bool",
}
_MOMENTS = {"date": "local", "timestamp": "local", "timestamptz": "instant"}
# How the server writes values may not depend on who set it up.
_WRITTEN = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
    "quote_all_identifiers": "off",
    "default_transaction_read_only": "on",
}
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typname
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# Somebody has to mend these; the server tells them in English unless it was set up otherwise.
_MENDED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "failed to resolve", "no password")
# Classes of SQLSTATE that pass by themselves: connections, conflicts, resources, somebody's intervention, the system.
_PASSING = ("08", "40", "53", "55", "57", "58")
_OF_VALUES = ("22", "23", "P0")
_TIMED_OUT = "57014"


class PostgresqlSession:
    """Reads in autocommit, or in a read-only snapshot. Raises SourceError when it cannot connect."""

    def __init__(self, login: Login) -> None:
        import psycopg

        self.login = login
        written = {**_WRITTEN, "statement_timeout": str(math.ceil(login.statement_seconds * 1000))}
        settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in written.items())
        with self._faults():
            self.connection: psycopg.Connection[Any] = psycopg.connect(
                host=login.address.host,
                port=login.address.port,
                dbname=login.address.name,
                user=login.user,
                password=login.password,
                connect_timeout=math.ceil(login.connect_seconds),
                client_encoding="UTF8",
                application_name="data_platform",
                autocommit=True,
                # A server that vanishes without a word is given up after about two minutes.
                keepalives_idle=60,
                keepalives_interval=10,
                keepalives_count=6,
                tcp_user_timeout=120_000,
                **login.address.options,  # type: ignore[arg-type]  # each is one of libpq's that takes text
            )
            self.connection.execute(f"SELECT {settings}".encode())

    def columns(self, names: tuple[str, ...]) -> Sequence[Column]:
        with self._faults():
            found = self.connection.execute(_COLUMNS, [_table(names)]).fetchall()
        return [Column(name, told, _kind(base), _MOMENTS.get(base)) for name, told, base in found]  # type: ignore[arg-type]  # both are words of ours

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._faults():
            self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
        with self._faults():
            self.connection.execute("COMMIT")

    def tallies(
        self, chosen: Chosen, edges: Sequence[datetime], of: Sequence[Of], within: Sequence[Span] | None
    ) -> Mapping[int | None, Tally]:
        bucket = "0"
        if chosen.watermark is not None:
            marks = ", ".join(_literal(chosen, edge) for edge in edges)
            kind = "timestamptz" if chosen.watermark.moment == "instant" else "timestamp"
            bucket = f"width_bucket({_quoted(chosen.watermark.name)}::{kind}, ARRAY[{marks}])"
        sums = ", ".join(f"coalesce(sum({_hash(chosen, what)}), 0)::text" if what in of else "'0'" for what in _BOTH)
        select = f"SELECT {bucket}, count(*), {sums} FROM {_table(chosen.names)}{_where(chosen, within)}"
        with self._faults():
            rows = self.connection.execute(f"{select} GROUP BY 1".encode()).fetchall()
        return {number: Tally(count, int(content), int(keys)) for number, count, content, keys in rows}

    def batches(self, chosen: Chosen, span: Span | None, of: Sequence[Of], tally: Tally) -> Batches:
        from data_platform.sources.database.csv_rows import batches, total

        # First, so that no line begins with a byte order mark, which a reader of CSV may take for its own.
        sums = [what for what in _BOTH if what in of]
        hashes = [Column(f"hash of {what}", "bigint", "int64") for what in sums]
        values = ", ".join([*(_hash(chosen, what) for what in sums), *map(_value, chosen.columns)])
        order = ", ".join(_quoted(column.name) for column in chosen.key) or "1"
        select = (
            f"SELECT {values} FROM {_table(chosen.names)}{_where(chosen, [span] if span else None)} ORDER BY {order}"
        )
        with closing(self._copied(select)) as pieces:
            for batch in batches(pieces, [*hashes, *chosen.columns]):
                tally.rows += batch.num_rows
                for number, what in enumerate(sums):
                    setattr(tally, what, getattr(tally, what) + total(batch.column(number)))
                yield batch.select(range(len(sums), batch.num_columns))

    def close(self) -> None:
        self.connection.close()

    def _copied(self, select: str) -> Generator[bytes, None, None]:
        with (
            self._faults(),
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)".encode()) as copy,
        ):
            for piece in copy:
                yield bytes(piece)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            # Without its cause: what a server says of a value holds the value.
            raise self._fault(error.sqlstate, str(error).strip().partition("\n")[0]) from None

    def _fault(self, state: str | None, told: str) -> SourceError:
        if self.login.password:
            told = told.replace(self.login.password, "…")
        if state == _TIMED_OUT:
            return TooSlow(self.login.statement_seconds)
        if (state or "").startswith(_PASSING) or (state is None and not any(word in told for word in _MENDED)):
            return TransientSourceError(told)
        if (state or "").startswith(_OF_VALUES):
            return PermanentSourceError(f"the server cannot read a value of it (SQLSTATE {state}); look at its view")
        return PermanentSourceError(told)


_BOTH: tuple[Of, Of] = ("content", "keys")


def _kind(base: str) -> str:
    return "bytes" if base == "bytea" else _KINDS.get(base, "text")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(names: tuple[str, ...]) -> str:
    return ".".join(map(_quoted, names))


def _value(column: Column) -> str:
    name = _quoted(column.name)
    return f"encode({name}, 'hex')" if column.kind == "bytes" else name


def _hash(chosen: Chosen, what: Of) -> str:
    columns = chosen.columns if what == "content" else chosen.key
    return f"""hashtextextended(ROW({", ".join(_quoted(column.name) for column in columns)})::text COLLATE "C", 0)"""


def _literal(chosen: Chosen, local: datetime) -> str:
    moment = chosen.moment(local).isoformat(sep=" ")
    is_instant = chosen.watermark is not None and chosen.watermark.moment == "instant"
    return f"'{moment}+00'::timestamptz" if is_instant else f"'{moment}'::timestamp"


def _where(chosen: Chosen, within: Sequence[Span] | None) -> str:
    if within is None or chosen.watermark is None:
        return ""
    name = _quoted(chosen.watermark.name)
    spans = (f"{name} >= {_literal(chosen, s.start)} AND {name} < {_literal(chosen, s.end)}" for s in within)
    return f" WHERE ({') OR ('.join(spans)})"
