"""What a source may send as a file, and what has to become of it: broken bodies, ranges, and files on a disk."""

import gzip
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from data_platform_tests.proof.answers import ETAG, TOKEN, Case, Play, always, good
from data_platform_tests.sources.server import Answer, Answers, Asked, part, ranges, whole

MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT"
_SOON_AFTER = "Wed, 21 Oct 2015 07:28:30 GMT"
_3 = "whole, whole, whole"
_2 = "whole, whole"
_RESUMED = "whole, rest"
_BEGUN_ANEW = "whole, rest, whole"
_PAGE = f"<html><title>No session for {TOKEN}</title></html>".encode()
_LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7854533\n"

Plays = Callable[[Play], object]


def _first_half(play: Play, **headers: str) -> Answer:
    return replace(whole(play.right, **(headers or {"ETag": ETAG})), cut=play.half)


def _half_then(following: Callable[[Play], Answers] = good) -> Plays:
    """Half the body and a closed connection; then this; then the right file."""
    return lambda play: play.gives(_first_half(play), following(play), good(play))


def _rest_as(*content_ranges: str) -> Plays:
    """Half the body; then the other half, with this in place of the right Content-Range."""
    headers = (("ETag", ETAG), *(("Content-Range", value) for value in content_ranges))
    return _half_then(lambda play: Answer(206, headers, play.right[play.half :]))


def _ends_early(play: Play) -> Answer:
    return part(play.right, play.half, play.half + 999, ETag=ETAG)


def _halves(play: Play) -> None:
    """Of whatever is asked for, half."""

    def give(asked: Asked) -> Answer:
        answer = ranges(play.right, ETag=ETAG)(asked)
        return replace(answer, cut=len(answer.body) // 2) if isinstance(answer.body, bytes) else answer

    play.gives(give)


def _half_by_date(sent: str) -> Plays:
    """Half the body with a Last-Modified, sent at this Date; then a server that resumes by date."""
    half = {"Last_Modified": MODIFIED, "Date": sent}
    return lambda play: play.gives(_first_half(play, **half), ranges(play.right, **half))


def _two_versions(play: Play) -> None:
    """Half of another version; a server that ignores If-Range would add the end of the right one."""
    other = bytes(len(play.right))
    play.gives(replace(whole(other, ETag='"other"'), cut=play.half), lambda asked: _ignoring_if_range(play, asked))


def _ignoring_if_range(play: Play, asked: Asked) -> Answer:
    return part(play.right, play.half, ETag=ETAG) if "Range" in asked.headers else whole(play.right, ETag=ETAG)


def _endless_rest(play: Play) -> None:
    rest = part(play.right, play.half, ETag=ETAG)
    play.gives(_first_half(play), replace(rest, body=play.forever(bytes(1 << 16))))


def _whole_of(play: Play) -> Answer:
    return whole(play.right, ETag=ETAG)


def _encoded(pack: Callable[[bytes], bytes], encoding: str = "gzip") -> Plays:
    return lambda play: play.gives(whole(pack(play.right), ETag=ETAG, Content_Encoding=encoding))


def _bad_checksum(body: bytes) -> bytes:
    packed = bytearray(gzip.compress(body, mtime=0))
    packed[-8] ^= 1
    return bytes(packed)


def _cut_gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)[:-20]


