"""What an API may answer in place of a page, and what is said of it: where, which window and page, and what to do."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from data_platform.sources.errors import PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.patience import Patience
from data_platform.sources.rest.rest_api import RestApi
from data_platform_tests.sources.rest.playing import Api, Stage, Way, texts, uri


async def _endless() -> AsyncIterator[bytes]:
    yield b'{"data": ['
    while True:
        yield b'{"id": 1}, ' * 1000
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Fault:
    """What comes for the second page, always; the error, and what it says."""

    answer: Response
    error: type[SourceError]
    says: str
    way: Way = "cursor"


def _json(text: str, status: int = 200, **headers: str) -> Response:
    return Response(text, status, {name.replace("_", "-"): value for name, value in headers.items()})


def _page(data: str, meta: str = '{"total": 25, "next": null}') -> Response:
    return _json(f'{{"data": {data}, "meta": {meta}}}')


FAULTS = {
    "401": Fault(_json("", 401), PermanentSourceError, r"answered 401 Unauthorized\. Check the credentials"),
    "403": Fault(_json("", 403), PermanentSourceError, r"answered 403 Forbidden\. Check the credentials, and what"),
    "404": Fault(_json("", 404), PermanentSourceError, r"answered 404 Not Found, expected 200\. Check base_url, path"),
    "410": Fault(_json("", 410), PermanentSourceError, r"answered 410 Gone, expected 200"),
    "418": Fault(_json("", 418), PermanentSourceError, r"answered 418 I'm a Teapot, expected 200"),
    "206": Fault(_json("", 206), PermanentSourceError, r"answered 206 Partial Content, expected 200"),
    "429": Fault(_json("", 429), TransientSourceError, r"answered 429 Too Many Requests \(given up after 3 of 3"),
    "429 for long": Fault(
        _json("", 429, Retry_After="3600"), TransientSourceError, r"429 .*Retry-After: 3600 s \(given up after 1 of 3"
    ),
    "503 until a date": Fault(
        _json("", 503, Retry_After=formatdate(4e9, usegmt=True)), TransientSourceError, r"503 .*\(given up after 1 of 3"
    ),
    "500": Fault(_json("", 500), TransientSourceError, r"answered 500 Internal Server Error \(given up after 3 of 3"),
    "501": Fault(_json("", 501), PermanentSourceError, r"answered 501 Not Implemented"),
    "HTML": Fault(_json("<html>Sorry"), TransientSourceError, r"the body is a page of HTML or XML, expected JSON"),
    "nothing": Fault(_json(""), TransientSourceError, r"the body is empty, expected JSON"),
    "JSON that breaks off": Fault(
        _json('{"data": [{"id": 1}, {"id"'),
        TransientSourceError,
        r"no JSON at character \d+ of 26 and is cut off there",
    ),
    "JSON with a comma too many": Fault(_page('[{"id": 1},]'), TransientSourceError, r"no JSON at character 20 of"),
    "JSON and more": Fault(_json('{"data": []} x'), TransientSourceError, r"goes on behind its end, at character 12"),
    "deep JSON": Fault(_json("[" * 100_000), TransientSourceError, r"has no object at its top|nested too deeply"),
    "deep records": Fault(_page("[" * 100_000), TransientSourceError, r"nested too deeply"),
    "no UTF-8": Fault(Response(b'{"data": ["\xff"]}'), TransientSourceError, r"is no UTF-8 text at byte 11"),
    "no records": Fault(_json('{"error": "x"}'), TransientSourceError, r"has nothing at data, where the records are"),
    "records that are none": Fault(_page('{"id": 1}'), TransientSourceError, r"has no array at data"),
    "a cursor that is none": Fault(
        _page("[]", '{"total": 25, "next": {"a": 1}}'), PermanentSourceError, r"is nothing that leads to one"
    ),
    "a link that is none": Fault(
        _page("[]", '{"total": 25, "next": [1]}'), PermanentSourceError, r"is nothing that leads to one", "json_link"
    ),
    "a link to another host": Fault(
        _page("[]", '{"total": 25, "next": "http://127.0.0.2/x"}'),
        PermanentSourceError,
        r"page 3: leads to another host, which is not sent the credentials",
        "json_link",
    ),
    "a link to another scheme": Fault(
        _page("[]", '{"total": 25, "next": "ftp://127.0.0.1/x"}'),
        PermanentSourceError,
        r"page 3: leads to what is no address of the web",
        "json_link",
    ),
    "a redirect to another host": Fault(
        _json("", 302, Location="http://127.0.0.2/x"), PermanentSourceError, r"page 2: leads to another host"
    ),
    "redirects in circles": Fault(_json("", 302, Location="/v1/posts"), PermanentSourceError, r"redirects in circles"),
    "a redirect to nowhere": Fault(_json("", 302), PermanentSourceError, r"answered 302 Found, expected 200"),
    "a total that is none": Fault(
        _page("[]", '{"total": "many"}'), PermanentSourceError, r"page 2: has no whole number at"
    ),
    "no total": Fault(_page("[]", "{}"), PermanentSourceError, r"page 2: has nothing at meta\.total, where total says"),
    "a bomb": Fault(
        Response(gzip.compress(bytes(9_000_000)), headers={"Content-Encoding": "gzip"}),
        PermanentSourceError,
        r"is larger than max_page_bytes=1,000,000\. Ask for smaller pages",
    ),
    "a broken gzip": Fault(
        Response(b"plain", headers={"Content-Encoding": "gzip"}), TransientSourceError, r"the packed body is broken"
    ),
    "a body cut off": Fault(
        Response(b'{"data": [', headers={"Content-Length": "1000"}), TransientSourceError, r"failed or broke off"
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_page_that_is_none_is_told_with_its_place(stage: Stage, tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    api = Api(way=fault.way, hook=lambda _n, request: fault.answer if "cursor" in request.query_params else None)
    if name == "redirects in circles":
        api.hook = lambda number, _request: fault.answer if number > 1 else None
    source = stage.source(api, total=("meta", "total"), max_page_bytes=1_000_000)
    with pytest.raises(fault.error, match=fault.says) as told:
        source.fetch(uri(source), tmp_path / "f")
    assert str(told.value).startswith(f"{stage.base}/v1/posts page ")
    assert not (tmp_path / "f").exists()


def test_a_body_without_end_is_broken_off(stage: Stage) -> None:
    source = stage.source(Api(hook=lambda *_: StreamingResponse(_endless())), max_page_bytes=1_000_000)
    with pytest.raises(PermanentSourceError, match=r"larger than max_page_bytes=1,000,000"):
        source.look(uri(source))


def test_silence_is_not_waited_out(stage: Stage) -> None:
    async def silence() -> AsyncIterator[bytes]:
        yield b'{"data": ['
        await asyncio.sleep(5)

    source = stage.source(Api(hook=lambda *_: StreamingResponse(silence())), timeout_seconds=0.05)
    with pytest.raises(TransientSourceError, match=r"page 1: no answer within timeout_seconds"):
        source.look(uri(source))


def test_a_body_that_trickles_is_broken_off(stage: Stage) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.005)

    source = stage.source(Api(hook=lambda *_: StreamingResponse(trickle())), max_page_seconds=0.1)
    with pytest.raises(TransientSourceError, match=r"is still being sent after max_page_seconds"):
        source.look(uri(source))


def test_a_service_that_is_not_there_is_told(stage: Stage) -> None:
    source = stage.source(Api(), base_url="http://127.0.0.1:9")
    with pytest.raises(TransientSourceError, match=r"http://127\.0\.0\.1:9/v1/posts page 1: the connection failed"):
        source.look(uri(source))


def test_faults_of_the_moment_are_waited_out(stage: Stage, tmp_path: Path) -> None:
    answers = [_json("", 503), _json("", 429, Retry_After="0"), _json("<html>"), None]
    api = Api(hook=lambda number, _request: answers[number % len(answers)])
    source = stage.source(
        api, total=("meta", "total"), patience=Patience(attempts=10, first_wait_seconds=0.001, jitter_seconds=0.0)
    )
    assert source.fetch(uri(source), tmp_path / "f") is not None


def test_204_is_an_empty_page_and_the_last(stage: Stage) -> None:
    source = stage.source(Api(hook=lambda *_: Response(None, 204)), total=("meta", "total"))
    seen = source.look(uri(source))
    assert seen is not None
    assert seen.text.startswith("records=0;")


def test_a_status_may_mean_that_there_is_nothing(stage: Stage) -> None:
    source = stage.source(Api(hook=lambda *_: _json("", 404)), empty=frozenset({404}))
    seen = source.look(uri(source))
    assert seen is not None
    assert seen.text.startswith("records=0;")


@pytest.mark.parametrize("way", ["offset", "page_number"])
def test_a_service_that_does_not_heed_the_page_is_told(stage: Stage, way: Way) -> None:
    api = Api(way=way)
    first = json.dumps({"data": [1, 2], "meta": {}})
    api.hook = lambda *_: _json(first)
    source = stage.source(api)
    with pytest.raises(PermanentSourceError, match=r"page 2: has the records of the page before: the service does not"):
        source.look(uri(source))


@pytest.mark.parametrize("way", ["cursor", "json_link", "link_header"])
def test_a_way_in_circles_is_told(stage: Stage, way: Way) -> None:
    def again(number: int, request: Request) -> Response:
        following = "after-1" if number % 2 else "after-2"
        link = f"{request.url.path}?cursor={following}"
        meta = {"next": following if way == "cursor" else link}
        return Response(json.dumps({"data": [number], "meta": meta}), headers={"Link": f'<{link}>; rel="next"'})

    source = stage.source(Api(way=way, hook=again))
    with pytest.raises(PermanentSourceError, match=r"page 3: names page 2 as the next one, in circles"):
        source.look(uri(source))


def test_more_pages_than_may_be_are_told(stage: Stage) -> None:
    source = stage.source(Api(texts(100)), max_pages=3)
    with pytest.raises(PermanentSourceError, match=r"page 3: more than max_pages=3 follow"):
        source.look(uri(source))


def test_a_window_larger_than_may_be_is_told(stage: Stage) -> None:
    source = stage.source(Api(texts(100)), max_bytes=1000)
    with pytest.raises(PermanentSourceError, match=r"page 3: larger than max_bytes=1,000 \(did not end there\)"):
        source.look(uri(source))


def test_no_credentials_of_the_machine_are_sent(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    source: RestApi = stage.source(Api())
    assert source.look(uri(source)) is not None
