"""The source kind `database`: a table, by windows of its watermark or whole, held against the ledger by its content."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from data_platform.sources.database import versions
from data_platform.sources.database.address import Address
from data_platform.sources.database.session import Chosen, Column, Login, Of, Session, Span, Tally
from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.patience import Patience
from data_platform.sources.slot import (
    ONE_SLOT,
    Fetched,
    Odd,
    Place,
    Places,
    Progress,
    Question,
    Version,
    silent,
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Grid:
    """The partitions of a table: the first moment of the first one, the bounds of each by its key, and their zone.

    `step`: how long a window is, at most; None for one a partition.
    """

    first: datetime
    bounds: Callable[[str], tuple[datetime, datetime]]
    zone: ZoneInfo
    step: timedelta | None = None


@dataclass(frozen=True)
class Database:
    """A table of a database. `wanted`: each column's names, of which the first that exists is read; `is_strict`: all of
    them must exist. Without a `watermark`, the table is read whole.

    `verify`: what is compared of windows that closed, `closes_after` their end: all rows, or how many and their keys.
    `address`: None where none is set, and then `unset` says what to set. `batch_rows`: how many are in memory.
    """

    address: Address | None
    names: tuple[str, ...]
    wanted: tuple[tuple[str, ...], ...]
    is_strict: bool = False
    key: tuple[str, ...] = ()
    watermark: str | None = None
    grid: Grid | None = None
    verify: Literal["rows", "keys"] = "rows"
    closes_after: timedelta = timedelta(days=3)
    user: Callable[[], str] | None = field(default=None, compare=False)
    password: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    connect_seconds: float = 10.0
    statement_seconds: float = 600.0
    patience: Patience = Patience(longest_wait_seconds=30.0)  # noqa: RUF009 - a frozen value
    batch_rows: int = 100_000
    max_bytes: int = 10 * 1000**3
    unset: str = ""
    idle: list[Session] | None = field(default=None, compare=False, repr=False)

    @property
    def origin(self) -> str:
        return "database"

    @property
    def is_local(self) -> bool:
        return False

    @property
    def mirrors(self) -> bool:
        """Windows of another grid, table or host are no longer what this table stands for."""
        return True

    @property
    def shown(self) -> str:
        return self.address.of(*self.names) if self.address else "a database that is not set"

    @contextmanager
    def connected(self) -> Iterator["Database"]:
        """The same source, which keeps its connections."""
        idle: list[Session] = []
        try:
            yield replace(self, idle=idle)
        finally:
            for session in idle:
                session.close()

    def places(self, question: Question) -> Places:
        """Each window with the version of its rows, all as of one moment; what lies in none is told."""
        if self.grid is None:
            return self._asked(self.shown, lambda session: self._whole(session, question))
        return self._asked(self.shown, lambda session: self._windows(session, question))

    def look(self, uri: str) -> Version | None:
        """The version of one window now."""
        return self._asked(self._where(uri), lambda session: self._version(session, self._span(uri)))

    def fetch(
        self, uri: str, into: Path, *, on_progress: Progress = silent, unless: str | None = None
    ) -> Fetched | None:
        """The rows of a window, as one statement gives them, in a Parquet file; None if they still are `unless`.

        The version is that of exactly these rows: it is added up while they come.
        """
        with ExitStack() as undo:
            undo.callback(into.unlink, missing_ok=True)
            fetched = self._asked(self._where(uri), lambda session: self._read(session, uri, into, on_progress))
            if fetched.version == unless:
                return None
            undo.pop_all()
            return fetched

    def _read(self, session: Session, uri: str, into: Path, on_progress: Progress) -> Fetched:
        from data_platform.sources.database.parquet_rows import write

        chosen, tally = self._chosen(session), Tally()
        with closing(session.batches(chosen, self._span(uri), self._all, tally)) as batches:
            write(
                batches,
                chosen.columns,
                into,
                batch_rows=self.batch_rows,
                max_bytes=self.max_bytes,
                on_progress=on_progress,
            )
        with into.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Fetched(versions.text(tally, self._all), digest, into.stat().st_size, f"{self.names[-1]}.parquet")

    def _whole(self, session: Session, question: Question) -> Places:
        version = self._version(session, None)
        return Places([Place(w.key, ONE_SLOT, self.shown, version) for w in question.windows], is_listing=True)

    def _version(self, session: Session, span: Span | None) -> Version:
        chosen = self._chosen(session)
        edges = [span.start, span.end] if span else []
        found = session.tallies(chosen, edges, self._all, [span] if span else None)
        return Version(versions.text(found.get(1 if span else 0, Tally()), self._all), None)

    def _windows(self, session: Session, question: Question) -> Places:
        assert self.grid is not None  # places() asks
        spans = [(window.key, span) for window in question.windows for span in self._spans(window.key)]
        if not spans:
            return Places([], is_listing=True)
        edges = sorted({edge for _, span in spans for edge in (span.start, span.end)})
        at = {edge: number for number, edge in enumerate(edges, 1)}
        is_whole = edges[0] == self.grid.first
        within = None if is_whole else _joined([span for _, span in spans])
        with session.snapshot():
            chosen = self._chosen(session)
            first: Sequence[Of] = ("keys",) if self.verify == "keys" else ("content",)
            found = dict(session.tallies(chosen, edges, first, within))
            places = [(self._place(key, span), span, found.get(at[span.start], Tally())) for key, span in spans]
            versions_of = {place: self._known(question, place, span, tally) for place, span, tally in places}
            if self.verify == "keys" and (again := [span for place, span, _ in places if not versions_of[place]]):
                found |= session.tallies(chosen, edges, self._all, _joined(again))
        listed = []
        for place, span, _ in places:
            told = versions_of[place] or versions.text(found.get(at[span.start], Tally()), self._all)
            listed.append(replace(place, version=Version(told, None)))
        return Places(listed, self._odd(found, len(edges)) if is_whole else (), is_listing=True)

    def _known(self, question: Question, place: Place, span: Span, tally: Tally) -> str | None:
        """The version that the ledger has of a window, if what was counted tells that it still holds."""
        last = question.latest(place)
        if last is None:
            return None
        version, seen_at = last
        if self.verify == "rows":
            return version if versions.agree(tally, ("content",), version) else None
        assert self.grid is not None  # only windows have a version in the ledger here
        closed = seen_at >= span.end.replace(tzinfo=self.grid.zone) + self.closes_after
        return version if closed and versions.agree(tally, ("keys",), version) else None

    def _odd(self, found: dict[int | None, Tally], edges: int) -> list[Odd]:
        told = {
            None: (f"has no time in {self.watermark} that can be read", False),
            0: ("lies before the first partition", False),
            edges: ("lies in a partition that is not over", True),
        }
        counted = ((number, found[number].rows) for number in told if number in found)
        return [Odd(self.shown, None, f"{rows:,} rows: each {told[n][0]}", told[n][1]) for n, rows in counted if rows]

    @property
    def _all(self) -> Sequence[Of]:
        return ("keys", "content") if self.verify == "keys" else ("content",)

    def _spans(self, key: str) -> Iterator[Span]:
        assert self.grid is not None  # only a grid has keys
        start, end = self.grid.bounds(key)
        step = self.grid.step or end - start
        while start < end:
            yield Span(start, min(start + step, end))
            start += step

    def _place(self, key: str, span: Span) -> Place:
        assert self.address is not None  # a session has been opened at it
        steps = (span.start.isoformat(), span.end.isoformat())
        return Place(key, "/".join(steps), self.address.of(*self.names, *steps))

    def _span(self, uri: str) -> Span | None:
        if self.grid is None:
            return None
        start, end = unquote(uri).split("/")[-2:]
        return Span(datetime.fromisoformat(start), datetime.fromisoformat(end))

    def _where(self, uri: str) -> str:
        span = self._span(uri)
        return self.shown if span is None else f"{self.shown}, window {span.start.isoformat()}/{span.end.isoformat()}"

    def _chosen(self, session: Session) -> Chosen:
        table = ".".join(self.names)
        there = {column.name: column for column in session.columns(self.names)}
        if not there:
            raise PermanentSourceError(f"there is no table {table} that this user may read. Mend the table's name")
        columns = [_found(names, there) for names in self.wanted]
        if self.is_strict and (missing := [n[0] for n, c in zip(self.wanted, columns, strict=True) if c is None]):
            raise _no_column(missing[0], table, there)
        chosen = tuple(dict.fromkeys(column for column in columns if column is not None))
        if not chosen:
            raise _no_column(self.wanted[0][0], table, there)
        for name in (*self.key, *filter(None, [self.watermark])):
            if _found((name,), there) is None:
                raise _no_column(name, table, there)
        key = tuple(column for name in self.key if (column := _found((name,), there)))
        watermark = None if self.watermark is None else _found((self.watermark,), there)
        if watermark is not None and watermark.moment is None:
            raise PermanentSourceError(
                f"the watermark {watermark.name} is {watermark.type}, expected a date or a timestamp. Name another one"
            )
        return Chosen(self.names, chosen, key, watermark, self.grid.zone if self.grid else ZoneInfo("UTC"))

    def _asked(self, where: str, ask: Callable[[Session], _T]) -> _T:
        """The answer, after as many attempts as it takes; a connection that failed is not used again."""
        try:
            return self.patience.retrying(lambda: self._once(ask))
        except TransientSourceError as error:
            raise TransientSourceError(f"{where}: {error}") from error
        except SourceError as error:
            raise type(error)(f"{where}: {error}") from error

    def _once(self, ask: Callable[[Session], _T]) -> _T:
        with ExitStack() as undo:
            session = self._session()
            undo.callback(session.close)
            answer = ask(session)
            if self.idle is not None:
                undo.pop_all()
                self.idle.append(session)
            return answer

    def _session(self) -> Session:
        # Another thread may take the last one between a look and a pop.
        with suppress(IndexError):
            if self.idle is not None:
                return self.idle.pop()
        if self.address is None:
            raise PermanentSourceError(self.unset)
        user, password = self.user and self.user(), self.password and self.password()
        login = Login(self.address, user, password, self.connect_seconds, self.statement_seconds)
        # Here and not above: the drivers take a tenth of a second of each start.
        if self.address.kind == "postgresql":
            from data_platform.sources.database.postgresql import PostgresqlSession

            return PostgresqlSession(login)
        if self.address.kind == "mysql":
            from data_platform.sources.database.mysql import MysqlSession

            return MysqlSession(login)
        from data_platform.sources.database.sqlite import SqliteSession

        return SqliteSession(login)


def _found(names: Sequence[str], there: dict[str, Column]) -> Column | None:
    """By name, then by a name in another case."""
    folded = {name.lower(): column for name, column in reversed(there.items())}
    exact = (there[name] for name in names if name in there)
    return next(exact, None) or next((folded[name.lower()] for name in names if name.lower() in folded), None)


def _no_column(name: str, table: str, there: dict[str, Column]) -> PermanentSourceError:
    return PermanentSourceError(f"there is no column {name} in {table}; it has {', '.join(there)}. Mend the name")


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that follow each other as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
