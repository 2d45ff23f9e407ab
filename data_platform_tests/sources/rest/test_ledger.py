"""Windows of an API in a real ledger: what is asked for when, what is received, what is final."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from data_platform.contracts.errors import ContractError, Mistakes
from data_platform.lake.sightings import Sighting
from data_platform.sources.errors import TransientSourceError
from data_platform.sources.loopback import serving
from data_platform_tests.small_dataset import SmallDataset

NOW = datetime(2024, 1, 9, 12, tzinfo=UTC)
"""The first two days of the year are over and closed, the third to the eighth are over."""
_DAY = timedelta(days=1)

DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Posts of a town.
  owners: ["team:town"]
  partitions: {weekly: {start: "2024-01-01"}}
  raw:
    posts:
      description: Posts.
      source:
        rest_api:
          base_url: "BASE"
          path: /v1/posts
          auth: {bearer: {env: POSTS_TOKEN}}
          records: data
          window: {since: after, until: before, size: 1d, closes_after: 5d}
          attempts: 1
      columns: {id: {type: BIGINT}, at: {type: TIMESTAMP}, text: {type: VARCHAR, optional: true}}
"""
CONTRACT = """\
description: One row per post.
columns:
  id: {type: BIGINT, required: true}
  at: {type: TIMESTAMP}
  text: {type: VARCHAR}
audit: {max_rejected_share: 1}
"""


