"""A service of this process's own answers over real HTTP while its block lasts, and leaves nothing behind."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from data_platform.sources.loopback import serving


async def _hello(request: Request) -> JSONResponse:
    return JSONResponse({"hello": request.query_params["name"]})


async def _endless(_request: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1000)
            await asyncio.sleep(0)

    return StreamingResponse(pieces())


APP = Starlette(routes=[Route("/hello", _hello), Route("/endless", _endless)])


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_an_app_answers_on_loopback_and_is_gone_afterwards() -> None:
    before = threading.active_count()
    with serving(APP) as base:
        assert base.startswith("http://127.0.0.1:")
        assert json.loads(httpx.get(f"{base}/hello", params={"name": "Ana"}).text) == {"hello": "Ana"}

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/hello")
    assert threading.active_count() == before


def test_two_services_stand_side_by_side() -> None:
    with serving(APP) as one, serving(APP) as other:
        assert one != other
        assert httpx.get(f"{one}/hello?name=1").json() != httpx.get(f"{other}/hello?name=2").json()


def test_an_answer_that_never_ends_does_not_keep_the_service() -> None:
    with serving(APP) as base, httpx.Client() as client, client.stream("GET", f"{base}/endless") as answer:
        pieces: Iterator[bytes] = answer.iter_bytes()
        assert next(pieces).startswith(b"\0")


def test_a_service_that_cannot_start_says_so() -> None:
    @asynccontextmanager
    async def broken(_app: Starlette) -> AsyncIterator[None]:
        raise OSError("no sample here")
        yield

    with pytest.raises(RuntimeError, match="did not start"), serving(Starlette(lifespan=broken)):
        pass
