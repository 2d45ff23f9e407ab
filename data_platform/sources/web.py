"""One HTTP exchange with a source: redirects, statuses, every fault to a typed error. No retries, no bodies."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from data_platform.sources.address import redact
from data_platform.sources.errors import MissingYet, PermanentSourceError, TransientSourceError
from data_platform.sources.headers import retry_after_of, version_of
from data_platform.sources.slot import Version

# Request Timeout, Too Early, Too Many Requests; of the 5xx all but "not implemented" and "HTTP version".
_TRANSIENT = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})
_MOST_REDIRECTS = 20


class _RedactAddresses(logging.Filter):
    """httpx logs whole addresses at INFO; theirs may hold credentials."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(redact(str(arg)) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_REDACT = _RedactAddresses()


def open_client() -> httpx.Client:
    """A client to share between threads and slots; the caller closes it."""
    logging.getLogger("httpx").addFilter(_REDACT)
    # At DEBUG it writes down all headers: credentials, and the signed addresses of redirects.
    logging.getLogger("httpcore").setLevel(logging.INFO)
    return httpx.Client(verify=_certificates())


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes 0.03 s, as much as all else about a small table's look at its source."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Web:
    """How to talk to one source. Times in seconds; `absent` are the statuses that mean "nothing here"."""

    client: httpx.Client
    auth: tuple[str, str] | None
    timeout: float
    max_seconds: float
    min_bytes_per_second: int
    max_bytes: int
    absent: frozenset[int]

    def look(self, url: str) -> Version | None:
        """The version of `url` now, or None when it is absent.

        A HEAD is believed when it names a validator; else the headers of a GET that is closed unread decide, because
        servers refuse HEAD, or answer it with less than they say to GET.
        """
        with self.exchange("HEAD", url, {}) as response:
            response.read()  # nothing; but an answer that was not read to its end costs the connection
            if response.status_code in {404, 410} & self.absent:
                return None
            self._raise_if_transient(response, url)
            version = version_of(response.headers)
            if response.status_code == 200 and _names_a_validator(version):
                return version
        try:
            with self.exchange("GET", url, {}) as response:
                self.check_status(response, url)
                return version_of(response.headers)
        except MissingYet:
            return None

    @contextmanager
    def exchange(self, method: str, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer at the end of all redirects, its body yet unread; what goes wrong until it is closed is typed.

        Credentials go to the host of `url` alone. From https nothing leads to http.
        """
        headers = {"Accept-Encoding": "identity", **headers}
        auth: tuple[str, str] | httpx.Auth | None = self.auth or self.client.auth
        with _typed_errors(url):
            request = self.client.build_request(method, url, headers=headers, timeout=self.timeout)
            for _ in range(_MOST_REDIRECTS):
                response = self.client.send(request, auth=auth, stream=True, follow_redirects=False)
                # httpx would read the body of a redirect whole, however long it is.
                with closing(response):
                    if response.next_request is None:
                        yield response
                        return
                    _refuse_downgrade(response.request, response.next_request, url)
                    # It has the header of the credentials where it may have it.
                    request, auth = response.next_request, None
            raise PermanentSourceError(f"{redact(url)}: redirects in circles. Check the address.")

    def check_status(self, response: httpx.Response, url: str) -> None:
        """Raise what any status but 200 means."""
        if response.status_code in self.absent:
            raise MissingYet(f"{redact(url)}: answered {_status(response)}")
        self._raise_if_transient(response, url)
        answered = f"{redact(url)}: answered {_status(response)}"
        if response.status_code in (401, 403):
            raise PermanentSourceError(f"{answered}. Check the credentials and the address.")
        if response.status_code != 200:
            raise PermanentSourceError(f"{answered}, expected 200. Check the address.")

    def _raise_if_transient(self, response: httpx.Response, url: str) -> None:
        if response.status_code in _TRANSIENT:
            later = retry_after_of(response.headers)
            wish = "" if later is None else f", Retry-After: {response.headers['retry-after'].strip()[:40]}"
            raise TransientSourceError(f"{redact(url)}: answered {_status(response)}{wish}", retry_after=later)


def _status(response: httpx.Response) -> str:
    """The status in the words of the standard: those of a server may be long, or repeat the address."""
    return f"{response.status_code} {httpx.codes.get_reason_phrase(response.status_code)}".strip()


def _refuse_downgrade(request: httpx.Request, following: httpx.Request, url: str) -> None:
    if request.url.scheme == "https" and following.url.scheme == "http":
        raise PermanentSourceError(
            f"{redact(url)}: redirects from https to http, where anybody on the way could change the file. "
            "Write the http:// address if that is meant."
        )


def _names_a_validator(version: Version) -> bool:
    # Some servers answer HEAD with "Content-Length: 0" whatever the file.
    return version.text.startswith("etag=") or (version.text.startswith("modified=") and bool(version.bytes))


@contextmanager
def _typed_errors(url: str) -> Iterator[None]:
    # Their own texts may quote what the server sent, or the address of a redirect: they are not handed on.
    shown = redact(url)
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        raise PermanentSourceError(f"{shown}: is no address that can be asked. Check it and its redirects.") from None
    except httpx.TimeoutException as error:
        raise TransientSourceError(f"{shown}: no answer within timeout_seconds ({type(error).__name__})") from error
    except httpx.RemoteProtocolError as error:
        said = str(error).partition(":")[0]
        raise TransientSourceError(f"{shown}: answered against the rules of HTTP: {said}") from None
    except httpx.TransportError as error:
        raise TransientSourceError(f"{shown}: {type(error).__name__}: {error}") from error
