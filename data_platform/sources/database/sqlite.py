"""SQLite: one file, whose columns hold values of any type; all but declared BLOBs are received as text."""

import hashlib
import re
import sqlite3
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from data_platform.sources.database.session import Batches, Chosen, Column, Login, Of, Span, Tally, TooSlow
from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError

if TYPE_CHECKING:
    import pyarrow as pa

_Value = int | float | str | bytes | None
# Other forms of ISO are not in the order of their texts.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)", re.ASCII)
_ROWS = 50
# How many steps of SQLite's machine lie between two looks at the clock: some milliseconds.
_STEPS = 100_000


class SqliteSession:
    """Reads a file that it never writes. Raises SourceError."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._until = float("inf")
        path = Path(login.address.name)
        if not path.is_file():
            raise PermanentSourceError(f"there is no file {path}")
        with self._faults():
            self.connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro",
                uri=True,
                timeout=login.connect_seconds,
                isolation_level=None,
                # A thread at a time; a fetch may be in another one than the look before it.
                check_same_thread=False,
            )
            self.connection.set_progress_handler(lambda: time.monotonic() > self._until, _STEPS)
            self.connection.create_function("content_hash", -1, _hashed, deterministic=True)
            # SQLite's own sum ends at 63 bits.
            self.connection.create_aggregate("long_sum", 1, _LongSum)  # type: ignore[arg-type]  # typeshed wants a wider step

    def columns(self, names: tuple[str, ...]) -> Sequence[Column]:
        schema, table = ("main", *names)[-2:]
        with self._faults():
            # 1 are hidden columns of virtual tables; 2 and 3 are generated ones, which are read like others.
            found = self.connection.execute(
                "SELECT name, type FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid", [table, schema]
            ).fetchall()
        return [Column(name, told, "bytes" if told.upper() == "BLOB" else "text", "local") for name, told in found]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._faults():
            self.connection.execute("BEGIN")
        yield
        with self._faults():
            self.connection.execute("COMMIT")

    def tallies(
        self, chosen: Chosen, edges: Sequence[datetime], of: Sequence[Of], within: Sequence[Span] | None
    ) -> Mapping[int | None, Tally]:
        bucket = "0"
        if chosen.watermark is not None:
            self._watch(chosen, edges)
            bucket = f"at_or_before({_quoted(chosen.watermark.name)})"
        lines = {"content": chosen.columns, "keys": chosen.key}
        sums = ", ".join(f"long_sum({_hash(lines[what])})" if what in of else "0" for what in lines)
        select = f"SELECT {bucket}, count(*), {sums} FROM {_table(chosen.names)}{_where(chosen, within)} GROUP BY 1"
        with self._faults():
            rows = self.connection.execute(select).fetchall()
        told = {number: Tally(count, int(content), int(keys)) for number, count, content, keys in rows}
        if within is None or chosen.watermark is None:
            return told
        # The condition is wider than the spans: texts of times are compared by their days.
        wanted = {n for span in within for n in range(bisect_right(edges, span.start), bisect_right(edges, span.end))}
        return {number: tally for number, tally in told.items() if number in wanted}

    def batches(self, chosen: Chosen, span: Span | None, of: Sequence[Of], tally: Tally) -> Batches:
        import pyarrow as pa

        where = _where(chosen, [span] if span else None)
        if span is not None and chosen.watermark is not None:
            self._watch(chosen, [span.start, span.end])
            where += f" AND at_or_before({_quoted(chosen.watermark.name)}) = 1"
        values = ", ".join(_quoted(column.name) for column in (*chosen.columns, *chosen.key))
        order = ", ".join(_quoted(column.name) for column in chosen.key) or _hash(chosen.columns)
        select = f"SELECT {values} FROM {_table(chosen.names)}{where} ORDER BY {order}"
        width = len(chosen.columns)
        with self._faults(), closing(self.connection.execute(select)) as cursor:
            while rows := cursor.fetchmany(_ROWS):
                self._check_time()
                tally.rows += len(rows)
                tally.content += sum(_hashed(*row[:width]) for row in rows)
                if "keys" in of:
                    tally.keys += sum(_hashed(*row[width:]) for row in rows)
                arrays = [
                    _array([row[number] for row in rows], is_bytes=column.kind == "bytes")
                    for number, column in enumerate(chosen.columns)
                ]
                yield pa.record_batch(arrays, names=[column.name for column in chosen.columns])

    def close(self) -> None:
        self.connection.close()

    def _watch(self, chosen: Chosen, edges: Sequence[datetime]) -> None:
        """Makes `at_or_before` count these edges."""

        def at_or_before(value: _Value) -> int | None:
            moment = _moment(value, chosen)
            return None if moment is None else bisect_right(edges, moment)

        self.connection.create_function("at_or_before", 1, at_or_before, deterministic=True)

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise self._too_slow()

    def _too_slow(self) -> TooSlow:
        return TooSlow(self.login.statement_seconds)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        self._until = time.monotonic() + self.login.statement_seconds
        try:
            yield
        except sqlite3.Error as error:
            # Without its cause: what is said of a text that cannot be read holds the text.
            raise self._fault(error) from None

    def _fault(self, error: sqlite3.Error) -> SourceError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return self._too_slow()
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL):
            return TransientSourceError(str(error))
        told = str(error)
        if told.startswith("Could not decode"):
            return PermanentSourceError("a text is not UTF-8; mend it, or declare its column BLOB")
        return PermanentSourceError(told)


class _LongSum:
    def __init__(self) -> None:
        self.sum = 0

    def step(self, value: int) -> None:
        self.sum += value

    def finalize(self) -> str:
        return str(self.sum)


def _hashed(*values: _Value) -> int:
    """A number of 60 bits for the values of a row; 1, 1.0 and '1' are three."""
    return int.from_bytes(hashlib.md5(repr(values).encode(), usedforsecurity=False).digest()[:8]) >> 4


def _array(values: Sequence[_Value], *, is_bytes: bool) -> "pa.Array":
    import pyarrow as pa

    if is_bytes:
        return pa.array(
            [None if v is None else v if isinstance(v, bytes) else _text(v).encode() for v in values], "binary"
        )
    return pa.array([None if v is None else v if isinstance(v, str) else _text(v) for v in values], "string")


def _text(value: _Value) -> str:
    """As Python writes numbers, with all of their digits; bytes as SQL writes them."""
    if isinstance(value, bytes):
        return f"X'{value.hex().upper()}'"
    return value if isinstance(value, str) else repr(value)


def _moment(value: _Value, chosen: Chosen) -> datetime | None:
    """The local time that a text in ISO's form tells; with an offset, the instant in the zone of the windows."""
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(chosen.zone).replace(tzinfo=None)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(names: tuple[str, ...]) -> str:
    return ".".join(map(_quoted, names))


def _hash(columns: Sequence[Column]) -> str:
    return f"content_hash({', '.join(_quoted(column.name) for column in columns)})"


def _where(chosen: Chosen, within: Sequence[Span] | None) -> str:
    """Days around the spans, by which an index may be used; an offset moves a time by a day at most."""
    if within is None or chosen.watermark is None:
        return ""
    name, day = _quoted(chosen.watermark.name), timedelta(days=1)
    spans = (f"{name} >= '{(s.start - day).date()}' AND {name} < '{(s.end + 2 * day).date()}'" for s in within)
    return f" WHERE (({') OR ('.join(spans)}))"
