"""http_file and what a server says of a file: versions, encodings, connections; secrets and memory."""

import gzip
import hashlib
import logging
import threading
import traceback
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.http_file import HttpFile
from data_platform_tests.sources.asking import BODY, impatient
from data_platform_tests.sources.server import Answer, Server, whole

MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({"ETag": '"a"', "Last-Modified": MODIFIED}, 'etag="a"'),
        ({"ETag": 'W/"a"'}, 'etag="a"'),
        ({"Last-Modified": MODIFIED}, f"modified={MODIFIED};length=3"),
        ({}, "length=3"),
    ],
)
def test_look_and_fetch_name_the_same_version(
    server: Server, tmp_path: Path, headers: dict[str, str], version: str
) -> None:
    url = server.gives("/f", whole(b"abc", **headers))
    seen = impatient(url).look(url)
    assert seen is not None
    assert (seen.text, seen.bytes) == (version, 3)
    assert impatient(url).fetch(url, tmp_path / "f").version == version


def test_an_answer_without_any_length_or_validator_is_one_version(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(body=lambda: [b"abc"]))
    seen = impatient(url).look(url)
    fetched = impatient(url).fetch(url, tmp_path / "f")
    assert seen is not None
    assert (seen.text, seen.bytes) == (fetched.version, None) == ("unversioned", None)


@pytest.mark.parametrize(
    "to_head",
    [
        Answer(405),
        Answer(403, (("ETag", '"page"'),)),
        Answer(501),
        whole(b""),
        whole(b"", Last_Modified=MODIFIED),
        Answer(body=lambda: []),
    ],
)
def test_a_server_that_is_bad_at_head_is_asked_by_get(server: Server, to_head: Answer) -> None:
    url = server.gives("/f", whole(BODY, Last_Modified=MODIFIED))
    server.to_head["/f"] = [to_head]
    seen = impatient(url).look(url)
    assert seen is not None
    assert seen.text == f"modified={MODIFIED};length={len(BODY)}"
    assert server.methods() == ["HEAD", "GET"]


def test_what_did_not_change_is_not_sent_again(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(304))
    assert impatient(url).fetch(url, tmp_path / "f", unless='etag="v1"') is None
    assert server.asked[0].headers["If-None-Match"] == '"v1"'
    assert list(tmp_path.iterdir()) == []


def test_a_changed_etag_brings_the_new_bytes(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", whole(b"new", ETag='"v2"'))
    fetched = impatient(url).fetch(url, tmp_path / "f", unless='etag="v1"')
    assert fetched is not None
    assert fetched.version == 'etag="v2"'


def test_without_an_etag_the_headers_are_compared_so_that_an_older_file_put_back_is_new(
    server: Server, tmp_path: Path
) -> None:
    url = server.gives("/f", whole(b"abc", Last_Modified=MODIFIED))
    source = impatient(url)
    assert source.fetch(url, tmp_path / "f", unless=f"modified={MODIFIED};length=3") is None
    assert list(tmp_path.iterdir()) == []

    newer = "Thu, 22 Oct 2015 07:28:00 GMT"
    fetched = source.fetch(url, tmp_path / "f", unless=f"modified={newer};length=3")
    assert fetched is not None
    assert "If-Modified-Since" not in server.asked[-1].headers


def test_a_304_that_nobody_asked_for_is_an_error(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(304))
    with pytest.raises(PermanentSourceError, match="304"):
        impatient(url).fetch(url, tmp_path / "f")


def test_gzip_on_the_way_is_undone_and_a_gzip_file_is_left_alone(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(BODY) + gzip.compress(b"second member")
    server.gives("/plain.csv", whole(packed, Content_Encoding="gzip"))
    server.gives("/packed.csv.gz", whole(packed, Content_Encoding="gzip"))
    plain, kept = server.base + "/plain.csv", server.base + "/packed.csv.gz"

    fetched = impatient(plain).fetch(plain, tmp_path / "plain")
    assert (tmp_path / "plain").read_bytes() == BODY + b"second member"
    assert fetched.sha256 == hashlib.sha256(BODY + b"second member").hexdigest()
    impatient(kept).fetch(kept, tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == packed


@pytest.mark.parametrize(
    ("encoding", "body", "error", "said"),
    [
        ("gzip", b"not gzip at all", PermanentSourceError, "the body is not gzip"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-20], TransientSourceError, "the gzip body is broken"),
        ("br", b"x", PermanentSourceError, "Content-Encoding 'br'"),
    ],
)
def test_a_broken_or_unknown_content_encoding_is_an_error(
    server: Server, tmp_path: Path, encoding: str, body: bytes, error: type[SourceError], said: str
) -> None:
    url = server.gives("/f.csv", whole(body, Content_Encoding=encoding))
    with pytest.raises(error, match=said):
        impatient(url).fetch(url, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_a_gzip_bomb_stops_at_the_limit(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f.csv", whole(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"))
    with pytest.raises(PermanentSourceError, match="max_bytes"):
        impatient(url, max_bytes=1_000_000).fetch(url, tmp_path / "f")


def test_memory_stays_flat_however_large_the_file(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", Answer(headers=(("Content-Length", str(256 * len(BODY))),), body=lambda: [BODY] * 256))
    source = impatient(url)
    tracemalloc.start()
    try:
        assert source.fetch(url, tmp_path / "f").bytes == 256 * len(BODY)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_a_disk_that_is_full_is_no_fault_of_the_source_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", whole(BODY))

    def fail(_received: int, _expected: int | None) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        impatient(url).fetch(url, tmp_path / "f", on_progress=fail)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_many_slots_share_one_connection_and_threads_one_client(server: Server) -> None:
    urls = [server.gives(f"/{number}", whole(b"x" * number, ETag=f'"{number}"')) for number in range(1, 21)]
    with impatient(server.base).connected() as source:
        assert [version.text for url in urls if (version := source.look(url))] == [f'etag="{n}"' for n in range(1, 21)]
        assert len({request.port for request in server.asked}) == 1
        with ThreadPoolExecutor(4) as pool:
            versions = list(pool.map(source.look, urls))
    assert [version.bytes for version in versions if version] == list(range(1, 21))


def test_credentials_are_used_but_never_shown(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.gives("/f?month=1&token=s3cret-t", Answer(500), Answer(403))
    url = server.base.replace("http://", "http://ann:s3cret-p@") + "/f?month=1&token=s3cret-t"
    source = impatient(url)

    slot = source.slot(None)
    assert "ann" not in slot
    with pytest.raises(PermanentSourceError) as caught:
        source.fetch(slot, tmp_path / "f")

    assert server.asked[0].headers["Authorization"].startswith("Basic ")
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capsys.readouterr())
    assert "/f?month=…&token=…" in shown
    assert "HTTP Request: GET" in shown
    assert "s3cret" not in shown
    with pytest.raises(ValueError, match="ftp") as wrong:
        HttpFile("ftp://ann:s3cret@example.org/?token=s3cret")
    assert "s3cret" not in str(wrong.value)


def test_a_new_attempt_starts_an_empty_file(server: Server, tmp_path: Path) -> None:
    url = server.gives("/f", replace(whole(BODY), cut=200_000), whole(b"short"))
    assert impatient(url).fetch(url, tmp_path / "f").bytes == 5
    assert (tmp_path / "f").read_bytes() == b"short"


def test_nothing_is_opened_before_it_is_needed() -> None:
    threads = threading.active_count()
    assert HttpFile("https://example.org/x").client is None
    assert threading.active_count() == threads
