"""http_file against a server that misbehaves in every way: the right file, or the right error and no file."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina.instrumentation
from stamina.instrumentation import RetryDetails

from data_platform.sources.errors import MissingYet, PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.http_file import HttpFile
from data_platform_tests.sources.asking import BODY, impatient
from data_platform_tests.sources.server import Answer, Server, whole


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """How long each retry waited, in seconds."""
    seen: list[float] = []

    def note(details: RetryDetails) -> None:
        seen.append(details.wait_for)

    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([note])
    yield seen
    stamina.instrumentation.set_on_retry_hooks(before)


def test_a_file_arrives_whole_with_its_hash_size_name_and_version(server: Server, tmp_path: Path) -> None:
    url = server.gives("/trip-data/yellow_tripdata_2024-01.parquet", whole(BODY, ETag='"v1"'))
    progress: list[tuple[int, int | None]] = []

    fetched = impatient(url).fetch(url, tmp_path / "f", on_progress=lambda got, of: progress.append((got, of)))

    assert (tmp_path / "f").read_bytes() == BODY
    assert fetched.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (fetched.bytes, fetched.name, fetched.version) == (
        len(BODY),
        "yellow_tripdata_2024-01.parquet",
        'etag="v1"',
    )
    assert progress[-1] == (len(BODY), len(BODY))
    assert server.asked[0].headers["Accept-Encoding"] == "identity"


def test_the_partition_is_written_into_the_address() -> None:
    source = HttpFile("https://example.org/a_{partition:%Y-%m}.parquet")
    assert source.is_partitioned
    assert source.slot(datetime(2024, 3, 1)) == "https://example.org/a_2024-03.parquet"
    assert not HttpFile("https://example.org/zones.csv").is_partitioned
    with pytest.raises(ValueError, match="needs the start of a partition"):
        source.slot(None)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("{partition+7d:%y%m%d}", "240302"),
        ("{partition-1d:%Y-%m-%d}", "2024-02-23"),
        ("{partition:%Y}/{partition+7d:%m%d}", "2024/0302"),
        ("{{x}}{partition+0d:%y}", "{x}24"),
    ],
)
def test_a_week_may_be_named_after_the_day_that_ends_it(form: str, name: str) -> None:
    source = HttpFile(f"https://example.org/turnstile_{form}.txt")
    assert source.is_partitioned
    assert source.slot(datetime(2024, 2, 24)) == f"https://example.org/turnstile_{name}.txt"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/x", "the scheme is 'ftp'"),
        ("example.org/x", "the scheme is ''"),
        ("https:///x", "has no host"),
        ("file://elsewhere/x", "three slashes"),
        ("file:relative", "three slashes"),
        ("file:///x?y", "%3F"),
        ("https://example.org/{month}", "'{month}' is unknown"),
        ("https://example.org/{partition}", "partition:%Y-%m"),
        ("https://example.org/{partition.__class__:%Y}", "is unknown"),
        ("https://example.org/{partition!r:%Y}", "is unknown"),
        ("https://example.org/{partition+7:%Y}", "is unknown"),
        ("https://example.org/{partition+7w:%Y}", "is unknown"),
        ("https://example.org/{partition+7d}", "partition:%Y-%m"),
    ],
)
def test_an_address_that_cannot_be_meant_is_an_error_at_once(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        HttpFile(url)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_missing_yet(server: Server, tmp_path: Path, status: int) -> None:
    url = server.gives("/f", Answer(status))
    assert impatient(url).look(url) is None
    assert server.methods() == ["HEAD"]
    with pytest.raises(MissingYet, match=str(status)):
        impatient(url).fetch(url, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_hides_what_exists_may_say_absent_with_403(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(403))
    source = impatient(url, absent=frozenset({403, 404}))
    assert source.look(url) is None
    with pytest.raises(MissingYet):
        source.fetch(url, tmp_path / "f")


@pytest.mark.parametrize("status", [400, 401, 403, 204, 206, 501])
def test_a_refusal_is_permanent_and_asked_once(server: Server, tmp_path: Path, status: int) -> None:
    url = server.gives("/f", Answer(status))
    with pytest.raises(PermanentSourceError, match=str(status)):
        impatient(url).fetch(url, tmp_path / "f")
    assert server.methods() == ["GET"]
    with pytest.raises(PermanentSourceError, match=str(status)):
        impatient(url).look(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_fault_of_the_moment_is_asked_again(server: Server, tmp_path: Path, status: int) -> None:
    url = server.gives("/f", Answer(status), Answer(status), whole(BODY))
    assert impatient(url).fetch(url, tmp_path / "f").bytes == len(BODY)
    assert len(server.asked) == 3
    url = server.gives("/g", Answer(status), whole(b"x", ETag='"v"'))
    version = impatient(url).look(url)
    assert version is not None
    assert version.text == 'etag="v"'


def test_a_fault_that_stays_ends_in_a_transient_error_and_no_file(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(500))
    with pytest.raises(TransientSourceError, match=r"500 Internal Server Error \(given up after 3 of 3 attempts\)"):
        impatient(url).fetch(url, tmp_path / "f")
    assert len(server.asked) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("retry_after", ["1", "date"])
def test_retry_after_is_honoured(server: Server, tmp_path: Path, waits: list[float], retry_after: str) -> None:
    past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    value = past if retry_after == "date" else retry_after
    url = server.gives("/f", Answer(429, (("Retry-After", value),)), whole(BODY))
    # Without the header the wait would be five seconds.
    impatient(url, first_wait_seconds=5.0).fetch(url, tmp_path / "f")
    assert waits == [0.0 if retry_after == "date" else 1.0]


def test_a_retry_after_beyond_patience_ends_the_attempts(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(503, (("Retry-After", "3600"),)))
    with pytest.raises(TransientSourceError, match="1 of 3 attempts") as caught:
        impatient(url).fetch(url, tmp_path / "f")
    assert caught.value.retry_after == 3600
    assert len(server.asked) == 1


def test_waits_grow_and_have_a_limit(server: Server, tmp_path: Path, waits: list[float]) -> None:
    url = server.gives("/f", Answer(500))
    source = impatient(url, attempts=5, first_wait_seconds=0.001, longest_wait_seconds=0.004)
    with pytest.raises(TransientSourceError):
        source.fetch(url, tmp_path / "f")
    assert waits == pytest.approx([0.001, 0.002, 0.004, 0.004])


def test_half_a_body_is_asked_again_and_never_kept(server: Server, tmp_path: Path) -> None:
    short = replace(whole(BODY), cut=1000)
    url = server.gives("/f", short, whole(BODY))
    assert impatient(url).fetch(url, tmp_path / "f").bytes == len(BODY)
    assert (tmp_path / "f").read_bytes() == BODY

    url = server.gives("/g", short)
    with pytest.raises(TransientSourceError, match="peer closed connection"):
        impatient(url).fetch(url, tmp_path / "g")
    assert not (tmp_path / "g").exists()


def test_a_body_that_is_not_of_the_announced_length_is_noticed_whatever_the_transport(tmp_path: Path) -> None:
    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        return [b"12345"]

    with httpx.Client(transport=httpx.WSGITransport(app=app)) as client:
        source = impatient("http://in.process/f", client=client)
        with pytest.raises(TransientSourceError, match="5 bytes arrived, Content-Length says 10"):
            source.fetch("http://in.process/f", tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_silence_is_a_time_out(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(hang=True))
    with pytest.raises(TransientSourceError, match="no answer within timeout_seconds"):
        impatient(url, timeout_seconds=0.05).fetch(url, tmp_path / "f")
    assert len(server.asked) == 3


def test_a_body_that_drips_for_ever_is_given_up(server: Server, tmp_path: Path) -> None:
    def drips() -> Iterator[bytes]:
        while not server.closing.wait(0.01):
            yield b"."

    url = server.gives("/f", Answer(body=drips))
    with pytest.raises(TransientSourceError, match="still sending after max_seconds"):
        impatient(url, attempts=1, max_seconds=0.05).fetch(url, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_an_endless_body_stops_at_the_limit(server: Server, tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while not server.closing.is_set():
            yield BODY

    url = server.gives("/f", Answer(body=endless))
    with pytest.raises(PermanentSourceError, match=r"larger than max_bytes=1,000,000 .* Raise max_bytes"):
        impatient(url, max_bytes=1_000_000).fetch(url, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_an_announced_length_beyond_the_limit_is_not_even_read(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", whole(BODY))
    with pytest.raises(PermanentSourceError, match="announces 256,000 bytes"):
        impatient(url, max_bytes=1000).fetch(url, tmp_path / "f")


def test_a_connection_that_is_refused_is_transient(tmp_path: Path) -> None:
    # Port 1 (tcpmux) is served nowhere.
    with pytest.raises(TransientSourceError, match="ConnectError"):
        impatient("http://127.0.0.1:1/f").fetch("http://127.0.0.1:1/f", tmp_path / "f")


def test_redirects_are_followed_and_the_name_stays_the_slots(server: Server, tmp_path: Path) -> None:
    server.gives("/store/8c1f", whole(BODY, ETag='"v1"'))
    url = server.gives("/latest.csv", Answer(302, (("Location", "/store/8c1f"),)))
    assert impatient(url).fetch(url, tmp_path / "f").name == "latest.csv"
    version = impatient(url).look(url)
    assert version is not None
    assert (version.text, version.bytes) == ('etag="v1"', len(BODY))


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("/f", PermanentSourceError),
        ("ftp://127.0.0.1/x", PermanentSourceError),
        ("http://127.0.0.1:1/s3cret?token=s3cret", TransientSourceError),
        ("http://s3cret:99999999/", TransientSourceError),
    ],
)
def test_a_redirect_to_nowhere_is_an_error_that_names_the_slot(
    server: Server, tmp_path: Path, target: str, error: type[SourceError]
) -> None:
    url = server.gives("/f", Answer(302, (("Location", target),)))
    with pytest.raises(error, match=re.escape(url)) as caught:
        impatient(url).fetch(url, tmp_path / "f")
    assert "s3cret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
