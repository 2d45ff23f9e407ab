"""Who is forgotten does not come back: not by a push, not while forgetting is under way, not under another key."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from data_platform.lake.names import TableName
from data_platform.planning.catalog import RawTable
from data_platform.privacy.key import PersonalKey
from data_platform.sources.push import Push
from data_platform.sources.slot import Source
from data_platform.steps.errors import StepError
from data_platform.steps.forget import NotForgotten, Request, forget
from data_platform.steps.push import Asked, Body, Desk
from data_platform.steps.receive import receive
from data_platform_tests.small_dataset import NOW
from data_platform_tests.steps.forget_home import traces_of
from data_platform_tests.steps.forget_people import KEY, People, people

COUNT = 6


@pytest.fixture
def world(tmp_path: Path) -> People:
    """Six people, received and made."""
    made = people(tmp_path, COUNT)
    made.deliver(0)
    made.small.run()
    return made


def forget_first(world: People) -> None:
    """Forgets the first of them."""
    request = Request.of(KEY, world.everybody[0].email)
    forget(world.small.platform, request, run_id="test", now=datetime.now(UTC))


def raw(world: People, name: str) -> RawTable:
    return world.small.catalog.raw(TableName("raw", name))


def test_a_push_is_kept_without_who_is_forgotten_and_its_key_still_stands_for_what_was_sent(world: People) -> None:
    forget_first(world)
    gone, other = world.everybody[0], world.everybody[2]
    posts = [
        {"post_id": 1, "author": f" {gone.email.upper()}", "text": "hello"},
        {"post_id": 2, "author": other.email, "text": f"I know {gone.email}, and co{gone.email}"},
    ]
    content = "".join(json.dumps(post) + "\n" for post in posts).encode()
    lake = world.small.platform.lake
    desk = Desk(lake, raw(world, "posts"), Push({}))

    answers = []
    for _ in range(2):
        path = desk.new_file()
        path.write_bytes(content)
        body = Body(path, "posts.ndjson", hashlib.sha256(content).hexdigest(), len(content))
        answers.append(desk.accept(Asked("shop", "key-1", "2024-01"), body, now=NOW))
        path.unlink(missing_ok=True)
    world.small.run()

    (first, is_new), (again, is_new_again) = answers
    assert (first.records, first.forgotten, first.version) == (1, 1, hashlib.sha256(content).hexdigest())
    assert (again, is_new, is_new_again) == (first, True, False)
    assert traces_of(world.small.home, (gone,)) == {}
    assert [row["text"] for row in world.small.rows("staged.posts", "2024-01") if row["post_id"] == 2] == [
        f"I know [forgotten], and co{gone.email}"
    ]


@dataclass(frozen=True)
class _Meanwhile:
    """A source that is received while somebody is forgotten: when its bytes are kept, and not yet in the ledger."""

    source: Source
    world: People

    def __getattr__(self, name: str) -> object:
        return getattr(self.source, name)

    @contextmanager
    def connected(self) -> Iterator[Source]:
        with self.source.connected() as connected:
            yield connected
        # The search sees what has just been kept.
        with suppress(NotForgotten):
            forget_first(self.world)


def test_what_arrives_while_they_are_forgotten_is_received_without_them(tmp_path: Path) -> None:
    world = people(tmp_path, COUNT)
    world.deliver(0)
    table = raw(world, "customers")
    (source,) = table.sources
    # It has all that it is asked for of the other.
    slow = replace(table, sources=(cast("Source", _Meanwhile(source, world)),))

    receive(world.small.platform.lake, slow, ["2024-01"], run_id="test", now=NOW)

    assert traces_of(world.small.home, world.everybody[:1]) == {}
    (current,) = world.small.platform.lake.ledger("customers").read().current("2024-01")
    assert current.forgotten == 1
    forget_first(world)


def test_nothing_is_received_where_the_key_is_another_one_than_they_were_forgotten_with(world: People) -> None:
    forget_first(world)
    lake = world.small.platform.lake
    other = PersonalKey.given("another key of this home")
    world.deliver(1)

    with pytest.raises(StepError, match="made with another key"):
        receive(
            replace(lake, hashed_with=lambda: other.fingerprint, digest=other.digest),
            raw(world, "posts"),
            ["2024-01"],
            run_id="test",
            now=NOW,
        )


def test_a_file_that_somebody_delivered_into_the_home_is_told_and_left_to_them(world: People) -> None:
    delivered = world.small.settings.landing / "people" / "more.csv"
    delivered.parent.mkdir(parents=True)
    delivered.write_text(f"email\n{world.everybody[0].email}\n", encoding="utf-8")

    with pytest.raises(NotForgotten, match=r"landing/people/more\.csv is its deliverer's"):
        forget_first(world)
    assert delivered.exists()

    delivered.unlink()
    forget_first(world)


def test_an_older_file_of_a_slot_does_not_come_before_a_newer_one_when_it_is_rewritten(world: People) -> None:
    ledger = world.small.platform.lake.ledger("posts")
    base = ledger.read()
    (seen,) = base.current("2024-01")
    # Another source has the same slot by now, in a file without anybody.
    lake, table = world.small.platform.lake, raw(world, "posts")
    moved = world.small.put_file("elsewhere.ndjson", '{"post_id": 7, "author": "new", "text": "nobody"}\n')
    (source,) = table.sources
    elsewhere = replace(source, url=moved.as_uri())  # type: ignore[type-var] # a frozen value like each source
    receive(lake, replace(table, sources=(elsewhere,)), ["2024-01"], run_id="test", now=NOW)
    (newest,) = ledger.read().current("2024-01")
    assert newest.uri != seen.uri

    forget_first(world)

    (current,) = ledger.read().current("2024-01")
    assert (current.key, current.uri, current.version) == (newest.key, newest.uri, newest.version)
    assert traces_of(world.small.home, world.everybody[:1]) == {}
