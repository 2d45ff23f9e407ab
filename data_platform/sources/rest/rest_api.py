"""The source kind `rest_api`: windows of time at an API, paged through, each proven whole before it counts."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from data_platform.sources import address
from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.patience import Patience
from data_platform.sources.rest.auth import Credentials, OAuth2, Tokens, authenticator
from data_platform.sources.rest.exchange import Exchange, Quota, open_session
from data_platform.sources.rest.limits import Limits, Rate, limits_file
from data_platform.sources.rest.page import Names
from data_platform.sources.rest.paging import OnePage, Paging
from data_platform.sources.rest.reading import Reading
from data_platform.sources.rest.window_file import WindowFile, sha256_of
from data_platform.sources.rest.windows import Windows
from data_platform.sources.slot import ONE_SLOT, Fetched, Place, Places, Progress, Question, Version, silent

if TYPE_CHECKING:
    from starlette.types import ASGIApp

SAMPLE = "sample://"


@dataclass(frozen=True)
class RestApi:
    """Records of an API, a slot a window of time (without `windows`: one slot, everything).

    records: where the array of records stands in a page. total: where their number over all pages does. key: what makes
    a record the one that it is. service: the app that answers where base_url is `sample://<dataset>`. notes: a folder
    for the turns of `rate`. Limits: max_page_bytes and max_page_seconds of an answer, max_pages and max_bytes of a
    window. empty: statuses that mean that a window has nothing. unset: the variable that should say where the API is.
    """

    base_url: str
    path: str
    notes: Path
    service: "Callable[[str], ASGIApp]" = field(repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: Credentials | None = field(default=None, repr=False)
    paging: Paging = OnePage()  # noqa: RUF009 - a frozen value
    records: Names = ()
    total: Names | None = None
    key: Sequence[str] = ()
    windows: Windows | None = None
    rate: Rate | None = None
    quota: Quota = Quota()  # noqa: RUF009 - a frozen value
    patience: Patience = Patience()  # noqa: RUF009 - a frozen value
    timeout_seconds: float = 30.0
    max_page_seconds: float = 300.0
    max_page_bytes: int = 64 * 1000**2
    max_bytes: int = 10 * 1000**3
    max_pages: int = 100_000
    empty: frozenset[int] = frozenset()
    unset: str = ""
    link: "_Link | None" = field(default=None, compare=False, repr=False)

    @property
    def origin(self) -> str:
        return "rest_api"

    @property
    def is_local(self) -> bool:
        return False

    @property
    def mirrors(self) -> bool:
        return False

    @property
    def shown(self) -> str:
        """Where it is, without the values of its parameters."""
        return address.redact(self._uri({}))

    def places(self, question: Question) -> Places:
        """Raises PermanentSourceError where no address is set."""
        if self.unset:
            raise PermanentSourceError(f"{self.unset} is not set: it says where this source is. Set it, or in .env")
        return Places([place for window in question.windows for place in self._places(window.key)])

    def _places(self, partition: str) -> Iterator[Place]:
        if self.windows is None:
            yield Place(partition, ONE_SLOT, self._uri({}))
            return
        for cut in self.windows.of(partition):
            uri = f"{self._uri(self.windows.params(cut))}#{cut.slot}"
            yield Place(partition, cut.slot, uri, closes=self.windows.closes(cut))

    def _uri(self, more: Mapping[str, str]) -> str:
        query = urlencode({**self.params, **more}, quote_via=quote, safe=":")
        return f"{self.base_url.rstrip('/')}{self.path}{'?' if query else ''}{query}"

    @contextmanager
    def connected(self) -> Iterator["RestApi"]:
        """The same source with one token; and one service, where a sample is asked, from the first question on."""
        if self.link is not None:
            yield self
            return
        with _Link(self.base_url, self.service, self.auth) as link:
            yield replace(self, link=link)

    def look(self, uri: str) -> Version | None:
        """The version of a window now: all of its pages are read for it. Raises SourceError."""
        with self._reading(uri) as reading:
            digest = reading.digest()
            return Version(digest.version, None)

    def fetch(
        self, uri: str, into: Path, *, on_progress: Progress = silent, unless: str | None = None
    ) -> Fetched | None:
        """Receives a window whole into a file, a line of JSON a record; None when its version still is `unless`.

        Raises ChangingYet for a window that changes while it is read, however often that is begun anew.
        """
        with self._reading(uri) as reading:
            version = reading.proven(lambda: WindowFile(into), on_progress)
        if version == unless:
            into.unlink()
            return None
        return Fetched(version, sha256_of(into), into.stat().st_size, self._name(uri))

    def _name(self, uri: str) -> str:
        slot = uri.partition("#")[2].partition("/")[0].replace(":", "")
        stem = self.path.rstrip("/").rpartition("/")[2] or "records"
        return f"{stem}{'_' if slot else ''}{slot}.ndjson.zst"

    @contextmanager
    def _reading(self, uri: str) -> Iterator[Reading]:
        asked, _, slot = uri.partition("#")
        where = " ".join(filter(None, (address.redact(asked.partition("?")[0]), slot)))
        with self.connected() as source, ExitStack() as open_:
            link = source.link
            assert link is not None  # connected() gives one
            base = link.base()
            session = open_.enter_context(open_session())
            limits = Limits(
                limits_file(self.notes, self.base_url),
                self.rate,
                self.timeout_seconds + self.max_page_seconds,
                self.patience.longest_wait_seconds,
                self.shown.partition("?")[0],
            )
            exchange = Exchange(
                session=session,
                base=base,
                limits=limits,
                quota=self.quota,
                timeout_seconds=self.timeout_seconds,
                max_seconds=self.max_page_seconds,
                max_bytes=self.max_page_bytes,
                empty=self.empty,
            )
            yield Reading(
                url=base.rstrip("/") + asked.removeprefix(self.base_url.rstrip("/")),
                where=where,
                headers=self.headers,
                exchange=partial(link.authorized, exchange),
                refused=link.refused,
                paging=self.paging,
                records=self.records,
                total=self.total,
                key=self.key,
                patience=self.patience,
                max_bytes=self.max_bytes,
                max_pages=self.max_pages,
            )


class _Link:
    """What all questions of one look share: the address behind `sample://`, and the credentials."""

    def __init__(self, base_url: str, service: "Callable[[str], ASGIApp]", auth: Credentials | None) -> None:
        self._base_url, self._service, self._auth = base_url, service, auth
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._base: str | None = None
        self._tokens = Tokens(auth) if isinstance(auth, OAuth2) else None

    def __enter__(self) -> "_Link":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def base(self) -> str:
        """The address of the service; a sample's starts now."""
        with self._lock:
            if self._base is None:
                self._base = self._base_url
                if self._base_url.startswith(SAMPLE):
                    from data_platform.sources.loopback import serving

                    app = self._service(self._base_url.removeprefix(SAMPLE))
                    self._base = self._open.enter_context(serving(app))
            return self._base

    def authorized(self, exchange: Exchange, where: str) -> Exchange:
        """The exchange with the credentials that hold now."""
        if self._tokens is not None:
            return replace(exchange, auth=self._tokens.current(exchange, where))
        return replace(exchange, auth=authenticator(self._auth))

    def refused(self, exchange: Exchange) -> bool:
        """Notes that credentials were not taken; whether there may be others."""
        if self._tokens is None:
            return False
        self._tokens.refused(exchange.auth)
        return True
