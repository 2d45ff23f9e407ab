"""One question to an API over HTTP: bounded, in its turn, every fault a typed error that quotes no answer."""

import http
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.headers import retry_after_of
from data_platform.sources.rest.limits import Limits

if TYPE_CHECKING:
    import requests

_TRANSIENT = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_PIECE = 1 << 16
# Larger ones are moments since 1970, smaller ones seconds from now: both are called reset.
_MOMENTS_FROM = 1_000_000_000


class NotAuthorizedError(PermanentSourceError):
    """The service does not know the credentials (any more)."""


@dataclass(frozen=True)
class Answer:
    """A body, whole, with its headers; None where the service says that there is no content."""

    body: bytes | None = field(repr=False)
    headers: Mapping[str, str]
    links: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Quota:
    """The headers that say how many requests are left, and until when that holds."""

    remaining: str | None = None
    reset: str | None = None


@dataclass(frozen=True)
class Exchange:
    """How a service is asked.

    base: the address whose host alone gets credentials. timeout_seconds: its longest silence; max_seconds: the longest
    answer; max_bytes: the largest one. empty: statuses that mean that there is nothing.
    """

    session: "requests.Session"
    base: str
    limits: Limits
    quota: Quota
    timeout_seconds: float
    max_seconds: float
    max_bytes: int
    empty: frozenset[int] = frozenset()
    auth: Any = field(default=None, repr=False)

    def get(self, url: str, params: Mapping[str, Any], headers: Mapping[str, str], where: str) -> Answer:
        """Raises NotAuthorizedError, PermanentSourceError and TransientSourceError; `where` begins their texts."""
        import requests

        request = requests.Request("GET", url, headers=dict(headers), params=dict(params))
        for _ in range(_MOST_REDIRECTS):
            self.check_origin(request.url, where)
            answer = self.send(request, where, auth=self.auth)
            if isinstance(answer, Answer):
                return answer
            request = requests.Request("GET", urljoin(request.url, answer), headers=dict(headers))
        raise PermanentSourceError(f"{where}: redirects in circles. Check base_url and path.")

    def check_origin(self, url: str, where: str) -> None:
        """Raises PermanentSourceError for an address of another host, or without the encryption of the base."""
        base, other = urlsplit(self.base), _split(url)
        if other is None or other.scheme not in ("http", "https"):
            raise PermanentSourceError(f"{where}: leads to what is no address of the web. Check the service.")
        if base.scheme == "https" and other.scheme == "http":
            text = "leads from https to http, where anybody on the way could read the credentials"
            raise PermanentSourceError(f"{where}: {text}. Check the service.")
        if _host(other) != _host(base) and not _is_upgrade(base, other):
            text = "leads to another host, which is not sent the credentials. Write its address as base_url"
            raise PermanentSourceError(f"{where}: {text} if that is meant.")

    def send(self, request: "requests.Request", where: str, *, auth: Any) -> Answer | str:
        """An answer, or where a redirect leads to. Asked in its turn."""
        with self.limits.turn():
            response: requests.Response | None = None
            fault: SourceError | None = None
            try:
                # An own object even without credentials: else those of ~/.netrc would be sent.
                request.auth = auth or (lambda prepared: prepared)
                prepared = self.session.prepare_request(request)
                how = self.session.merge_environment_settings(prepared.url, {}, True, None, None)
                response = self.session.send(prepared, timeout=self.timeout_seconds, allow_redirects=False, **how)
                return self._answer(response, where)
            except SourceError:
                raise
            except Exception as error:
                fault = _typed(error, where)
                if fault is None:
                    raise
            finally:
                if response is not None:
                    response.close()
        assert fault is not None  # all else was returned or raised
        # Not from within: the library's own error, which quotes addresses with their keys, would be told as its cause.
        raise fault

    def _answer(self, response: "requests.Response", where: str) -> Answer | str:
        self._heed_quota(response)
        status = response.status_code
        if status in _REDIRECTS and "location" in response.headers:
            return response.headers["location"]
        if status == 204 or status in self.empty:
            return Answer(None, response.headers, {})
        self._check_status(response, where)
        return Answer(self._body(response, where), response.headers, response.links)

    def _heed_quota(self, response: "requests.Response") -> None:
        """A service that has had enough says so before it refuses: then nobody asks until it is over."""
        if self.quota.remaining is None or response.headers.get(self.quota.remaining, "").strip() != "0":
            return
        reset = response.headers.get(self.quota.reset or "", "").strip()
        if reset.isdecimal() and len(reset) < 12:
            seconds = int(reset)
            left = seconds - time.time() if seconds >= _MOMENTS_FROM else seconds
            if left > 0:
                self.limits.pause(left)

    def _check_status(self, response: "requests.Response", where: str) -> None:
        status = response.status_code
        if status == 200:
            return
        answered = f"{where}: answered {_in_words(status)}"
        later = retry_after_of(response.headers)
        is_spent = status == 403 and response.headers.get(self.quota.remaining or "", "").strip() == "0"
        if status in _TRANSIENT or is_spent:
            if later is not None:
                self.limits.pause(later)
            wish = "" if later is None else f", Retry-After: {later:.0f} s"
            raise TransientSourceError(f"{answered}{wish}", retry_after=later)
        if status == 401:
            raise NotAuthorizedError(f"{answered}. Check the credentials.")
        if status == 403:
            raise PermanentSourceError(f"{answered}. Check the credentials, and what they may read.")
        raise PermanentSourceError(f"{answered}, expected 200. Check base_url, path and params.")

    def _body(self, response: "requests.Response", where: str) -> bytes:
        pieces, size = [], 0
        ends = time.monotonic() + self.max_seconds
        while piece := response.raw.read1(_PIECE, decode_content=True):
            size += len(piece)
            if size > self.max_bytes:
                text = f"is larger than max_page_bytes={self.max_bytes:,}. Ask for smaller pages, or raise it"
                raise PermanentSourceError(f"{where}: {text}.")
            if time.monotonic() > ends:
                raise TransientSourceError(
                    f"{where}: is still being sent after max_page_seconds, {size:,} bytes so far"
                )
            pieces.append(piece)
        return b"".join(pieces)


