"""The source kind `http_file`: a file per partition (or one for all) at an http, https or file address; retries."""

import re
import string
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar, overload
from urllib.parse import urlsplit

import httpx

from data_platform.sources import address, local
from data_platform.sources.patience import Patience
from data_platform.sources.slot import ONE_SLOT, Fetched, Place, Places, Progress, Question, Version, silent
from data_platform.sources.transfer import Transfer
from data_platform.sources.web import Web, open_client

_T = TypeVar("_T")
# `partition+7d`: a week that is named after the day that ends it.
_PARTITION = re.compile(r"partition(?:(?P<days>[+-]\d{1,4})d)?")


@dataclass(frozen=True)
class HttpFile:
    """Files at `url`, in which `{partition:%Y-%m}` stands for the partition's start in any strftime form, and
    `{partition+7d:%y%m%d}` for the day a number of days after (or before) it.

    timeout_seconds: longest silence of a server. max_seconds: longest download, all attempts and waits together.
    min_bytes_per_second: what is slower over timeout_seconds is broken off. max_bytes: the largest file; an endless
    body ends there. attempts: tries in all; what broke off is gone on with where the source can prove its version.
    first_wait_seconds doubles from try to try, plus up to jitter_seconds, up to longest_wait_seconds; a Retry-After
    is honoured up to longest_wait_seconds too, beyond that the source is given up for now. absent: HTTP statuses that
    mean "nothing here"; object stores that hide what exists answer 403 for a missing file.
    Raises ValueError for an address that can't be meant.
    """

    url: str
    timeout_seconds: float = 30.0
    max_seconds: float = 4 * 3600.0
    min_bytes_per_second: int = 1000
    max_bytes: int = 10 * 1000**3
    attempts: int = 5
    first_wait_seconds: float = 0.5
    jitter_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    absent: frozenset[int] = frozenset({404, 410})
    client: httpx.Client | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        scheme = urlsplit(self.url).scheme
        if scheme not in ("http", "https", "file"):
            shown = address.redact(self.url)
            raise ValueError(f"'{shown}': the scheme is '{scheme}', expected http://, https:// or file:///")
        for _, name, form, conversion in _template(self.url):
            if name is not None and not _means_partition(name, form or "", conversion):
                shown = address.redact(self.url)
                raise ValueError(f"'{shown}': '{{{name}}}' is unknown; write the partition as {{partition:%Y-%m}}")
        if self.is_local:
            address.local_path(self.url)
        elif not urlsplit(self.url).hostname:
            raise ValueError(f"'{address.redact(self.url)}': has no host")

    @property
    def is_partitioned(self) -> bool:
        """Whether each partition has an address of its own."""
        return any(name is not None for _, name, _, _ in string.Formatter().parse(self.url))

    @property
    def is_local(self) -> bool:
        """Whether the files lie in a folder of this machine: asking it costs nobody anything."""
        return urlsplit(self.url).scheme == "file"

    @property
    def origin(self) -> str:
        return "http_file"

    @property
    def mirrors(self) -> bool:
        return False

    @property
    def shown(self) -> str:
        """The address as people and logs may see it: without password and query."""
        return address.redact(self.url)

    def slot(self, start: datetime | None) -> str:
        """The address of the partition that starts at `start` (None: unpartitioned), without user and password."""
        if start is None and self.is_partitioned:
            raise ValueError(f"'{address.redact(self.url)}': needs the start of a partition")
        return address.without_credentials(_filled(self.url, start))

    def places(self, question: Question) -> Places:
        """One address for each partition, which has to be asked what it has."""
        return Places([Place(window.key, ONE_SLOT, self.slot(window.start)) for window in question.windows])

    @contextmanager
    def connected(self) -> Iterator["HttpFile"]:
        """The same source over one client, for looking at many slots, also from several threads."""
        if self.is_local or self.client is not None:
            yield self
            return
        with open_client() as client:
            yield replace(self, client=client)

    def look(self, slot: str) -> Version | None:
        """The version of `slot` now; None when it is absent.

        Raises PermanentSourceError, and TransientSourceError after all attempts.
        """
        if self.is_local:
            return self._retrying(lambda: local.look(address.local_path(slot)))
        with self._web() as web:
            return self._retrying(lambda: web.look(slot))

    @overload
    def fetch(self, slot: str, into: Path, *, on_progress: Progress = silent, unless: None = None) -> Fetched: ...
    @overload
    def fetch(self, slot: str, into: Path, *, on_progress: Progress = silent, unless: str | None) -> Fetched | None: ...
    def fetch(
        self, slot: str, into: Path, *, on_progress: Progress = silent, unless: str | None = None
    ) -> Fetched | None:
        """Receive `slot` whole into the file `into`, or None when its version still is `unless`.

        `into` exists afterwards only if something was fetched. Raises MissingYet, PermanentSourceError, and
        TransientSourceError after all attempts; what goes wrong with `into` itself (disk full) is an OSError.
        """
        with ExitStack() as undo:
            undo.callback(into.unlink, missing_ok=True)
            fetched = self._fetch(slot, into, on_progress, unless)
            if fetched is not None:
                undo.pop_all()
            return fetched

    def _fetch(self, slot: str, into: Path, on_progress: Progress, unless: str | None) -> Fetched | None:
        if self.is_local:
            path, limit = address.local_path(slot), self.max_bytes
            return self._retrying(lambda: local.fetch(path, into, limit=limit, on_progress=on_progress, unless=unless))
        with self._web() as web:
            return self._retrying(Transfer(web, slot, into, on_progress=on_progress, unless=unless).attempt)

    @contextmanager
    def _web(self) -> Iterator[Web]:
        with self.connected() as source:
            assert source.client is not None  # connected() gives one to all but files
            yield Web(
                client=source.client,
                auth=address.credentials(self.url),
                timeout=self.timeout_seconds,
                max_seconds=self.max_seconds,
                min_bytes_per_second=self.min_bytes_per_second,
                max_bytes=self.max_bytes,
                absent=self.absent,
            )

    def _retrying(self, ask: Callable[[], _T]) -> _T:
        patience = Patience(
            attempts=self.attempts,
            max_seconds=self.max_seconds,
            first_wait_seconds=self.first_wait_seconds,
            jitter_seconds=self.jitter_seconds,
            longest_wait_seconds=self.longest_wait_seconds,
        )
        return patience.retrying(ask)


def _template(url: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(url))
    except ValueError as error:
        shown = address.redact(url)
        raise ValueError(f"'{shown}': {error}; write the partition as {{partition:%Y-%m}}") from error


def _means_partition(name: str, form: str, conversion: str | None) -> bool:
    return _PARTITION.fullmatch(name) is not None and "%" in form and "{" not in form and conversion is None


def _filled(url: str, start: datetime | None) -> str:
    """The url with its partition written in; `{{` and `}}` become single braces, as `_template` reads them."""
    parts = []
    for text, name, form, _ in _template(url):
        parts.append(text)
        found = _PARTITION.fullmatch(name or "")
        if found is not None and start is not None:
            parts.append((start + timedelta(days=int(found["days"] or 0))).strftime(form or ""))
    return "".join(parts)
