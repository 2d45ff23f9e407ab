"""MySQL and MariaDB: the server writes each row as a line of CSV, since its protocol's other forms lose digits."""

import hashlib
import math
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from data_platform.sources.database.session import Batches, Chosen, Column, Kind, Login, Of, Span, Tally, TooSlow
from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError

_KINDS: Mapping[str, tuple[Kind, Kind]] = {
    "tinyint": ("int8", "uint8"),
    "smallint": ("int16", "uint16"),
    "mediumint": ("int32", "uint32"),
    "int": ("int32", "uint32"),
    "bigint": ("int64", "uint64"),
    "bit": ("uint64", "uint64"),
    "float": ("double", "double"),
    "double": ("double", "double"),
}
_BYTES = frozenset({
    "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon",
    "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector",
})  # fmt: skip
_MOMENTS = {"date": "local", "datetime": "local", "timestamp": "instant"}
# The bits of a hash that is summed: 15 digits of hex, the most that CONV gives as a number without a sign.
_BITS = 60
_TIMED_OUT = {1969, 3024}
# Too many connections, shutdown, locks, deadlock, gone away, lost, killed.
_PASSING = {1040, 1053, 1077, 1203, 1205, 1213, 1226, 1317, 1927, 2003, 2006, 2013, 2014, 2055}
# What is told in the server's words: who may not log in or read what, and names that are not there.
_TELLING = {1044, 1045, 1046, 1049, 1054, 1130, 1142, 1143, 1146, 1227, 1251, 1698, 2005, 2026, 2059, 2061}


class MysqlSession:
    """Reads in autocommit, or in a read-only snapshot, which tables of InnoDB have. Raises SourceError."""

    def __init__(self, login: Login) -> None:
        import pymysql
        from pymysql.converters import conversions

        self.login = login
        with self._faults():
            self.connection: Any = pymysql.connect(
                host=login.address.host,
                port=login.address.port,
                database=login.address.name,
                user=login.user or "",
                password=login.password or "",
                charset="utf8mb4",
                use_unicode=False,
                # Bytes as they come: what the server's numbers and times become here is ours to say.
                conv={kind: written for kind, written in conversions.items() if not isinstance(kind, int)},
                autocommit=True,
                connect_timeout=math.ceil(login.connect_seconds),
                # The server ends a statement first; a server that vanished does not.
                read_timeout=math.ceil(login.statement_seconds + login.connect_seconds),
                write_timeout=math.ceil(login.connect_seconds),
                ssl_ca=login.address.options.get("ssl_ca"),
            )
            self._run("SET SESSION time_zone = '+00:00', sql_mode = ''")
            self._run("SET SESSION TRANSACTION READ ONLY")
            is_mariadb = b"mariadb" in self._rows("SELECT LOWER(VERSION())")[0][0]
            seconds = login.statement_seconds
            limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {int(seconds * 1000)}"
            self._run(f"SET SESSION {limit}")

    def columns(self, names: tuple[str, ...]) -> Sequence[Column]:
        schema = [] if len(names) == 1 else [names[0]]
        where = f"table_schema = {'%s' if schema else 'DATABASE()'} AND table_name = %s"
        select = "SELECT column_name, data_type, column_type FROM information_schema.columns"
        with self._faults():
            found = self._rows(f"{select} WHERE {where} ORDER BY ordinal_position", [*schema, names[-1]])
        return [_column(*(_text(part) for part in row)) for row in found]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._faults():
            self._run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        yield
        with self._faults():
            self._run("COMMIT")

    def tallies(
        self, chosen: Chosen, edges: Sequence[datetime], of: Sequence[Of], within: Sequence[Span] | None
    ) -> Mapping[int | None, Tally]:
        bucket = "0"
        if chosen.watermark is not None:
            marks = ", ".join(f"TO_SECONDS({_literal(chosen, edge)})" for edge in edges)
            # -1 where there is no time, and where the time is one of MySQL's zeros.
            bucket = f"INTERVAL(TO_SECONDS({_quoted(chosen.watermark.name)}), {marks})"
        lines = {"content": chosen.columns, "keys": chosen.key}
        sums = ", ".join(f"COALESCE(SUM({_hash(lines[what])}), 0)" if what in of else "0" for what in lines)
        select = f"SELECT {bucket}, COUNT(*), {sums} FROM {_table(chosen.names)}{_where(chosen, within)} GROUP BY 1"
        with self._faults():
            rows = self._rows(select)
        told = ((int(number), *map(int, rest)) for number, *rest in rows)
        return {None if number < 0 else number: Tally(count, content, keys) for number, count, content, keys in told}

    def batches(self, chosen: Chosen, span: Span | None, of: Sequence[Of], tally: Tally) -> Batches:
        from data_platform.sources.database.csv_rows import batches

        with closing(self._lines(chosen, span, of, tally)) as lines:
            for batch in batches(lines, chosen.columns):
                tally.rows += batch.num_rows
                yield batch

    def close(self) -> None:
        # Without a word to the server: it may be in the middle of a result that nobody reads to its end.
        self.connection._force_close()

    def _lines(self, chosen: Chosen, span: Span | None, of: Sequence[Of], tally: Tally) -> Generator[bytes, None, None]:
        from pymysql.cursors import SSCursor

        line = _line(chosen.columns)
        values = f"{line}, {_line(chosen.key)}" if "keys" in of else line
        order = ", ".join(_quoted(column.name) for column in chosen.key) or f"MD5({line})"
        select = (
            f"SELECT {values} FROM {_table(chosen.names)}{_where(chosen, [span] if span else None)} ORDER BY {order}"
        )
        with self._faults():
            cursor = SSCursor(self.connection)
            cursor.execute(select)
            try:
                while (row := cursor.fetchone()) is not None:
                    yield _counted(row, tally)
            finally:
                result: Any = vars(cursor)["_result"]
                if result is not None:
                    # What is left need not be read to its end: the connection is closed.
                    result.unbuffered_active = False

    def _run(self, statement: str) -> None:
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(statement)

    def _rows(self, select: str, values: Sequence[str] | None = None) -> Sequence[tuple[Any, ...]]:
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(select, values)
            return list(cursor.fetchall())

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import pymysql

        try:
            yield
        except pymysql.Error as error:
            # Without its cause: what a server says of a value holds the value.
            raise self._fault(error) from None

    def _fault(self, error: Any) -> SourceError:
        code, told = (*error.args, "", "")[:2]
        told = str(told).strip().partition("\n")[0]
        if self.login.password:
            told = told.replace(self.login.password, "…")
        if code in _TIMED_OUT:
            return TooSlow(self.login.statement_seconds)
        is_unknown_host = isinstance(getattr(error, "original_exception", None), socket.gaierror)
        if code in _PASSING and not is_unknown_host:
            return TransientSourceError(told)
        if code in _TELLING or is_unknown_host:
            return PermanentSourceError(told)
        return PermanentSourceError(
            f"the server answers with its error {code}; look that up, and mend the table or the login"
        )


