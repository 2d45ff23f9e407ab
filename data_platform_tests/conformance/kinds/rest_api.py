"""The kind `rest_api`, played by a web service on loopback: windows of time, pages by cursor, a token, a total."""

import email.utils
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import dlt.sources.helpers.rest_client.paginators  # noqa: F401 - it takes a second, and victims are forked from here
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data_platform.sources.loopback import serving
from data_platform_tests.conformance.played import Kind, Played, Record, Trouble
from data_platform_tests.small_dataset import NOW

_TOKEN = "played-token"
# A page holds so many records at most, however few pages are wanted.
_LARGEST_PAGE = 5_000


@dataclass
class _Month:
    """A file with a page a line; its total."""

    path: Path
    total: int


@dataclass
class _Service:
    folder: Path
    base: str = ""
    months: dict[str, _Month] = field(default_factory=dict)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    ahead: timedelta = timedelta(0)

    @property
    def yaml(self) -> str:
        how = "auth: {bearer: {env: PLAYED_TOKEN}}, paging: {cursor: {from: meta.next}}, attempts: 3"
        what = "records: data, total: meta.total, key: [record_id], window: {since: from, until: to}"
        return f'{{rest_api: {{base_url: "{self.base}", path: /v1/records, {how}, {what}}}}}'

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        texts = (_text(record) for record in found)
        path, total, page = self.folder / f"{month}.pages", 0, list[str]()
        records = list(texts) if parts > 1 else texts
        size = -(-len(records) // parts) if isinstance(records, list) else _LARGEST_PAGE
        with path.open("w", encoding="utf-8") as file:
            for text in records:
                page.append(text)
                total += 1
                if len(page) == size:
                    file.write(",".join(page) + "\n")
                    page = []
            file.write(",".join(page) + "\n" if page or not total else "")
        self.months[month] = _Month(path, total)
        self.troubles.pop(month, None)

    def delivers_again(self, month: str) -> None:
        """The same pages, asked for again."""

    def does(self, trouble: Trouble, month: str) -> None:
        self.troubles[month] = {"breaks off": [trouble], "is unwell": [trouble] * 2}.get(trouble, [trouble] * 1000)

    def recovers(self) -> None:
        self.troubles.clear()

    def sets_clock(self, ahead: timedelta) -> None:
        self.ahead = ahead

    async def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {_TOKEN}":
            return Response(status_code=401)
        name = request.query_params["from"][:7]
        headers = {"Date": email.utils.formatdate((NOW + self.ahead).timestamp(), usegmt=True)}
        if trouble := self.troubles.get(name):
            return _troubled(trouble.pop(), self._page(name, request), headers)
        return Response(self._page(name, request), headers=headers)

    def _page(self, name: str, request: Request) -> str:
        month = self.months.get(name)
        if month is None:
            return '{"data": [], "meta": {"total": 0, "next": null}}'
        at = int(request.query_params.get("cursor", "0"))
        with month.path.open("rb") as file:
            file.seek(at)
            records, end = file.readline().decode().rstrip("\n"), file.tell()
            is_last = not file.readline()
        following = "null" if is_last else f'"{end}"'
        return f'{{"data": [{records}], "meta": {{"total": {month.total}, "next": {following}}}}}'


def _troubled(trouble: Trouble, page: str, headers: dict[str, str]) -> Response:
    match trouble:
        case "breaks off":
            body = page.encode()
            return Response(body[: len(body) // 2], headers={**headers, "Content-Length": str(len(body))})
        case "is unwell":
            return Response(status_code=503, headers={**headers, "Retry-After": "0"})
        case "is shut":
            return Response(status_code=403, headers=headers)
        case "is malformed":
            return Response('{"data": [{"record_id": 1}, 2, 3], "meta": {"total": 3, "next": null}}', headers=headers)


def _text(record: Record) -> str:
    row = {**record.row(), "at": record.at.isoformat(), "value": str(record.value)}
    return json.dumps(row, ensure_ascii=False)


@contextmanager
def _playing(folder: Path) -> Iterator[Played]:
    service = _Service(folder)
    app = Starlette(routes=[Route("/v1/records", service.answer)])
    with pytest.MonkeyPatch.context() as environment, serving(app) as base:
        environment.setenv("PLAYED_TOKEN", _TOKEN)
        service.base = base
        yield service


REST_API = Kind(
    name="rest_api",
    played_by="a web service on loopback: windows of a month, pages by cursor, a token, a total",
    playing=_playing,
    empty="a window without records is received, and has none",
    told={
        "is shut": r"/v1/records 2024-01-01T00:00:00/2024-02-01T00:00:00 page 1: answered 403",
        "is malformed": r"records_2024-01-01T000000\.ndjson\.zst: 2 of 3 records .* line 2: is a number",
    },
)