class Posts:
    """The service: posts by their day; `asked` are the windows, in the order of the questions."""

    def __init__(self) -> None:
        self.days: dict[str, list[dict[str, object]]] = {}
        self.asked: list[str] = []
        self.broken: set[str] = set()

    def has(self, day: int, *texts: object) -> None:
        at = f"2024-01-{day:02}"
        self.days[at] = [{"id": day * 100 + n, "at": f"{at}T12:00:00", "text": text} for n, text in enumerate(texts)]

    async def answer(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer played"
        after, before = request.query_params["after"], request.query_params["before"]
        assert datetime.fromisoformat(before) - datetime.fromisoformat(after) == _DAY
        self.asked.append(after[:10])
        if after[:10] in self.broken:
            return Response(status_code=503)
        return JSONResponse({"data": self.days.get(after[:10], [])})

    def asks(self) -> list[str]:
        """What was asked since the last time, each once."""
        asked, self.asked = sorted(set(self.asked)), []
        return asked


@pytest.fixture
def posts() -> Posts:
    return Posts()


@pytest.fixture
def town(posts: Posts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDataset]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("POSTS_TOKEN", "played")
    with serving(Starlette(routes=[Route("/v1/posts", posts.answer)])) as base:
        small = SmallDataset(tmp_path / "datasets" / "town", tmp_path, tmp_path / "home")
        small.write({"defs.yaml": DEFS.replace("BASE", base), "staged/posts.yaml": CONTRACT})
        yield small


def _days(first: int, last: int) -> list[str]:
    return [f"2024-01-{day:02}" for day in range(first, last + 1)]


def _ledger(town: SmallDataset) -> list[Sighting]:
    return list(town.platform.lake.ledger("posts").read().all())


def _texts(town: SmallDataset) -> list[object]:
    return [row["text"] for row in town.rows("staged.posts")]


def test_each_window_is_a_slot_and_only_those_that_are_open_are_asked_again(town: SmallDataset, posts: Posts) -> None:
    posts.has(1, "Monday")
    posts.has(4, "Thursday", None)
    assert town.run(NOW) == ["raw.posts 2024-01-01", "staged.posts 2024-01-01"]
    assert posts.asks() == _days(1, 7)
    found = _ledger(town)
    assert [one.slot for one in found] == [
        f"{day}T00:00:00/{day[:8]}{int(day[8:]) + 1:02}T00:00:00" for day in _days(1, 7)
    ]
    assert [one.records for one in found] == [1, 0, 0, 2, 0, 0, 0]
    assert _texts(town) == ["Monday", "Thursday", None]

    assert town.stale(NOW).stale == ()
    assert posts.asks() == _days(4, 7)
    assert town.stale(NOW + 2 * _DAY).stale == ()
    assert posts.asks() == _days(4, 7)
    # They were seen to stay after they had closed.
    assert town.stale(NOW + 2 * _DAY).stale == ()
    assert posts.asks() == _days(6, 7)
    town.stale(NOW + 30 * _DAY)
    assert {"2024-01-06", "2024-01-07"} <= set(posts.asks())
    town.stale(NOW + 30 * _DAY)
    assert not set(posts.asks()) & set(_days(1, 7))


def test_a_late_record_and_its_withdrawal_are_versions_of_an_open_window(town: SmallDataset, posts: Posts) -> None:
    posts.has(5, "one")
    town.run(NOW)
    posts.has(5, "one", "late")
    posts.asks()
    assert [(one.partition, one.reason) for one in town.stale(NOW + _DAY).stale][:1] == [
        ("2024-01-01", "changed at the source")
    ]
    town.run(NOW + _DAY)
    assert _texts(town) == ["one", "late"]
    # Of the windows that had closed, nobody asked.
    assert posts.asks() == _days(4, 7)
    posts.has(5, "one")
    town.run(NOW + _DAY)
    assert _texts(town) == ["one"]
    fifth = [one for one in _ledger(town) if one.slot.startswith("2024-01-05")]
    assert [one.version == fifth[0].version for one in fifth] == [True, False, True]
    assert [one.sha256 == fifth[0].sha256 for one in fifth] == [True, False, True]


def test_what_changes_in_a_closed_window_is_not_seen_until_somebody_asks(town: SmallDataset, posts: Posts) -> None:
    posts.has(1, "before")
    town.run(NOW + 20 * _DAY)
    posts.has(1, "after")
    assert "2024-01-01" not in {one.partition for one in town.stale(NOW + 20 * _DAY).stale}
    town.receive("posts", "2024-01-01", now=NOW + 20 * _DAY)
    town.run(NOW + 20 * _DAY)
    assert _texts(town) == ["after"]


def test_a_window_that_cannot_be_asked_holds_back_no_other_and_is_resumed_alone(
    town: SmallDataset, posts: Posts
) -> None:
    for day in range(1, 8):
        posts.has(day, f"day {day}")
    posts.broken = {"2024-01-02"}
    (received,) = town.receive("posts", "2024-01-01", now=NOW)
    assert received.outcome == "received"
    assert "2024-01-02T00:00:00/2024-01-03T00:00:00 page 1: answered 503" in received.text
    answer = town.stale(NOW)
    assert any("2024-01-02T00:00:00/2024-01-03" in one.error for one in answer.unanswered)
    posts.broken.clear()
    posts.asks()
    town.run(NOW)
    # The first and the third had closed when they came.
    assert posts.asks() == ["2024-01-02", *_days(4, 7)]
    assert len(_texts(town)) == 7


def test_an_api_that_cannot_be_asked_at_all_fails_the_run(town: SmallDataset, posts: Posts) -> None:
    posts.broken = set(_days(1, 7))
    with pytest.raises(
        TransientSourceError, match=r"/v1/posts 2024-01-01T00:00:00/2024-01-02T00:00:00 page 1: answered"
    ):
        town.receive("posts", "2024-01-01", now=NOW)
    assert _ledger(town) == []


def test_a_record_that_is_no_object_is_a_row_that_cannot_be_read(town: SmallDataset, posts: Posts) -> None:
    posts.has(1, "good", "also good", "too")
    posts.days["2024-01-01"].insert(1, 17)  # type: ignore[arg-type] # that is the point
    town.run(NOW)
    (row,) = town.quarantine("staged.posts")
    assert row["_rules"] == ["unparsed"]
    assert len(_texts(town)) == 3


def test_no_secret_is_in_the_ledger_or_anywhere_below_the_home(town: SmallDataset, posts: Posts) -> None:
    posts.has(1, "Monday")
    town.run(NOW)
    assert all(b"played" not in path.read_bytes() for path in town.home.rglob("*") if path.is_file())


def test_a_secret_that_is_not_set_is_told_when_it_is_needed(
    town: SmallDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSTS_TOKEN")
    answer = town.stale(NOW)
    assert {one.error for one in answer.unanswered} == {
        "POSTS_TOKEN is not set: it holds a secret that this source needs. Set it, or in .env"
    }


def test_an_address_that_is_not_set_is_told_when_it_is_needed(town: SmallDataset) -> None:
    text = (town.folder / "defs.yaml").read_text()
    base = text.partition('base_url: "')[2].partition('"')[0]
    town.write({"defs.yaml": text.replace(base, "{{ feedback_url }}")})
    (one,) = town.stale(NOW).unanswered
    assert one.error == "DATA_PLATFORM_FEEDBACK_URL is not set: it says where this source is. Set it, or in .env"


MISTAKES = {
    "no window": (
        "window: {since: after, until: before, size: 1d, closes_after: 5d}",
        "",
        "has partitions; write `window",
    ),
    "a secret as it is": ("{env: POSTS_TOKEN}", "hunter2", "a secret is written as {env: NAME}"),
    "a secret header": ("records: data", "headers: {Authorization: x}", "the header Authorization holds a secret"),
    "two ways to page": (
        "records: data",
        "paging: {link_header: {}, cursor: {from: a}}",
        "write one of cursor, link_header",
    ),
    "no way to page": ("records: data", "paging: some", "expected a mapping"),
    "two credentials": (
        "{bearer: {env: POSTS_TOKEN}}",
        "{bearer: {env: A}, basic: {user: {env: A}, password: {env: B}}}",
        "write one of bearer, basic, api_key, oauth2",
    ),
    "half a rate": ("records: data", "rate_limit: {requests: 3}", "requests and per go together"),
    "a time that is none": ("size: 1d", "format: iso", "'iso' is no form of a time: write iso8601, unix"),
    "a duration that is none": ("size: 1d", "size: 1 day", "'1 day' is no duration: write it like 3d, 6h"),
    "an address of files": ('"http://', '"file:///', "the scheme is 'file', expected http://"),
    "a password in the address": (
        '"http://',
        '"http://me:hunter2@',
        "user, password, query and fragment have no place",
    ),
    "a path without a slash": ("path: /v1/posts", "path: v1/posts", "path"),
}


def test_a_token_is_not_asked_for_without_encryption_where_the_service_has_it(town: SmallDataset) -> None:
    text = (town.folder / "defs.yaml").read_text().replace('"http://', '"https://')
    oauth2 = "{oauth2: {token_url: http://x/token, client_id: {env: A}, client_secret: {env: B}}}"
    town.write({"defs.yaml": text.replace("{bearer: {env: POSTS_TOKEN}}", oauth2)})
    with pytest.raises((ContractError, Mistakes), match="token_url is without encryption"):
        _ = town.catalog


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_without_its_secrets(town: SmallDataset, name: str) -> None:
    before, after, says = MISTAKES[name]
    text = (town.folder / "defs.yaml").read_text()
    assert before in text
    town.write({"defs.yaml": text.replace(before, after)})
    with pytest.raises((ContractError, Mistakes)) as told:
        _ = town.catalog
    assert says in str(told.value)
    assert "defs.yaml:" in str(told.value)
    assert "hunter2" not in str(told.value)
