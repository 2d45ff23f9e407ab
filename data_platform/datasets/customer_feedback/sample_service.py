"""The network's API over the sample's posts: pages by cursor, a token, a quota, and now and then "later, please"."""

import base64
import binascii
import hmac
import itertools
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_PAGE = 100
_QUOTA = 600
# Every so many requests it has enough for a second.
_ENOUGH = 40


@dataclass(frozen=True)
class _Stored:
    indexed_at: str
    post: dict[str, Any]


def network(store: Path, token: str) -> Starlette:
    """An app with `GET /v1/posts?created_after&created_before&cursor&limit`: times in ISO 8601, from and before.

    Answers `{"data": [...], "paging": {"next_cursor": …}, "total": …}`; 401 without the token, 429 with `Retry-After`
    when it was asked too often, 400 for what it cannot read.
    """
    found = [_stored(line) for line in store.read_text(encoding="utf-8").split("\n") if line]
    found.sort(key=lambda each: (each.indexed_at, each.post["id"]))
    asked = itertools.count(1)

    async def posts(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
            return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
        number = next(asked)
        left = {"X-RateLimit-Limit": str(_QUOTA), "X-RateLimit-Remaining": str(_QUOTA - number % _QUOTA)}
        if number % _ENOUGH == 0:
            return JSONResponse({"error": "too many requests"}, 429, {**left, "Retry-After": "1"})
        try:
            page = _page(found, request.query_params)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400, left)
        return JSONResponse(page, headers=left)

    return Starlette(routes=[Route("/v1/posts", posts)])


def _stored(line: str) -> _Stored:
    record = json.loads(line)
    return _Stored(record["indexed_at"], record["post"])


def _page(found: Sequence[_Stored], asked: Any) -> dict[str, Any]:
    times = [each.indexed_at for each in found]
    first = bisect_left(times, _moment(asked.get("created_after"), "0001-01-01T00:00:00Z"))
    end = bisect_left(times, _moment(asked.get("created_before"), "9999-12-31T00:00:00Z"))
    size = min(int(asked.get("limit", _PAGE)), _PAGE)
    start = first + _offset(asked.get("cursor"))
    rows = found[start : min(start + size, end)]
    following = start + len(rows)
    return {
        "data": [each.post for each in rows],
        "paging": {"next_cursor": _cursor(following - first) if following < end else None},
        "total": max(0, end - first),
    }


def _moment(text: str | None, without: str) -> str:
    if not text:
        return without
    moment = datetime.fromisoformat(text)
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%SZ}"


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode()


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("no cursor of ours") from error
    if word != "after":
        raise ValueError("no cursor of ours")
    return int(number)


def pages(store: Path) -> Iterator[str]:
    """The posts as the network tells them, one JSON text each."""
    for line in store.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.dumps(_stored(line).post, ensure_ascii=False)
