"""A relay between a client and a server on loopback, which can cut the line: after some bytes, or before the first."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 1 << 14


@dataclass
class Relay:
    """`refused`: so many of the next connections end at once. `cut`: the next connection on which the client says
    `after` ends when the server has answered so many bytes to that; 0 for none.
    """

    port: int
    to: int
    refused: int = 0
    cut: int = 0
    after: bytes = b""
    lines: list[socket.socket] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        """Until the listening socket is shut."""
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                if self.refused:
                    self.refused -= 1
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self.to))
                self.lines += [client, server]
                line = _Line(self, client, server)
                for way in (line.ask, line.answer):
                    threading.Thread(target=way, daemon=True).start()


@dataclass
class _Line:
    relay: Relay
    client: socket.socket
    server: socket.socket
    left: int | None = None

    def ask(self) -> None:
        with self._ending():
            while piece := self.client.recv(_PIECE):
                if self.relay.cut and self.relay.after in piece:
                    self.left, self.relay.cut = self.relay.cut, 0
                self.server.sendall(piece)

    def answer(self) -> None:
        with self._ending():
            while piece := self.server.recv(_PIECE):
                if self.left is not None:
                    piece = piece[: self.left]
                    self.left -= len(piece)
                self.client.sendall(piece)
                if self.left == 0:
                    return

    @contextmanager
    def _ending(self) -> Iterator[None]:
        with suppress(OSError):
            yield
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relaying(to: int) -> Iterator[Relay]:
    """A relay to a port of this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        relay = Relay(listening.getsockname()[1], to)
        serving = threading.Thread(target=relay.serve, args=[listening], daemon=True)
        serving.start()
        yield relay
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        serving.join()
        for end in relay.lines:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
