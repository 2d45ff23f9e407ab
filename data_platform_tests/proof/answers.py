"""What a source may answer, and what has to become of it: the statuses, headers and redirects."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from data_platform_tests.sources.server import Answer, Answers, Server, ranges, whole

Outcome = Literal["received", "unchanged", "absent", "refused", "permanent error", "transient error"]
TOKEN = "s3cret-t0ken"
_FOREVER = 100_000_000
PASSWORD = "s3cret-pass"
ETAG = '"new"'


@dataclass(frozen=True)
class Play:
    """One slot at `path` of a server, a second server elsewhere, the file that is right, and a folder."""

    server: Server
    elsewhere: Server
    path: str
    right: bytes
    folder: Path

    @property
    def half(self) -> int:
        return len(self.right) // 2

    def gives(self, *answers: Answers) -> None:
        self.server.gives(self.path, *answers)

    def redirects(self, target: str, **more: Any) -> None:
        self.gives(Answer(302, (("Location", target),), **more))

    def forever(self, piece: bytes) -> Callable[[], Iterator[bytes]]:
        """A body without an end; for a client without a limit it has one, beyond all limits that are set here."""
        return lambda: itertools.repeat(piece, _FOREVER // len(piece))


@dataclass(frozen=True)
class Case:
    """`answer` and `asked` (what of the file the platform asked for, in turn) are the words of the documentation.

    `known` are the headers with which the version before was received. `looks`: asked for its version first.
    `file`: of a file:// address. `is_downgrade`: the slot is at an https server that sends to this one.
    """

    answer: str
    plays: Callable[[Play], object]
    outcome: Outcome
    asked: str = "whole"
    name: str = "f.parquet"
    settings: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=lambda: {"ETag": '"old"'})
    looks: bool = False
    file: bool = False
    as_nobody: bool = False
    is_downgrade: bool = False


def good(play: Play) -> Answers:
    """The right file from a server that knows ranges."""
    return ranges(play.right, ETag=ETAG)


def status(number: int, **headers: str) -> Answer:
    return Answer(number, whole(b"", **headers).headers)


def once(answer: Answer) -> Callable[[Play], object]:
    """This answer, then the right file."""
    return lambda play: play.gives(answer, good(play))


def always(answer: Answer) -> Callable[[Play], object]:
    return lambda play: play.gives(answer)


def sent(raw: bytes) -> Callable[[Play], object]:
    """These bytes in place of any answer, always."""
    return always(Answer(raw=raw))


def _known_by_head(to_head: Answer) -> Callable[[Play], object]:
    def plays(play: Play) -> None:
        play.gives(good(play))
        play.server.to_head[play.path] = [to_head]

    return plays


def _elsewhere(play: Play) -> None:
    play.elsewhere.gives("/f", whole(play.right, ETag=ETAG))
    play.redirects(play.elsewhere.base + "/f")


def _redirect_with_endless_body(play: Play) -> None:
    play.server.gives("/g", good(play))
    play.redirects("/g", body=play.forever(bytes(1 << 16)))


def _redirect_to_path(play: Play) -> None:
    play.server.gives("/g", good(play))
    play.redirects("/g")


class Downgrading(httpx.BaseTransport):
    """An https server (without the TLS) that sends everybody to the same path by http."""

    def __init__(self, base: str) -> None:
        self._base = base

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(301, headers={"Location": self._base + request.url.raw_path.decode()})


_3 = "whole, whole, whole"
_2 = "whole, whole"
# Port 1 (tcpmux) is served nowhere.
_NOWHERE = f"http://127.0.0.1:1/?token={TOKEN}"
_BIG = "X-Padding: " + "x" * 8_000


def _head(*lines: str) -> bytes:
    return ("HTTP/1.1 200 OK\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode("latin-1")


STATUSES = [
    Case("404", always(Answer(404)), "absent"),
    Case("410", always(Answer(410)), "absent"),
    Case("401", always(Answer(401)), "permanent error"),
    Case("403", always(Answer(403)), "permanent error"),
    Case("403 where `absent` names it", always(Answer(403)), "absent", settings={"absent": frozenset({403, 404})}),
    Case("400", always(Answer(400)), "permanent error"),
    Case("204", always(Answer(204)), "permanent error"),
    Case("206 that was not asked for", always(Answer(206, body=b"x")), "permanent error"),
    Case("304", always(Answer(304)), "unchanged"),
    Case("304 that was not asked for", always(Answer(304)), "permanent error", known={}),
    Case("429, then the file", once(Answer(429)), "received", _2),
    Case("429 with `Retry-After: 0`, then the file", once(status(429, Retry_After="0")), "received", _2),
    Case(
        "429 with a Retry-After in the past, then the file",
        once(status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")),
        "received",
        _2,
    ),
    Case(
        "429 with a Retry-After that cannot be read, then the file",
        once(status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 +99999999999999")),
        "received",
        _2,
    ),
    Case("429 with `Retry-After: 3600`", always(status(429, Retry_After="3600")), "transient error"),
    Case("429 with a Retry-After of 400 digits", always(status(429, Retry_After="9" * 400)), "transient error"),
    Case(
        "503 with a Retry-After in the year 9999",
        always(status(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT")),
        "transient error",
    ),
    Case("500, then the file", once(Answer(500)), "received", _2),
    Case("500 every time", always(Answer(500)), "transient error", _3),
    Case("503 every time", always(Answer(503)), "transient error", _3),
    Case("501", always(Answer(501)), "permanent error"),
]

REDIRECTS = [
    Case("a redirect to another path", _redirect_to_path, "received", _2),
    Case("a redirect to another host (the credentials stay)", _elsewhere, "received"),
    Case("a redirect with an endless body", _redirect_with_endless_body, "received", _2),
    Case("a redirect to itself", lambda play: play.redirects(play.path), "permanent error", ", ".join(["whole"] * 20)),
    Case(
        "a redirect from https to http",
        lambda play: play.gives(good(play)),
        "permanent error",
        is_downgrade=True,
        asked="",
    ),
    Case("a redirect to `ftp:`", lambda play: play.redirects("ftp://127.0.0.1/f"), "permanent error"),
    Case("a redirect to nowhere", lambda play: play.redirects(_NOWHERE), "transient error", _3),
    Case(
        "a redirect to no address",
        lambda play: play.redirects(f"http://127.0.0.1:{TOKEN}/"),
        "transient error",
        _3,
    ),
    Case("a redirect without Location", always(Answer(302)), "permanent error"),
]

HEADERS = [
    Case("no ETag", lambda play: play.gives(whole(play.right)), "received", _2, looks=True),
    Case("a weak ETag", lambda play: play.gives(whole(play.right, ETag='W/"new"')), "received", looks=True),
    Case(
        "an ETag that is not ASCII", lambda play: play.gives(whole(play.right, ETag='"n\xe9w"')), "received", looks=True
    ),
    Case("405 to HEAD", _known_by_head(Answer(405)), "received", _2, looks=True),
    Case("a body to HEAD", lambda play: play.gives(_body_to_head(play)), "received", looks=True),
    Case("an answer that is not HTTP", sent(TOKEN.encode() + b"\r\n\r\n"), "transient error", _3),
    Case("nothing, and the connection closed", sent(b""), "transient error", _3),
    Case(
        "nothing, and the connection open",
        always(Answer(hang=True)),
        "transient error",
        _3,
        settings={"timeout_seconds": 0.05},
    ),
    Case("1 MB of headers", sent(_head(*[_BIG] * 125)), "transient error", _3),
    Case("a header with a NUL", sent(_head(f"ETag: \0{TOKEN}", "Content-Length: 1") + b"x"), "transient error", _3),
    Case("a header line without a colon", sent(_head(TOKEN, "Content-Length: 1") + b"x"), "transient error", _3),
    Case("a negative Content-Length", sent(_head("Content-Length: -5") + b"x"), "transient error", _3),
    Case("a Content-Length that is no number", sent(_head("Content-Length: many") + b"x"), "transient error", _3),
    Case("two Content-Lengths", sent(_head("Content-Length: 1", "Content-Length: 2") + b"xx"), "transient error", _3),
]


def _body_to_head(play: Play) -> Answers:
    """What a server without a special case for HEAD sends."""
    head = f"HTTP/1.1 200 OK\r\nETag: {ETAG}\r\nContent-Length: {len(play.right)}\r\n\r\n".encode()
    return lambda asked: Answer(raw=head + play.right) if asked.method == "HEAD" else whole(play.right, ETag=ETAG)
