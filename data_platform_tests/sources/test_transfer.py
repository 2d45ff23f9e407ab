"""A transfer that broke off is gone on with, on the condition that the version is the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from data_platform.sources.errors import PermanentSourceError, TransientSourceError
from data_platform.sources.headers import ContentRange, content_range_of, retry_after_of, validator_of
from data_platform_tests.sources.asking import BODY, impatient
from data_platform_tests.sources.server import Answer, Server, ranges, whole

OLD = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "validator"),
    [({"ETag": '"v1"'}, '"v1"'), ({"ETag": '"v1"', "Last-Modified": OLD}, '"v1"'), ({"Last-Modified": OLD}, OLD)],
)
def test_the_second_attempt_asks_for_the_rest_of_the_same_version(
    server: Server, tmp_path: Path, headers: dict[str, str], validator: str
) -> None:
    url = server.gives("/f", replace(whole(BODY, **headers), cut=100_000), ranges(BODY, **headers))
    told: list[tuple[int, int | None]] = []
    fetched = impatient(url).fetch(url, tmp_path / "f", on_progress=lambda *progress: told.append(progress))
    assert (tmp_path / "f").read_bytes() == BODY
    assert fetched.bytes == len(BODY)
    first, second = server.asked
    assert not {"Range", "If-Range"} & first.headers.keys()
    assert (second.headers["Range"], second.headers["If-Range"]) == ("bytes=100000-", validator)
    # Of the 256,000 bytes each came once.
    assert server.sent["/f"] == [100_000, 156_000]
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (len(BODY), len(BODY))


def test_a_known_etag_goes_along_so_that_a_source_that_went_back_is_unchanged(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", replace(whole(BODY, ETag='"v2"'), cut=100), Answer(304))
    assert impatient(url).fetch(url, tmp_path / "f", unless='etag="v1"') is None
    assert [request.headers["If-None-Match"] for request in server.asked] == ['"v1"', '"v1"']
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_transfer_that_was_given_up(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", replace(whole(BODY, ETag='"v1"'), cut=100_000), Answer(500))
    with pytest.raises(TransientSourceError, match="500"):
        impatient(url).fetch(url, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_all_attempts_together_have_one_limit_of_bytes(server: Server, tmp_path: Path) -> None:
    head = b'HTTP/1.1 200 OK\r\nETag: "v1"\r\nTransfer-Encoding: chunked\r\n\r\n3e800\r\n'
    url = server.gives("/f", Answer(raw=head + BODY[:150_000]), ranges(BODY, ETag='"v1"'))
    with pytest.raises(PermanentSourceError, match="announces 256,000 bytes"):
        impatient(url, max_bytes=200_000).fetch(url, tmp_path / "f")
    assert "Range" in server.asked[1].headers


def test_all_attempts_together_have_one_limit_of_time(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(500))
    with pytest.raises(TransientSourceError, match="after 1 of 8 attempts"):
        impatient(url, attempts=8, max_seconds=1e-6).fetch(url, tmp_path / "f")


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"a"'}, '"a"'),
        ({"etag": 'W/"a"'}, None),
        ({"etag": 'W/"a"', "last-modified": OLD, "date": "Wed, 21 Oct 2025 07:28:00 GMT"}, None),
        ({"etag": "bare"}, None),
        ({"etag": '"n\xe9w"'}, None),
        ({"last-modified": OLD}, None),
        ({"last-modified": OLD, "date": "Wed, 21 Oct 2015 07:28:59 GMT"}, None),
        ({"last-modified": OLD, "date": "Wed, 21 Oct 2015 07:29:00 GMT"}, OLD),
        ({"last-modified": "yesterday", "date": OLD}, None),
        ({}, None),
    ],
)
def test_only_what_changes_with_every_byte_proves_a_version(headers: dict[str, str], validator: str | None) -> None:
    assert validator_of(headers) == validator


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("bytes 5-9/10", ContentRange(5, 9, 10)),
        ("bytes 5-9/*", None),
        ("bytes */10", None),
        ("bytes -1-9/10", None),
        ("bytes ٥-9/10", None),
        (f"bytes {'9' * 5000}-9/10", None),
        ("rows 5-9/10", None),
        ("", None),
    ],
)
def test_a_content_range_says_all_three_numbers(text: str, range_: ContentRange | None) -> None:
    assert content_range_of({"content-range": text}) == range_


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 400, float("inf")),
        (OLD, 0.0),
        ("-5", None),
        ("1e9", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999999", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_a_date_or_nothing(text: str, seconds: float | None) -> None:
    assert retry_after_of({"retry-after": text}) == seconds


def test_retry_after_may_be_a_date_to_come() -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    seconds = retry_after_of({"retry-after": format_datetime(later, usegmt=True)})
    assert seconds is not None
    assert 86_000 < seconds <= 86_400
