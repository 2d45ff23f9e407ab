"""What the headers of an HTTP answer say about a file: version, validator, range, when to come back. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from data_platform.sources.slot import Version

_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
# A file can change twice in a second; RFC 7232 (2.2.2) asked for a minute's distance, RFC 9110 for a second's.
_OLD_ENOUGH = timedelta(seconds=60)


@dataclass(frozen=True)
class ContentRange:
    """The bytes `first` to `last`, both included, of a file of `total` bytes."""

    first: int
    last: int
    total: int


def version_of(headers: Mapping[str, str]) -> Version:
    """The version that the headers of an answer name, best validator first.

    - `etag=…`: the ETag. Its weak mark is dropped: servers that compress on the way add and remove it.
    - `modified=…;length=…`: Last-Modified (whole seconds) with Content-Length.
    - `length=…` or `unversioned`, when there is no validator: a change of the same length, or any change, stays
      unseen until the slot is fetched without `unless`. The alternative would be a download at every look.
    """
    length = length_of(headers)
    if etag := headers.get("etag", "").strip():
        return Version(f"etag={etag.removeprefix('W/')}", length)
    if modified := headers.get("last-modified", "").strip():
        return Version(f"modified={modified};length={'unknown' if length is None else length}", length)
    return Version("unversioned" if length is None else f"length={length}", length)


def length_of(headers: Mapping[str, str]) -> int | None:
    """Content-Length, if there is one."""
    text = headers.get("content-length", "").strip()
    return int(text) if text.isdecimal() else None


def validator_of(headers: Mapping[str, str]) -> str | None:
    """What If-Range may name: bytes of two answers with the same one are of the same file, to the byte.

    A strong ETag; without any ETag a Last-Modified that was a minute old when it was sent (RFC 9110, 13.1.5).
    """
    if etag := headers.get("etag", "").strip():
        return etag if _STRONG_ETAG.fullmatch(etag) else None
    modified = headers.get("last-modified", "").strip()
    then, sent = _moment(modified), _moment(headers.get("date", ""))
    return modified if then and sent and sent - then >= _OLD_ENOUGH else None


def content_range_of(headers: Mapping[str, str]) -> ContentRange | None:
    """Content-Range, if it says first, last and total in bytes."""
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    return ContentRange(*map(int, found.groups())) if found else None


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from seconds or a date (RFC 9110, 10.2.3); None when it says nothing readable."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # OverflowError: a year or an offset beyond what a date can be
        return None