def open_session() -> "requests.Session":
    """A session whose library writes no addresses into the log: they may hold keys. The caller closes it."""
    import requests

    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
    session = requests.Session()
    session.headers["Accept-Encoding"] = "gzip, identity"
    return session


def _typed(error: Exception, where: str) -> SourceError | None:
    """What went wrong, in words of our own; None for what is no fault of the way or the service."""
    import requests
    import urllib3

    kind = type(error).__name__
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | UnicodeError):
        return PermanentSourceError(f"{where}: is no address that can be asked. Check base_url and path.")
    if isinstance(error, requests.exceptions.InvalidHeader):
        return PermanentSourceError(f"{where}: a header or a secret cannot be sent: it has a line break or a blank.")
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return TransientSourceError(f"{where}: no answer within timeout_seconds ({kind})")
    if isinstance(error, urllib3.exceptions.DecodeError):
        return TransientSourceError(f"{where}: the packed body is broken")
    if isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
        return TransientSourceError(f"{where}: the connection failed or broke off ({kind})")
    return None


def _in_words(status: int) -> str:
    """The status in the words of the standard: those of a server may be long, or repeat a secret."""
    known = {each.value: each.phrase for each in http.HTTPStatus}
    return f"{status} {known.get(status, '')}".strip()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _host(parts)
    except ValueError:
        return None
    return parts if parts.hostname else None


def _host(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_upgrade(base: SplitResult, other: SplitResult) -> bool:
    standard = {"http": (None, 80), "https": (None, 443)}
    return (
        base.scheme == "http"
        and other.scheme == "https"
        and base.hostname == other.hostname
        and base.port in standard["http"]
        and other.port in standard["https"]
    )
