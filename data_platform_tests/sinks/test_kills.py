"""SIGKILL at every step of writing back: each partition is the old or the new, and new sending ends as if alone."""

import itertools
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from data_platform.steps.sending import write_back
from data_platform_tests.conformance.killing import step_of
from data_platform_tests.databases import Database
from data_platform_tests.proof.kill_touches import is_possible
from data_platform_tests.proof.kill_victims import Victim, Victims
from data_platform_tests.sinks import dying
from data_platform_tests.sinks.town import LATER, TABLE, Town, still, town

pytestmark = pytest.mark.slow
_WRITTEN = re.compile(r"target|lake/sent")
_STATEMENTS_BETWEEN = 7
"""By hand every statement, here every seventh."""


def _expect_old_or_new(gauges: Town, old: list[Any], new: list[Any]) -> None:
    """Each partition for itself."""
    there = gauges.there()
    for month in (1, 2):
        of = [[row for row in rows if row[1].month == month] for rows in (there, old, new)]
        assert of[0] in of[1:], month


def _expect_the_end(gauges: Town, new: list[Any]) -> None:
    stood = {"2024-01", "2024-02"} - gauges.lacks().keys()
    assert gauges.send(LATER).sent.keys().isdisjoint(stood), "what was sent is not sent again"
    assert gauges.there() == new
    assert gauges.lacks() == {}
    last = {one.partition: one.fingerprint for one in gauges.noted()}
    states = gauges.platform.lake.table(TABLE).partitions()
    assert last == {key: state.fingerprint for key, state in states.items()}, "the lake knows what the target has"
    before = gauges.files()
    assert gauges.send(LATER).sent == {}
    assert gauges.files() == before


@pytest.mark.skipif(not is_possible(), reason="only a Linux kernel tells of touches before they happen")
def test_killed_before_any_change_of_a_file_the_same_holds(tmp_path: Path) -> None:
    """SQLite's own files are among them."""
    home, kept = tmp_path / "home", tmp_path / "kept"
    gauges = town(tmp_path, _below(home))
    old, new = _corrected(gauges)
    gauges = still(gauges)
    shutil.copytree(home, kept)
    with Victims(tmp_path, dying.__name__) as victims:
        with victims.start("send", home, tmp_path, watched=True) as victim:
            steps = dict.fromkeys(step for touch in victim.touches() if _WRITTEN.search(step := step_of(touch)))
        assert {step.split()[0] for step in steps} >= {"open", "write", "remove", "rename"}, steps
        for step, time in [*((step, 1) for step in steps), *((step, 4) for step in steps if step.startswith("write"))]:
            shutil.rmtree(home)
            shutil.copytree(kept, home)
            with victims.start("send", home, tmp_path, watched=True) as victim:
                _kill_before(victim, step, time)
            _expect_old_or_new(gauges, old, new)
            _expect_the_end(gauges, new)


def _kill_before(victim: Victim, step: str, time: int) -> None:
    """Before a kind of change happens for the n-th time, if it does."""
    met = itertools.count(1)
    victim.kill_before(lambda _, touch: step_of(touch) == step and next(met) == time)


def _below(home: Path) -> Database:
    home.mkdir()
    found = Database("sqlite", f"sqlite:///{home}/target.sqlite", f"{home}/target.sqlite")
    found.run("CREATE TABLE theirs (a INTEGER)")
    return found


def _corrected(gauges: Town) -> tuple[list[Any], list[Any]]:
    """What the target has, and what it lacks by now."""
    gauges.send()
    old = gauges.there()
    gauges.rains("2024-01", 1.5, 30)
    gauges.rains("2024-02", 4, 5)
    gauges.run(LATER)
    return old, gauges.here("place", "reading_date", "rain_mm")


def test_killed_before_a_statement_the_same_holds(gauges: Town) -> None:
    old, new = _corrected(gauges)
    gauges = still(gauges)
    died = 0
    with Victims(gauges.folder.parents[1], dying.__name__) as victims:
        for number in range(0, 1000, _STATEMENTS_BETWEEN):
            with victims.start("send_and_die_before", gauges.home, gauges.folder.parents[1], number) as victim:
                victim.ends_within(None)
            _expect_old_or_new(gauges, old, new)
            if not gauges.lacks():
                break
            died += 1
    assert died > 3
    _expect_the_end(gauges, new)


def test_of_two_at_once_each_partition_is_sent_by_one(gauges: Town) -> None:
    gauges.run()
    both = Barrier(2)

    def send(number: int) -> set[str]:
        platform = gauges.platform
        both.wait()
        return set(write_back(platform, platform.catalog.model(TABLE), now=LATER, run_id=str(number)).sent)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(send, range(2))
    assert first | second == {"2024-01", "2024-02"}
    assert first & second == set()
    assert gauges.there() == gauges.here("place", "reading_date", "rain_mm")
    assert gauges.lacks() == {}
