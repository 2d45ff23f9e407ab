"""One HTTP exchange with a source: headers to a version, body to a file, every fault to a typed error. No retries."""

import gzip
import io
import logging
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from data_platform.sources.address import file_name, redact
from data_platform.sources.errors import MissingYet, PermanentSourceError, TransientSourceError
from data_platform.sources.receive import receive, within
from data_platform.sources.slot import Fetched, Progress, Version

# Request Timeout, Too Early, Too Many Requests; of the 5xx all but "not implemented" and "HTTP version".
_TRANSIENT = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})
_CHUNK = 1 << 16


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
    return httpx.Client()


def version_of(headers: Mapping[str, str]) -> Version:
    """The version that the headers of an answer name, best validator first.

    - `etag=…`: the ETag. Its weak mark is dropped: servers that compress on the way add and remove it.
    - `modified=…;length=…`: Last-Modified (whole seconds) with Content-Length.
    - `length=…` or `unversioned`, when there is no validator: a change of the same length, or any change, stays
      unseen until the slot is fetched without `unless`. The alternative would be a download at every look.
    """
    length = int(text) if (text := headers.get("content-length", "").strip()).isdecimal() else None
    if etag := headers.get("etag", "").strip():
        return Version(f"etag={etag.removeprefix('W/')}", length)
    if modified := headers.get("last-modified", "").strip():
        return Version(f"modified={modified};length={'unknown' if length is None else length}", length)
    return Version("unversioned" if length is None else f"length={length}", length)


@dataclass(frozen=True)
class Web:
    """How to talk to one source. Times in seconds; `absent` are the statuses that mean "nothing here"."""

    client: httpx.Client
    auth: tuple[str, str] | None
    timeout: float
    deadline: float
    max_bytes: int
    absent: frozenset[int]

    def look(self, url: str) -> Version | None:
        """The version of `url` now, or None when it is absent.

        A HEAD is believed when it names a validator; else the headers of a GET that is closed unread decide, because
        servers refuse HEAD, or answer it with less than they say to GET.
        """
        with self._exchange("HEAD", url, {}) as response:
            response.read()  # nothing; but an answer that was not read to its end costs the connection
            if response.status_code in {404, 410} & self.absent:
                return None
            self._raise_if_transient(response, url)
            version = version_of(response.headers)
            if response.status_code == 200 and _names_a_validator(version):
                return version
        try:
            with self._exchange("GET", url, {}) as response:
                self._check_status(response, url)
                return version_of(response.headers)
        except MissingYet:
            return None

    def fetch(self, url: str, into: Path, *, on_progress: Progress, unless: str | None) -> Fetched | None:
        """The body of `url` into `into`; None when its version still is `unless`.

        If-Modified-Since is never sent: it asks for "newer", and a correction that was withdrawn is older. Without an
        ETag the answer's headers are compared, and its body is left unread.
        """
        with self._exchange("GET", url, _if_none_match(unless)) as response:
            if response.status_code == 304 and unless is not None:
                return None
            self._check_status(response, url)
            version = version_of(response.headers)
            if version.text == unless:
                return None
            chunks, expected = self._body(response, url, version.bytes)
            chunks = within(self.max_bytes, chunks, expected=expected, what=redact(url))
            received = receive(chunks, into, expected=expected, on_progress=on_progress)
        return Fetched(version.text, received.sha256, received.bytes, file_name(url))

    @contextmanager
    def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        headers = {"Accept-Encoding": "identity", **headers}
        auth = self.auth or httpx.USE_CLIENT_DEFAULT
        with (
            _typed_errors(url),
            self.client.stream(
                method, url, headers=headers, auth=auth, timeout=self.timeout, follow_redirects=True
            ) as response,
        ):
            yield response

    def _check_status(self, response: httpx.Response, url: str) -> None:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in self.absent:
            raise MissingYet(f"{redact(url)}: answered {status}")
        self._raise_if_transient(response, url)
        if response.status_code in (401, 403):
            raise PermanentSourceError(f"{redact(url)}: answered {status}. Check the credentials and the address.")
        if response.status_code != 200:
            raise PermanentSourceError(f"{redact(url)}: answered {status}, expected 200. Check the address.")

    def _raise_if_transient(self, response: httpx.Response, url: str) -> None:
        if response.status_code in _TRANSIENT:
            message = f"{redact(url)}: answered {response.status_code} {response.reason_phrase}".strip()
            raise TransientSourceError(message, retry_after=_retry_after(response.headers))

    def _body(self, response: httpx.Response, url: str, length: int | None) -> tuple[Iterator[bytes], int | None]:
        """The bytes of the file, and how many there should be if that is known."""
        raw = _whole(response, url, length, time.monotonic() + self.deadline)
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        # Servers label a file that is itself gzip as "encoded": then the file is what was sent, not what is inside.
        if encoding == "identity" or (encoding in ("gzip", "x-gzip") and file_name(url).lower().endswith(".gz")):
            return raw, length
        if encoding in ("gzip", "x-gzip"):
            return _decompressed(raw, url), None
        raise PermanentSourceError(
            f"{redact(url)}: answered with Content-Encoding '{encoding}' although identity was asked for. "
            "Switch it off at the source."
        )