def _half_of_encoded(play: Play) -> None:
    answer = whole(gzip.compress(play.right), ETag=ETAG, Content_Encoding="gzip")
    play.gives(replace(answer, cut=play.half // 2), answer)


def _cut_chunked(play: Play) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(play.right)
    play.gives(Answer(raw=head + play.right[: play.half]))


def _too_long(play: Play) -> None:
    body = play.right
    play.gives(whole(body, Content_Length=str(len(body) + 5), Connection="close"))


def _stalls_once(play: Play) -> None:
    play.gives(replace(_first_half(play), hang=True), good(play))


def _bursts(play: Play) -> Iterator[bytes]:
    """A byte at a time, for longer than any patience here."""
    yield from itertools.islice(play.forever(b".")(), 5_000_000)


BODIES = [
    Case("half the body, then the rest", _half_then(), "received", _RESUMED),
    Case("half of whatever is asked for, every time", _halves, "transient error", "whole, rest, rest"),
    Case(
        "half the body, every time, without ETag",
        lambda p: p.gives(replace(whole(p.right), cut=p.half)),
        "transient error",
        _3,
    ),
    Case("a chunked body that is cut off", _cut_chunked, "transient error", _3),
    Case("a Content-Length that is too long", _too_long, "transient error", _3),
    Case(
        "a Content-Length that is too short", lambda p: p.gives(whole(p.right, Content_Length=str(p.half))), "refused"
    ),
    Case(
        "an endless body",
        lambda p: p.gives(Answer(body=p.forever(bytes(1 << 16)))),
        "permanent error",
        settings={"max_bytes": 10_000_000},
    ),
    Case(
        "a Content-Length beyond `max_bytes`",
        lambda p: p.gives(whole(p.right)),
        "permanent error",
        settings={"max_bytes": 1000},
    ),
    Case("half the body, then silence; then the rest", _stalls_once, "received", "", settings={"timeout_seconds": 0.2}),
    Case(
        "half the body, then silence; no ETag",
        lambda p: p.gives(replace(whole(p.right), cut=p.half, hang=True)),
        "transient error",
        _3,
        settings={"timeout_seconds": 0.05},
    ),
    Case(
        "a byte at a time",
        lambda p: p.gives(Answer(body=lambda: _bursts(p))),
        "transient error",
        settings={"timeout_seconds": 0.3, "min_bytes_per_second": 10**12, "attempts": 1},
    ),
    Case(
        "a body that goes on after `max_seconds`",
        lambda p: p.gives(Answer(body=lambda: _bursts(p))),
        "transient error",
        # Whether there is time to ask again within these is a matter of the machine.
        "",
        settings={"max_seconds": 0.05},
    ),
]

CONTENTS = [
    Case("an HTML page", always(whole(_PAGE)), "refused"),
    Case("an HTML page for a CSV", always(whole(b"<!-- front -->\n" + _PAGE)), "refused", name="f.csv"),
    Case("a JSON document", always(whole(b'{"message": "slow down"}')), "refused", name="f.csv"),
    Case("an XML document", always(whole(b"<Error><Code>AccessDenied</Code></Error>")), "refused"),
    Case("a Git LFS pointer", always(whole(_LFS)), "refused"),
    Case("nothing", always(whole(b"")), "refused"),
    Case("a Parquet file that is cut off", lambda p: p.gives(whole(p.right[:-9])), "refused"),
    Case("a `.csv.gz` that is not gzip", always(whole(b"a,b\n1,2\n")), "refused", name="f.csv.gz"),
    Case("a `.csv.gz` that is cut off", lambda p: p.gives(whole(p.right[:-9])), "refused", name="f.csv.gz"),
    Case("a `.csv.gz` with `Content-Encoding: gzip`", _encoded(bytes), "received", name="f.csv.gz", looks=True),
    Case("`Content-Encoding: gzip`", _encoded(gzip.compress), "received"),
    Case("`Content-Encoding: gzip` over plain bytes", _encoded(bytes), "permanent error"),
    Case("`Content-Encoding: gzip`, cut off", _encoded(_cut_gzip), "transient error", _3),
    Case("`Content-Encoding: gzip` with a wrong checksum", _encoded(_bad_checksum), "transient error", _3),
    Case(
        "`Content-Encoding: gzip` of 50 MB of zeros",
        _encoded(lambda _: gzip.compress(bytes(50_000_000), 1)),
        "permanent error",
        settings={"max_bytes": 10_000_000},
    ),
    Case("`Content-Encoding: br`", _encoded(bytes, "br"), "permanent error"),
]

RANGES = [
    Case("half the body; 206 with another ETag", _two_versions, "received", _BEGUN_ANEW),
    Case("half the body; 200 with the whole file", _half_then(_whole_of), "received", _RESUMED),
    Case("half the body; 416", _half_then(lambda _: Answer(416)), "received", _BEGUN_ANEW),
    Case(
        "half the body; 206 from another byte",
        _half_then(lambda p: part(p.right, p.half + 1, ETag=ETAG)),
        "received",
        _BEGUN_ANEW,
    ),
    Case(
        "half the body; 206 of a file of another length",
        _half_then(lambda p: part(p.right + b"x", p.half, ETag=ETAG)),
        "received",
        _BEGUN_ANEW,
    ),
    Case("half the body; 206 without ETag", _half_then(lambda p: part(p.right, p.half)), "received", _BEGUN_ANEW),
    Case(
        "half the body; 206 that does not end",
        _endless_rest,
        "permanent error",
        _RESUMED,
        settings={"max_bytes": 10_000_000},
    ),
    Case("half the body; 206 without Content-Range", _rest_as(), "received", _BEGUN_ANEW),
    Case("half the body; 206 with a Content-Range that cannot be", _rest_as("bytes 9-1/5"), "received", _BEGUN_ANEW),
    Case("half the body; 206 with a Content-Range of other units", _rest_as("rows 1-2/3"), "received", _BEGUN_ANEW),
    Case("half the body; 206 with less than was asked for", _half_then(_ends_early), "received", "whole, rest, rest"),
    Case("half the body; 503; the rest", _half_then(lambda _: Answer(503)), "received", "whole, rest, rest"),
    Case("half the body; 404", _half_then(lambda _: Answer(404)), "absent", _RESUMED),
    Case(
        "half the body; 304, as it is the known version again", _half_then(lambda _: Answer(304)), "unchanged", _RESUMED
    ),
    Case("half the body with a weak ETag", lambda p: p.gives(_first_half(p, ETag='W/"new"'), good(p)), "received", _2),
    Case(
        "half the body with a Last-Modified of old",
        _half_by_date("Thu, 22 Oct 2015 07:28:00 GMT"),
        "received",
        _RESUMED,
    ),
    Case("half the body with a Last-Modified of just now", _half_by_date(_SOON_AFTER), "received", _2),
    Case("half a body with `Content-Encoding: gzip`", _half_of_encoded, "received", _2),
]


def _in_place_of(make: Callable[[Play], object]) -> Plays:
    """The source's file is gone, and this stands in its place."""

    def plays(play: Play) -> None:
        (play.folder / "f.parquet").unlink()
        make(play)

    return plays


def _unreadable(play: Play) -> None:
    (play.folder / "f.parquet").write_bytes(play.right)
    (play.folder / "f.parquet").chmod(0)


FILES = [
    Case("no file", _in_place_of(lambda _: None), "absent", file=True),
    Case("a link to no file", _in_place_of(lambda p: (p.folder / "f.parquet").symlink_to("none")), "absent", file=True),
    Case("a folder", _in_place_of(lambda p: (p.folder / "f.parquet").mkdir()), "permanent error", file=True),
    Case("a pipe", _in_place_of(lambda p: os.mkfifo(p.folder / "f.parquet")), "permanent error", file=True),
    Case(
        "an endless device",
        _in_place_of(lambda p: (p.folder / "f.parquet").symlink_to("/dev/zero")),
        "permanent error",
        file=True,
    ),
    Case(
        "a link to itself",
        _in_place_of(lambda p: (p.folder / "f.parquet").symlink_to("f.parquet")),
        "permanent error",
        file=True,
    ),
    Case("a file that may not be read", _unreadable, "permanent error", file=True, as_nobody=True),
    Case(
        "a file beyond `max_bytes`",
        lambda p: (p.folder / "f.parquet").write_bytes(p.right),
        "permanent error",
        settings={"max_bytes": 1000},
        file=True,
    ),
    Case("another file", lambda p: (p.folder / "f.parquet").write_bytes(p.right), "received", file=True),
    Case("a file that is cut off", lambda p: (p.folder / "f.parquet").write_bytes(p.right[:-9]), "refused", file=True),
]
