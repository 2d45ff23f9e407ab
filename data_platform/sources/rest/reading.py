"""One window of an API, read from its first page to its last, and the proof that this is what the service has."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from data_platform.sources.errors import ChangingYet, PermanentSourceError, TransientSourceError
from data_platform.sources.patience import Patience
from data_platform.sources.rest.exchange import Answer, Exchange, NotAuthorizedError
from data_platform.sources.rest.page import NOTHING, Names, NoPageError, Page, page_of
from data_platform.sources.rest.paging import Pages, Paging, is_counted
from data_platform.sources.rest.window_file import Digest
from data_platform.sources.slot import Progress, silent

# A window that changes each time that it is read is looked at again later.
_ROUNDS = 3
_T = TypeVar("_T")


class _Into(Protocol):
    bytes: int

    def add(self, records: Any) -> None: ...


class _ChangedError(Exception):
    """Pages that do not belong together. The text says how that was seen."""


class _MissingError(Exception):
    """The service says that there are more or fewer records than came."""


@dataclass(frozen=True)
class _Pass:
    digest: Digest
    first: tuple[int, int | None]
    """Fingerprint and total of the first page."""
    pages: int


@dataclass(frozen=True)
class Reading:
    """How a window is read.

    where: the source and the window, for people. exchange: with the credentials that hold now. refused: notes that they
    were not taken, and says whether there may be others.
    """

    url: str
    where: str
    headers: Mapping[str, str]
    exchange: Callable[[str], Exchange]
    refused: Callable[[Exchange], bool]
    paging: Paging
    records: Names
    total: Names | None
    key: Sequence[str]
    patience: Patience
    max_bytes: int
    max_pages: int

    def digest(self) -> Digest:
        """What the window has, read once. Pages that do not belong together are read again."""
        return self._rounds(lambda: self._read(None, silent).digest)

    def proven(self, into: Callable[[], AbstractContextManager[_Into]], on_progress: Progress) -> str:
        """Writes the window; returns the version of what was written, which the service had at one time."""

        def read() -> str:
            with into() as file:
                found = self._read(file, on_progress)
                self._confirm(found)
            return found.digest.version

        return self._rounds(read)

    def _rounds(self, read: Callable[[], _T]) -> _T:
        """What is read in the end. Raises ChangingYet, or TransientSourceError for what stays incomplete."""
        for rest in reversed(range(_ROUNDS)):
            try:
                return read()
            except _ChangedError as changed:
                told: Exception = ChangingYet(
                    f"{self.where}: {changed}, {_ROUNDS} times in a row. It is asked again later"
                )
            except _MissingError as missing:
                told = TransientSourceError(f"{self.where}: {missing} ({_ROUNDS} times in a row)")
            if not rest:
                raise told
        raise AssertionError("the last round ends with a value or an error")

    def _confirm(self, found: _Pass) -> None:
        """One answer is of one time; of several it has to be shown.

        Where pages are asked for by position and nothing counts them, only reading all of it again shows that no record
        moved from one page to another meanwhile; elsewhere the first page, where what is new appears, and the total do.
        """
        if found.pages == 1:
            return
        if is_counted(self.paging) and self.total is None:
            if self._read(None, silent).digest.version != found.digest.version:
                raise _ChangedError("it changed while it was read: a second reading had other records")
            return
        page, _ = self._page(Pages(self.paging, self.url))
        if (Digest().add(page.records()), self._total(page, 1)) != found.first:
            raise _ChangedError("it changed while it was read: its first page is another one now")

    def _read(self, into: _Into | None, on_progress: Progress) -> _Pass:
        digest, way = Digest(), Pages(self.paging, self.url)
        first: tuple[int, int | None] | None = None
        size = 0
        while True:
            where = f"{self.where} page {way.number}"
            page, answer = self._page(way)
            fingerprint = digest.add(page.records())
            total = self._total(page, way.number)
            first = first or (fingerprint, total)
            if total != first[1] and answer.body is not None:
                raise _ChangedError(f"its total went from {first[1]:,} to {total:,} while it was read")
            digest.note_keys(page.keys)
            if into is not None:
                into.add(page.records())
            size += sum(end - start for start, end in page.spans)
            if size > self.max_bytes:
                text = (
                    f"larger than max_bytes={self.max_bytes:,} (did not end there). Raise it, or write a smaller size"
                )
                raise PermanentSourceError(f"{where}: {text}.")
            on_progress(size, None)
            if not way.has_next(page, answer, fingerprint, where):
                break
            if way.number > self.max_pages:
                raise PermanentSourceError(f"{where}: more than max_pages={self.max_pages:,} follow. Raise it if so.")
        self._check(digest, first[1])
        return _Pass(digest, first, way.number)

    def _check(self, digest: Digest, total: int | None) -> None:
        if digest.repeated:
            raise _ChangedError(f"{digest.repeated:,} records came on two pages by their key {', '.join(self.key)}")
        if total is not None and total != digest.records:
            raise _MissingError(f"{digest.records:,} records came, its total says {total:,}")

    def _page(self, way: Pages) -> tuple[Page, Answer]:
        where = f"{self.where} page {way.number}"
        return self.patience.retrying(lambda: self._asked(way, where))

    def _asked(self, way: Pages, where: str) -> tuple[Page, Answer]:
        exchange = self.exchange(where)
        try:
            answer = exchange.get(way.url, way.params, self.headers, where)
        except NotAuthorizedError:
            if not self.refused(exchange):
                raise
            answer = self.exchange(where).get(way.url, way.params, self.headers, where)
        if answer.body is None:
            return NOTHING, answer
        try:
            return page_of(answer.body, self.records, self.key, answer.headers), answer
        except NoPageError as error:
            # Also a proxy's own page, or a body that broke off: it may be whole the next time.
            told = f"{where}: the body {error}. Check base_url, path and records, if it stays so"
        raise TransientSourceError(told)

    def _total(self, page: Page, number: int) -> int | None:
        if self.total is None:
            return None
        if page is NOTHING:
            return 0
        found = page.at(self.total)
        text = str(found)
        if isinstance(found, bool) or not (text.isascii() and text.isdecimal()) or len(text) > 18:
            what = "nothing" if found is None else "no whole number"
            raise PermanentSourceError(
                f"{self.where} page {number}: has {what} at {'.'.join(self.total)}, where total says the number of "
                "records to be. Check total."
            )
        return int(text)
