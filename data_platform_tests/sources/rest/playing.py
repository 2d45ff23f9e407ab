"""An API on loopback: every way to page and to say who one is, and whatever else a test tells it to do."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data_platform.sources.loopback import serving
from data_platform.sources.patience import Patience
from data_platform.sources.rest.auth import ApiKey, Basic, Bearer, Credentials, OAuth2
from data_platform.sources.rest.paging import Cursor, JsonLink, LinkHeader, Offset, OnePage, PageNumber, Paging
from data_platform.sources.rest.rest_api import RestApi

# Planted as every secret: it may appear nowhere but in what is sent to the service.
CANARY = "kanarien-vogel-4711"
AUTHS: Mapping[str, Credentials | None] = {
    "none": None,
    "bearer": Bearer(lambda: CANARY),
    "basic": Basic(lambda: "user", lambda: CANARY),
    "header": ApiKey("X-Key", lambda: CANARY),
    "query": ApiKey("key", lambda: CANARY, in_query=True),
    "oauth2": OAuth2("/token", lambda: "client", lambda: CANARY, ("read",)),
}
PAGINGS: Mapping[str, Paging] = {
    "none": OnePage(),
    "cursor": Cursor("cursor", ("meta", "next")),
    "link_header": LinkHeader(),
    "json_link": JsonLink(("meta", "next")),
    "offset": Offset(10),
    "page_number": PageNumber(),
}
Way = Literal["none", "cursor", "link_header", "json_link", "offset", "page_number"]
# What is answered in place of a page: by the number of the question, from 1, and the question.
Hook = Callable[[int, Request], Response | None]


def texts(count: int, first: int = 0) -> list[str]:
    """Records as a service might write them."""
    return [
        f'{{"id": {number}, "note": "Zoë №{number}", "value": 0.{number:04d}0}}'
        for number in range(first, first + count)
    ]


@dataclass
class Api:
    """`records` in pages of `size`. `between`: called before each page, with the number of the question, from 1."""

    records: Sequence[str] = field(default_factory=lambda: texts(25))
    way: Way = "cursor"
    auth: str = "none"
    size: int = 10
    total: int | None = None
    hook: Hook = lambda _number, _request: None
    between: Callable[[int], None] = lambda _number: None
    headers: Mapping[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    asked: list[tuple[str, float]] = field(default_factory=list)
    expires_in: int = 3600

    async def page(self, request: Request) -> Response:
        self.asked.append((str(request.url), time.monotonic()))
        number = len(self.asked)
        if not self._knows(request):
            return JSONResponse({"error": f"no {CANARY}"}, 401)
        if (answer := self.hook(number, request)) is not None:
            return answer
        self.between(number)
        return self.answered(request)

    def answered(self, request: Request) -> Response:
        """The page that is asked for."""
        start = self._start(request)
        size = len(self.records) if self.way == "none" else int(request.query_params.get("limit", self.size))
        some = self.records[start : start + size]
        following = start + len(some) if start + len(some) < len(self.records) else None
        meta = [f'"total": {len(self.records) if self.total is None else self.total}']
        headers = dict(self.headers)
        if self.way == "cursor":
            meta.append('"next": null' if following is None else f'"next": "after-{following}"')
        elif following is not None and self.way == "json_link":
            meta.append(f'"next": "{request.url.include_query_params(cursor=f"after-{following}")}"')
        elif following is not None and self.way == "link_header":
            headers["Link"] = f'<{request.url.path}?cursor=after-{following}>; rel="next"'
        body = f'{{"meta": {{{", ".join(meta)}}}, "data": [{", ".join(some)}]}}'
        return Response(body, 200, headers, "application/json")

    def _start(self, request: Request) -> int:
        asked = request.query_params
        if self.way == "page_number":
            return (int(asked["page"]) - 1) * self.size
        return int(asked.get("offset") or asked.get("cursor", "after-0").removeprefix("after-"))

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization")
        basic = base64.b64encode(f"user:{CANARY}".encode()).decode()
        match self.auth:
            case "bearer":
                return given == f"Bearer {CANARY}"
            case "basic":
                return given == f"Basic {basic}"
            case "header":
                return request.headers.get("x-key") == CANARY
            case "query":
                return request.query_params.get("key") == CANARY
            case "oauth2":
                return bool(self.tokens) and given == f"Bearer {self.tokens[-1]}"
        return given is None

    async def token(self, request: Request) -> Response:
        form = (await request.body()).decode()
        if CANARY not in form or "scope=read" not in form or "grant_type=client_credentials" not in form:
            return JSONResponse({"error": f"no {CANARY}"}, 401)
        self.tokens.append(f"{CANARY}-token-{len(self.tokens)}")
        return JSONResponse({"access_token": self.tokens[-1], "expires_in": self.expires_in})


class Stage:
    """A service whose play a test chooses."""

    def __init__(self, base: str, folder: Path) -> None:
        self.base, self.folder = base, folder

    def source(self, api: Api, **settings: Any) -> RestApi:
        """The source of a play, which hardly waits between its tries."""
        _PLAYS[self.base] = api
        hasty = Patience(attempts=3, first_wait_seconds=0.001, jitter_seconds=0.0, longest_wait_seconds=5.0)
        plain: dict[str, Any] = {
            "base_url": self.base,
            "path": "/v1/posts",
            "notes": self.folder,
            "service": _none,
            "auth": AUTHS[api.auth],
            "paging": PAGINGS[api.way],
            "records": ("data",),
            "patience": hasty,
        }
        return RestApi(**{**plain, **settings})


_PLAYS: dict[str, Api] = {}


def lines(path: Path) -> list[str]:
    """The lines of what was fetched."""
    with pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd") as stream:
        return str(stream.read(), "utf-8").split("\n")[:-1]


def _none(_dataset: str) -> Any:
    raise AssertionError("no sample is asked for")


def uri(source: RestApi) -> str:
    """The address of everything that it has."""
    return source.shown


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A service on loopback."""
    here: list[str] = []

    async def page(request: Request) -> Response:
        return await _PLAYS[here[0]].page(request)

    async def token(request: Request) -> Response:
        return await _PLAYS[here[0]].token(request)

    app = Starlette(routes=[Route("/v1/posts", page), Route("/token", token, methods=["POST"])])
    with serving(app) as base:
        here.append(base)
        yield Stage(base, folder)
        _PLAYS.pop(base, None)