def _counted(row: tuple[bytes | None, ...], tally: Tally) -> bytes:
    line, *key = row
    if line is None:
        raise PermanentSourceError("a row is longer than the server's max_allowed_packet; raise that")
    tally.content += _number(line)
    if key:
        tally.keys += _number(key[0] or b"")
    return line + b"\n"


def _number(line: bytes) -> int:
    return int.from_bytes(hashlib.md5(line, usedforsecurity=False).digest()[:8]) >> (64 - _BITS)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _column(name: str, base: str, told: str) -> Column:
    base = base.lower()
    signed, unsigned = _KINDS.get(base, (None, None))
    kind = unsigned if "unsigned" in told else signed
    return Column(name, told, kind or ("bytes" if base in _BYTES else "text"), _MOMENTS.get(base))  # type: ignore[arg-type]  # words of ours


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _table(names: tuple[str, ...]) -> str:
    return ".".join(map(_quoted, names))


def _hash(columns: Sequence[Column]) -> str:
    """The same number as `_number` of the line."""
    return f"CAST(CONV(LEFT(MD5({_line(columns)}), {_BITS // 4}), 16, 10) AS UNSIGNED)"


def _line(columns: Sequence[Column]) -> str:
    return f"CONCAT_WS(',', {', '.join(map(_field, columns))})"


def _field(column: Column) -> str:
    """A value as CSV has it: NULL is empty, and all that is no number stands in quotes."""
    name = _quoted(column.name)
    if column.kind == "text":
        text = f"CONVERT({name} USING utf8mb4)"
        return f"""IFNULL(CONCAT('"', REPLACE({text}, '"', '""'), '"'), '')"""
    if column.kind == "bytes":
        return f"""IFNULL(CONCAT('"', HEX({name}), '"'), '')"""
    # A FLOAT is written with six digits, the same number as a DOUBLE with all; BIT is no number by itself. Times 1: a
    # zero with a sign plus 0 has none.
    return f"IFNULL(CONCAT({name} * 1), '')"


def _literal(chosen: Chosen, local: datetime) -> str:
    return f"'{chosen.moment(local).isoformat(sep=' ')}'"


def _where(chosen: Chosen, within: Sequence[Span] | None) -> str:
    if within is None or chosen.watermark is None:
        return ""
    name = _quoted(chosen.watermark.name)
    spans = (f"{name} >= {_literal(chosen, s.start)} AND {name} < {_literal(chosen, s.end)}" for s in within)
    return f" WHERE ({') OR ('.join(spans)})"
