"""A small web service of this process's own, on loopback: a dataset's sample service, and what tests ask."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# A client that broke off may leave an answer that never ends: it is cut after so many seconds.
_GRACE_SECONDS = 2


@contextmanager
def serving(app: "ASGIApp") -> Iterator[str]:
    """The base URL at which `app` answers, on 127.0.0.1 at a free port, until the block is left.

    It runs in a thread of its own. Raises RuntimeError when the app's own start-up fails; the log says why.
    """
    # Here and not above: only a process that serves needs it, 0.1 s.
    import uvicorn

    # Lines about each start and stop are for servers that run for days.
    config = uvicorn.Config(
        app, log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_SECONDS
    )
    came_up = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            came_up.set()

    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # asyncio does so by itself for sockets that it opens; else each answer takes 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def run() -> None:
            try:
                # uvicorn exits, after its log has said why the app could not start.
                with suppress(SystemExit):
                    asyncio.run(server.serve([listening]))
            finally:
                came_up.set()

        thread = threading.Thread(target=run, name="loopback", daemon=True)
        thread.start()
        came_up.wait()
        try:
            if not server.started:
                raise RuntimeError("the service did not start: its own start-up failed")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
