"""The endpoint for pushes as an ASGI app: what is asked, who asks, and in which order a request is turned away."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data_platform.lake.errors import Contended
from data_platform.service.access import Access, Door, access
from data_platform.service.answers import Problem, problem, receipt, with_staged
from data_platform.service.bodies import announced, check_space, written
from data_platform.sources.errors import Refused
from data_platform.sources.push import ORIGIN, checked_key, uri_of
from data_platform.steps.platform import Platform
from data_platform.steps.push import Asked, Desk, KeyTaken
from data_platform.steps.receipts import staged
from data_platform.steps.space import DiskFull

_log = logging.getLogger(__name__)
# Bodies on their way into the lake, of all clients: those that come, wait to be read, or to be committed.
MOST_AT_ONCE = 16
Endpoint = Callable[[Request], Awaitable[Response]]


def push_app(platform: Platform, doors: Access | None = None) -> Starlette:
    """The app over a platform's tables. Raises StepError for tokens that cannot be told apart."""
    service = _Service(platform, doors or access(platform.catalog))
    return Starlette(
        routes=[
            Route("/healthz", _health, methods=["GET"]),
            Route("/v1/tables/{table}", _answered(service.push), methods=["POST"]),
            Route("/v1/tables/{table}/receipts/{key}", _answered(service.receipt), methods=["GET"]),
        ]
    )


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _answered(endpoint: Endpoint) -> Endpoint:
    """Problems as answers; a line in the log for each request, without its address, where people may write anything."""

    async def answer(request: Request) -> Response:
        began = time.perf_counter()
        try:
            response = await endpoint(request)
        except Problem as found:
            response = problem(found, close=request.method == "POST" and not await _is_read(request))
        except ClientDisconnect:
            # Nobody is there to be answered.
            response = Response(status_code=400)
        who = getattr(request.state, "who", "nobody known")
        took = time.perf_counter() - began
        _log.info("%s of %s: %d in %.2f s", request.method, who, response.status_code, took)
        return response

    return answer


async def _is_read(request: Request) -> bool:
    return request.headers.get("content-length") == "0" or getattr(request.state, "is_read", False)


class _Service:
    """What the endpoints share: the doors, a desk behind each, and how much is going on."""

    def __init__(self, platform: Platform, doors: Access) -> None:
        self._platform, self._access = platform, doors
        self._desks = {name: Desk(platform.lake, door.table, door.push) for name, door in doors.doors.items()}
        # One for each body: those that wait for a commit together are in it together.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="push")
        self._expected: list[int] = []
        """The bytes that each body in work may have."""

    async def push(self, request: Request) -> Response:
        """`POST`: 201 with a receipt once the ledger has it, 200 with the same one when it is sent again."""
        door, client = self._client(request)
        desk = self._desks[door.table.name.table]
        asked = self._asked(request, client)
        about = announced(request, door.push)
        try:
            desk.check(asked.partition)
        except ValueError as error:
            raise Problem(400, "bad partition", str(error)) from error
        if len(self._expected) >= MOST_AT_ONCE:
            raise Problem(503, "busy", f"{MOST_AT_ONCE} bodies are being received; come again", retry_after=1)
        expected = door.push.max_bytes if about.length is None else about.length
        path = desk.new_file()
        check_space(path.parent, expected + sum(self._expected))
        self._expected.append(expected)
        try:
            body = await written(request, door.push, path, about.name)
            request.state.is_read = True
            accept = partial(desk.accept, asked, body, now=datetime.now(UTC))
            sighting, is_new = await asyncio.get_running_loop().run_in_executor(self._threads, accept)
        except KeyTaken as taken:
            known, sent = taken.known, taken.sent
            raise Problem(409, "key is taken", str(taken), known_sha256=known, sent_sha256=sent) from taken
        except Refused as refused:
            raise Problem(422, "refused", refused.reason, sha256=body.sha256, bytes=body.bytes) from refused
        except DiskFull as full:
            detail = "there is no room for this now; send it again later"
            raise Problem(507, "no space left", detail, retry_after=600) from full
        except Contended as contended:
            raise Problem(503, "busy", "too many write to this table at once", retry_after=5) from contended
        finally:
            self._expected.remove(expected)
            path.unlink(missing_ok=True)
        told = receipt(door.table, sighting)
        where = {"location": f"/v1/tables/{door.table.name.table}/receipts/{asked.key}"}
        return JSONResponse(told, 201 if is_new else 200, where)

    async def receipt(self, request: Request) -> Response:
        """`GET`: the receipt of a client's own push, and what became of its rows since."""
        door, client = self._client(request)
        key = request.path_params["key"]
        told = await asyncio.to_thread(self._receipt, door, client, key)
        if told is None:
            raise Problem(404, "no such receipt", "nothing was received of you under this key")
        return JSONResponse(told)

    def _receipt(self, door: Door, client: str, key: str) -> dict[str, object] | None:
        sightings = self._platform.lake.ledger(door.table.name.table).read()
        uri = uri_of(client, key)
        first, last = sightings.first_received(ORIGIN, uri), sightings.last_at(ORIGIN, uri)
        if first is None or last is None:
            return None
        told = receipt(door.table, first)
        return with_staged(told, staged(self._platform, door.table, last)) if last.state == "received" else told

    def _client(self, request: Request) -> tuple[Door, str]:
        door, client = self._access.client(request.path_params["table"], request.headers.get("authorization", ""))
        request.state.who = f"{client} at {door.table.name.sql}"
        return door, client

    def _asked(self, request: Request, client: str) -> Asked:
        text = request.headers.get("idempotency-key", "")
        try:
            return Asked(client, checked_key(text), request.query_params.get("partition"))
        except ValueError as error:
            raise Problem(400, "bad idempotency key", f"{error}; send it as Idempotency-Key") from error