def _names_a_validator(version: Version) -> bool:
    # Some servers answer HEAD with "Content-Length: 0" whatever the file.
    return version.text.startswith("etag=") or (version.text.startswith("modified=") and bool(version.bytes))


def _if_none_match(unless: str | None) -> dict[str, str]:
    etag = (unless or "").removeprefix("etag=")
    return {"If-None-Match": etag} if etag != unless and etag.isascii() and etag else {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from seconds or a date (RFC 9110, 10.2.3); None when it says nothing readable."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _whole(response: httpx.Response, url: str, length: int | None, deadline: float) -> Iterator[bytes]:
    """The body as sent, in the pieces in which it comes; ends only if all of `length` came before `deadline`."""
    for chunk in response.iter_raw():
        if time.monotonic() > deadline:
            raise TransientSourceError(
                f"{redact(url)}: still sending after max_seconds, {response.num_bytes_downloaded:,} bytes so far. "
                "Raise max_seconds if the source is this slow."
            )
        yield chunk
    if length is not None and response.num_bytes_downloaded != length:
        raise TransientSourceError(
            f"{redact(url)}: {response.num_bytes_downloaded:,} bytes arrived, Content-Length says {length:,}"
        )


def _decompressed(chunks: Iterator[bytes], url: str) -> Iterator[bytes]:
    """What is inside a gzip stream, in bounded pieces however well it was compressed."""
    with gzip.GzipFile(fileobj=io.BufferedReader(_Stream(chunks), _CHUNK)) as file:
        while True:
            try:
                chunk = file.read(_CHUNK)
            except gzip.BadGzipFile as error:
                message = f"{redact(url)}: says Content-Encoding gzip, but the body is not gzip ({error})"
                raise PermanentSourceError(f"{message}. Mend the source.") from error
            except (EOFError, zlib.error) as error:
                raise TransientSourceError(f"{redact(url)}: the gzip body is broken: {error}") from error
            if not chunk:
                return
            yield chunk


class _Stream(io.RawIOBase):
    """An iterator of bytes as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: any buffer
        self._rest = self._rest or next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


@contextmanager
def _typed_errors(url: str) -> Iterator[None]:
    shown = redact(url)
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
        raise PermanentSourceError(f"{shown}: is no address that can be asked. Check it and its redirects.") from error
    except httpx.TooManyRedirects as error:
        raise PermanentSourceError(f"{shown}: redirects in circles. Check the address.") from error
    except httpx.TimeoutException as error:
        raise TransientSourceError(f"{shown}: no answer within timeout_seconds ({type(error).__name__})") from error
    except httpx.TransportError as error:
        raise TransientSourceError(f"{shown}: {type(error).__name__}: {error}") from error
