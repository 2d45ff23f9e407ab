"""A thousand people, of whom fifty are forgotten: nothing of these is left in any file, and all of the others is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from data_platform_tests.cli.driven import drive, instance_in
from data_platform_tests.steps.forget_command import command
from data_platform_tests.steps.forget_home import rows_of, traces, traces_of, without
from data_platform_tests.steps.forget_people import People, Person, people

Rows = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Forgotten:
    """The world after the command, the rows that it should have, and those that it has."""

    people: People
    instance: dg.DagsterInstance
    gone: tuple[Person, ...]
    wanted: Rows
    after: Rows
    traced: set[int]
    code: int
    printed: str

    @property
    def home(self) -> Path:
        return self.people.small.home


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forgotten]:
    world = people(tmp_path_factory.mktemp("people"), 1000)
    gone = world.everybody[7::20]
    with instance_in(world.small) as instance:
        for version in (0, 1):
            world.deliver(version)
            done, _ = drive(world.small, instance)
            assert done.failed == []
        before, traced = rows_of(world), set(traces(world.small.home))
        code, printed = command(world, instance, "\n".join(one.email for one in gone))
        wanted = without(world, before, gone)
        yield Forgotten(world, instance, gone, wanted, rows_of(world), traced, code, printed)


def test_before_everybody_stands_in_some_file(forgotten: Forgotten) -> None:
    assert len(forgotten.gone) == 50
    assert forgotten.traced == {one.number for one in forgotten.people.everybody}


def test_no_file_of_the_home_has_a_trace_of_who_is_forgotten(forgotten: Forgotten) -> None:
    assert (forgotten.code, traces_of(forgotten.home, forgotten.gone)) == (0, {}), forgotten.printed


def test_all_rows_of_the_others_are_what_they_were(forgotten: Forgotten) -> None:
    assert forgotten.after == forgotten.wanted
    assert {table for table, rows in forgotten.after.items() if not rows} == {"quarantine.posts"}


def test_each_row_that_is_kept_is_accounted_for(forgotten: Forgotten) -> None:
    lake = forgotten.people.small.platform.lake
    for name in lake.tables():
        for state in lake.table(name).partitions().values():
            account = state.provenance.get("account")
            if account is not None:
                records = sum(one.records or 0 for one in lake.ledger(name.table).read().current(state.partition))
                assert account["arrived"] == account["clean"] + account["rejected"] == records


def test_the_ledger_tells_how_many_records_were_forgotten(forgotten: Forgotten) -> None:
    lake = forgotten.people.small.platform.lake
    current = {table: lake.ledger(table).read() for table in ("customers", "posts", "orders")}
    told = {
        table: sum(one.forgotten or 0 for key in found.partitions() for one in found.current(key))
        for table, found in current.items()
    }

    unread = sum(one.number % 13 == 0 for one in forgotten.gone)
    assert told == {"customers": 50 + unread, "posts": 50, "orders": 100}


def test_certificate_and_ledger_entry_have_figures_and_no_value(forgotten: Forgotten) -> None:
    (entry,) = forgotten.people.small.platform.lake.forgotten.of("done")
    pages = {path.suffix: path.read_text() for path in (forgotten.home / "forgotten").iterdir() if path.suffix}

    assert entry[1]["verified"]
    assert (entry[1]["values"], entry[1]["left"], entry[1]["failed"]) == (50, [], [])
    assert entry[1]["tables"]["raw.orders"]["rows removed"] == 100
    assert "50 values of staged.customers.email (email)" in pages[".txt"]
    assert pages[".txt"] in forgotten.printed
    assert all(one.email not in pages[".json"] + pages[".txt"] for one in forgotten.people.everybody)


def test_delivered_again_and_in_a_new_version_they_do_not_come_back(forgotten: Forgotten) -> None:
    for version in (1, 2):
        forgotten.people.deliver(version)
        done, _ = drive(forgotten.people.small, forgotten.instance)

        assert done.failed == []
        assert traces_of(forgotten.home, forgotten.gone) == {}
        rows = rows_of(forgotten.people)
        assert version == 2 or rows == forgotten.after
        assert len(rows["staged.posts"]) == 950
        assert all(str(row["text"]).startswith(f"v{version}") for row in rows["staged.posts"])
