"""A real HTTP server on loopback that answers as it is told, faults included."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer. Without a Content-Length among `headers` that of a `bytes` body is sent; `cut` ends it early."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Callable[[], Iterable[bytes]] = b""
    cut: int | None = None
    hang: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; `port` tells connections apart."""

    method: str
    path: str
    headers: dict[str, str]
    port: int


@dataclass
class Server:
    """`answers` are given in turn, the last one for ever; `to_head` in their place to HEAD."""

    base: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    to_head: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def gives(self, path: str, *answers: Answer) -> str:
        """Set the answers of `path`; returns its address."""
        self.answers[path] = list(answers)
        return self.base + path

    def next_answer(self, method: str, path: str) -> Answer:
        answers = self.to_head.get(path) if method == "HEAD" else None
        answers = answers or self.answers.get(path) or [Answer(404)]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def methods(self) -> list[str]:
        return [request.method for request in self.asked]


def whole(body: bytes, **headers: str) -> Answer:
    """200 with `body`; underscores in header names become dashes."""
    return Answer(200, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play; anything else fails the test that asked."""


@contextmanager
def serve() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append(Asked(self.command, self.path, dict(self.headers.items()), self.client_address[1]))
            self._send(server.next_answer(self.command, self.path))

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def _send(self, answer: Answer) -> None:
            if answer.hang:
                server.closing.wait(60)
                self.close_connection = True
                return
            names = {name.lower() for name, _ in answer.headers}
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if isinstance(answer.body, bytes) and answer.status != 304 and "content-length" not in names:
                self.send_header("Content-Length", str(len(answer.body)))
            if not isinstance(answer.body, bytes) or answer.cut is not None:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self._send_body(answer)

        def _send_body(self, answer: Answer) -> None:
            pieces = [answer.body[: answer.cut]] if isinstance(answer.body, bytes) else answer.body()
            try:
                for piece in pieces:
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
