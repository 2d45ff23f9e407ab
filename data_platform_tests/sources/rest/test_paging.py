"""Every way to page and to say who one is, and every record as it was sent."""

import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.rest.page import page_of
from data_platform.sources.rest.paging import Cursor
from data_platform.sources.rest.rest_api import RestApi
from data_platform.sources.rest.window_file import Digest, WindowFile
from data_platform_tests.sources.rest.playing import AUTHS, PAGINGS, Api, Stage, lines, texts, uri


def _fetched(source: RestApi, path: Path) -> list[str]:
    with source.connected() as connected:
        fetched = connected.fetch(uri(source), path)
        assert fetched is not None
        seen = connected.look(uri(source))
        assert seen is not None
        assert seen.text == fetched.version
        assert hashlib.sha256(path.read_bytes()).hexdigest() == fetched.sha256
        assert path.stat().st_size == fetched.bytes
    return lines(path)


@pytest.mark.parametrize("way", PAGINGS)
@pytest.mark.parametrize("auth", AUTHS)
def test_all_records_come_in_order_whatever_the_way(stage: Stage, tmp_path: Path, way: str, auth: str) -> None:
    api = Api(way=way, auth=auth)  # type: ignore[arg-type] # the names of the table
    assert _fetched(stage.source(api, total=("meta", "total"), key=("id",)), tmp_path / "f") == texts(25)


@pytest.mark.parametrize("way", PAGINGS)
@pytest.mark.parametrize("count", [0, 1, 10, 20])
def test_pages_may_be_full_or_empty(stage: Stage, tmp_path: Path, way: str, count: int) -> None:
    api = Api(texts(count), way=way)  # type: ignore[arg-type] # the names of the table
    assert _fetched(stage.source(api), tmp_path / "f") == (texts(count) or [""])


def test_the_same_version_is_not_fetched_again(stage: Stage, tmp_path: Path) -> None:
    source = stage.source(Api())
    first = source.fetch(uri(source), tmp_path / "f")
    assert first is not None
    assert source.fetch(uri(source), tmp_path / "g", unless=first.version) is None
    assert not (tmp_path / "g").exists()


def test_what_was_sent_is_kept_to_the_digit(stage: Stage, tmp_path: Path) -> None:
    odd = [
        '{"a": 0.1000, "b": 12345678901234567890, "c": 1e400, "d": -0, "e": 1.0E+2}',
        '{"text": "\\u0085 \\ud83d\\ude00 \\/ ",  "twice" :1 ,"list":[ 1,2 ]}',
        '{"emoji": "🚇\u2028\u0085", "lone": "\\ud800"}',
        '{"long": ' + "9" * 5000 + "}",
    ]
    assert _fetched(stage.source(Api(odd)), tmp_path / "f") == odd


def test_a_record_over_several_lines_becomes_one_line_of_the_same_json(stage: Stage, tmp_path: Path) -> None:
    assert _fetched(stage.source(Api(['{\n  "a": "x\\ny",\r\n  "b": 1\n}'])), tmp_path / "f") == [
        '{   "a": "x\\ny",    "b": 1 }'
    ]


def test_records_may_be_the_document_itself() -> None:
    page = page_of(b' [ {"a": 1},\n{"a": 2} ] ', (), ("a",), {})
    assert list(page.records()) == [b'{"a": 1}', b'{"a": 2}']
    assert page.keys == ["[1]", "[2]"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5), JSON, st.sampled_from(["", " ", "\n\t"]))
def test_records_are_found_whatever_stands_around_them(records: list[object], beside: object, blank: str) -> None:
    written = [json.dumps(record) for record in records]
    items = f"[{blank}{f'{blank},{blank}'.join(written)}{blank}]"
    around = json.dumps(beside)
    text = f'{blank}{{"before": {around},{blank}"in": {{"items": {items}}}, "after": {around}}}{blank}'
    page = page_of(text.encode(), ("in", "items"), (), {})
    assert [record.decode() for record in page.records()] == written
    assert page.at(("in", "items")) == []
    assert json.dumps(page.at(("after",))) == around


@given(st.lists(st.binary(max_size=20), max_size=30), st.randoms(use_true_random=False))
def test_a_version_is_of_the_records_and_not_of_their_order(records: list[bytes], chance: random.Random) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    one, other, more = Digest(), Digest(), Digest()
    one.add(records)
    for record in shuffled:
        other.add([record])
    more.add([*records, b"x"])
    assert one.version == other.version != more.version


def test_equal_records_count_as_often_as_they_come() -> None:
    once, twice = Digest(), Digest()
    once.add([b"a", b"b"])
    twice.add([b"a", b"a", b"b"])
    assert once.version != twice.version


def test_the_bytes_do_not_depend_on_the_pages(tmp_path: Path) -> None:
    records = [text.encode() for text in texts(60_000)]
    with WindowFile(tmp_path / "one") as one:
        one.add(records)
    with WindowFile(tmp_path / "many") as many:
        for start in range(0, len(records), 77):
            many.add(records[start : start + 77])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()
    assert lines(tmp_path / "one") == texts(60_000)


@pytest.mark.parametrize("name", ["@odata.nextLink", 'a "b" \\ c', "*"])
def test_a_cursor_may_stand_under_any_name(stage: Stage, tmp_path: Path, name: str) -> None:
    api = Api()
    api.hook = lambda _number, request: _renamed(api.answered(request), name)
    source = stage.source(api, paging=Cursor("cursor", ("meta", name)))
    assert _fetched(source, tmp_path / "f") == texts(25)


def _renamed(page: Response, name: str) -> Response:
    return Response(bytes(page.body).replace(b'"next"', json.dumps(name).encode()))


def test_a_limit_that_the_service_does_not_keep_is_told(stage: Stage) -> None:
    capped = Api(way="offset")
    capped.hook = lambda _number, request: capped.answered(_with_limit(request, 7))
    source = stage.source(capped)
    with pytest.raises(PermanentSourceError, match=r"page 2: the page before had 7 records where limit: 10 was asked"):
        source.look(uri(source))


def _with_limit(request: Request, limit: int) -> Request:
    query = request.url.include_query_params(limit=limit).query
    return Request({**request.scope, "query_string": query.encode()})
