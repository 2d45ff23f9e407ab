"""One file on its way in, over as many HTTP exchanges as it takes: what broke off is gone on with by Range."""

import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from data_platform.sources.address import file_name, redact
from data_platform.sources.body import Pace, file_bytes, is_as_sent
from data_platform.sources.errors import TransientSourceError
from data_platform.sources.headers import ContentRange, content_range_of, length_of, validator_of, version_of
from data_platform.sources.receive import Arriving, within
from data_platform.sources.slot import Fetched, Progress, Version
from data_platform.sources.web import Web


@dataclass(frozen=True)
class _Begun:
    """The version of which the file has the first bytes, and what proves that an answer is of the same."""

    version: Version
    validator: str | None


class Transfer:
    """Brings `url` into the file `into`, which belongs to this transfer alone until it is done."""

    def __init__(self, web: Web, url: str, into: Path, *, on_progress: Progress, unless: str | None) -> None:
        self._web, self._url, self._on_progress, self._unless = web, url, on_progress, unless
        self._condition = _if_none_match(unless)
        self._file = Arriving(into)
        self._begun: _Begun | None = None
        self._pace = Pace(time.monotonic() + web.max_seconds, web.timeout, web.min_bytes_per_second)

    def attempt(self) -> Fetched | None:
        """The file, whole; None when its version still is `unless`. After a TransientSourceError, try again.

        The second attempt asks for the rest, on the condition that the version is the same, and takes it only if the
        answer proves that it is: a server may ignore the condition. Whatever else comes is begun anew.

        If-Modified-Since is never sent: it asks for "newer", and a correction that was withdrawn is older. Without an
        ETag the answer's headers are compared, and its body is left unread.
        """
        begun = self._begun
        if begun is not None and begun.validator is not None and self._file.bytes:
            rest = {"Range": f"bytes={self._file.bytes}-", "If-Range": begun.validator}
            with self._web.exchange("GET", self._url, self._condition | rest) as response:
                if (range_ := self._rest(response, begun)) is not None:
                    return self._append(response, begun, length=range_.last - range_.first + 1, total=range_.total)
                if response.status_code not in (206, 416):
                    return self._whole(response)
        with self._web.exchange("GET", self._url, self._condition) as response:
            return self._whole(response)

    def _rest(self, response: httpx.Response, begun: _Begun) -> ContentRange | None:
        """The range of an answer that goes on exactly where the file ends, in the same version."""
        range_ = content_range_of(response.headers)
        if response.status_code != 206 or range_ is None or not is_as_sent(response, self._url):
            return None
        goes_on = range_.first == self._file.bytes and range_.first <= range_.last < range_.total
        is_same = validator_of(response.headers) == begun.validator and begun.version.bytes in (None, range_.total)
        fits = length_of(response.headers) in (None, range_.last - range_.first + 1)
        return range_ if goes_on and is_same and fits else None

    def _whole(self, response: httpx.Response) -> Fetched | None:
        if response.status_code == 304 and self._condition:
            return None
        self._web.check_status(response, self._url)
        version = version_of(response.headers)
        if version.text == self._unless:
            return None
        self._file.restart()
        as_sent = is_as_sent(response, self._url)
        self._begun = _Begun(version, validator_of(response.headers) if as_sent else None)
        return self._append(response, self._begun, length=version.bytes, total=version.bytes if as_sent else None)

    def _append(self, response: httpx.Response, begun: _Begun, *, length: int | None, total: int | None) -> Fetched:
        shown, file = redact(self._url), self._file
        chunks = file_bytes(response, self._url, length=length, pace=self._pace)
        chunks = within(self._web.max_bytes, chunks, total=total, what=shown, had=file.bytes)
        file.append(chunks, total=total, on_progress=self._on_progress)
        if total is not None and file.bytes != total:
            raise TransientSourceError(f"{shown}: {file.bytes:,} bytes arrived of {total:,}")
        return Fetched(begun.version.text, file.sha256, file.bytes, file_name(self._url))


def _if_none_match(unless: str | None) -> dict[str, str]:
    etag = (unless or "").removeprefix("etag=")
    return {"If-None-Match": etag} if etag != unless and etag.isascii() and etag else {}
