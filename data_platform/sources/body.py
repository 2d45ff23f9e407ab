"""The body of an HTTP answer as the bytes of a file: whole or an error, and fast enough."""

import gzip
import io
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from data_platform.sources.address import file_name, redact
from data_platform.sources.errors import PermanentSourceError, TransientSourceError

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Pace:
    """How long a body may take: until `end` (of `time.monotonic()`), and `floor` bytes a second over each `window`."""

    end: float
    window: float
    floor: int


def is_as_sent(response: httpx.Response, url: str) -> bool:
    """Whether the bytes that are sent are those of the file."""
    encoding = _encoding(response)
    # Servers label a file that is itself gzip as "encoded": then the file is what was sent, not what is inside.
    return encoding == "identity" or (encoding in ("gzip", "x-gzip") and file_name(url).lower().endswith(".gz"))


def file_bytes(response: httpx.Response, url: str, *, length: int | None, pace: Pace) -> Iterator[bytes]:
    """The bytes of the file in bounded pieces; ends only if all `length` bytes of the answer came."""
    raw = _whole(response, url, length, pace)
    if is_as_sent(response, url):
        return raw
    if _encoding(response) in ("gzip", "x-gzip"):
        return _decompressed(raw, url)
    raise PermanentSourceError(
        f"{redact(url)}: answered with Content-Encoding '{_encoding(response)[:20]}' although identity was asked for. "
        "Switch it off at the source."
    )


def _encoding(response: httpx.Response) -> str:
    return response.headers.get("content-encoding", "").strip().lower() or "identity"


def _whole(response: httpx.Response, url: str, length: int | None, pace: Pace) -> Iterator[bytes]:
    """The body as sent, in the pieces in which it comes."""
    since, counted = time.monotonic(), 0
    for chunk in response.iter_raw():
        now, arrived = time.monotonic(), response.num_bytes_downloaded
        if now > pace.end:
            raise TransientSourceError(
                f"{redact(url)}: still sending after max_seconds, {arrived:,} bytes so far. "
                "Raise max_seconds if the source is this slow."
            )
        if now - since > pace.window:
            if arrived - counted < pace.floor * (now - since):
                raise TransientSourceError(
                    f"{redact(url)}: fewer than min_bytes_per_second={pace.floor:,} over timeout_seconds. "
                    "Lower min_bytes_per_second if the source is this slow."
                )
            since, counted = now, arrived
        yield chunk
    if length is not None and response.num_bytes_downloaded != length:
        raise TransientSourceError(
            f"{redact(url)}: {response.num_bytes_downloaded:,} bytes arrived, Content-Length says {length:,}"
        )


def _decompressed(chunks: Iterator[bytes], url: str) -> Iterator[bytes]:
    """What is inside a gzip stream, in bounded pieces however well it was compressed."""
    with gzip.GzipFile(fileobj=io.BufferedReader(_Stream(chunks), _CHUNK)) as file:
        is_gzip = False
        while True:
            try:
                chunk = file.read(_CHUNK)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                if isinstance(error, gzip.BadGzipFile) and not is_gzip:
                    message = f"{redact(url)}: says Content-Encoding gzip, but the body is not gzip"
                    raise PermanentSourceError(f"{message}. Mend the source.") from error
                raise TransientSourceError(f"{redact(url)}: the gzip body is broken: {error}") from error
            if not chunk:
                return
            is_gzip = True
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
