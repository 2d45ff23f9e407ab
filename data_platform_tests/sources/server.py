"""A real HTTP server on loopback that answers as it is told, faults included."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer. Without a Content-Length among `headers` that of a `bytes` body is sent; `cut` ends it early.

    `hang` sends nothing more, and the connection stays open. `raw` is sent as it is in place of everything.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Callable[[], Iterable[bytes]] = b""
    cut: int | None = None
    hang: bool = False
    raw: bytes | Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `port` tells connections apart."""

    method: str
    path: str
    headers: dict[str, str]
    port: int


# An answer, or how it follows from the request.
Answers = Answer | Callable[[Asked], Answer]


@dataclass
class Server:
    """`answers` are given in turn, the last one for ever; `to_head` in their place to HEAD.

    `sent`: the sizes of the bodies that were given as bytes, by path.
    """

    base: str = ""
    answers: dict[str, list[Answers]] = field(default_factory=dict)
    to_head: dict[str, list[Answers]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    sent: dict[str, list[int]] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def gives(self, path: str, *answers: Answers) -> str:
        """Set the answers of `path`; returns its address."""
        self.answers[path] = list(answers)
        return self.base + path

    def next_answer(self, asked: Asked) -> Answer:
        answers = self.to_head.get(asked.path) if asked.method == "HEAD" else None
        answers = answers or self.answers.get(asked.path) or [Answer(404)]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Answer) else answer(asked)

    def methods(self) -> list[str]:
        return [request.method for request in self.asked]


def whole(body: bytes, **headers: str) -> Answer:
    """200 with `body`; underscores in header names become dashes."""
    return Answer(200, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


def ranges(body: bytes, **headers: str) -> Callable[[Asked], Answer]:
    """A server that knows ranges and If-Range (RFC 9110, 14.2)."""
    answer = whole(body, **headers)
    validators = {value for name, value in answer.headers if name in ("ETag", "Last-Modified")}

    def give(asked: Asked) -> Answer:
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
        if wanted is None or asked.headers.get("If-Range") not in {None, *validators}:
            return answer
        first = int(wanted[1])
        if first >= len(body):
            return Answer(416, (("Content-Range", f"bytes */{len(body)}"),))
        return part(body, first, None, **headers)

    return give


def part(body: bytes, first: int, last: int | None = None, **headers: str) -> Answer:
    """206 with the bytes from `first` to `last` (None: the end)."""
    end = len(body) if last is None else last + 1
    content_range = ("Content-Range", f"bytes {first}-{end - 1}/{len(body)}")
    return Answer(206, (content_range, *whole(b"", **headers).headers), body[first:end])


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play; anything else fails the test that asked."""


@contextmanager
def serve() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, dict(self.headers.items()), self.client_address[1])
            server.asked.append(asked)
            self._send(server.next_answer(asked))

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def _send(self, answer: Answer) -> None:
            if answer.raw is not None:
                self.close_connection = True
                self._write(answer.raw)
            elif not answer.hang or answer.cut is not None:
                self._send_headers(answer)
                if self.command != "HEAD":
                    self._write(answer.body[: answer.cut] if isinstance(answer.body, bytes) else answer.body)
            if answer.hang:
                server.closing.wait(60)
                self.close_connection = True

        def _send_headers(self, answer: Answer) -> None:
            names = {name.lower() for name, _ in answer.headers}
            self.send_response_only(answer.status)
            if "date" not in names:
                self.send_header("Date", self.date_time_string())
            for name, value in answer.headers:
                self.send_header(name, value)
            if isinstance(answer.body, bytes) and answer.status != 304 and "content-length" not in names:
                self.send_header("Content-Length", str(len(answer.body)))
            if not isinstance(answer.body, bytes) or answer.cut is not None:
                self.send_header("Connection", "close")
            self.end_headers()

        def _write(self, content: bytes | Callable[[], Iterable[bytes]]) -> None:
            if isinstance(content, bytes):
                server.sent.setdefault(self.path, []).append(len(content))
            try:
                for piece in [content] if isinstance(content, bytes) else content():
                    self.wfile.write(piece)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has heard enough

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with _Quiet(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.base = f"http://127.0.0.1:{http.server_port}"
        try:
            yield server
        finally:
            server.closing.set()
            http.shutdown()
            thread.join()
