"""What must hold of every attempt on a full disk; `disk_full` makes them, once for all tests here."""

import json
import re

import pytest

from data_platform_tests.proof import disk_full, small_disk
from data_platform_tests.proof.disk_full import Attempt
from data_platform_tests.proof.disk_steps import STEPS, Step

pytestmark = pytest.mark.slow

Attempts = list[Attempt]


@pytest.fixture(scope="module")
def attempts() -> Attempts:
    if not small_disk.mounting_is_allowed():
        pytest.skip("no small disk to fill: this user may not mount, neither as root nor in a namespace of its own")
    told = small_disk.run_where_mounting_is_allowed(disk_full.__name__, "--json")
    return [Attempt(**json.loads(line)) for line in told.splitlines()]


def test_readers_see_the_old_version_or_the_new_one_whole(attempts: Attempts) -> None:
    assert [attempt for attempt in attempts if attempt.stands not in ("old", "new")] == []
    assert [attempt for attempt in attempts if attempt.at is None and attempt.stands != "new"] == []


def test_what_failed_for_want_of_space_changed_nothing(attempts: Attempts) -> None:
    failed = [attempt for attempt in attempts if attempt.at is not None and attempt.step != "maintain"]
    assert [attempt for attempt in failed if attempt.stands != "old"] == []


def test_a_full_disk_is_told_with_the_place_and_what_to_do(attempts: Attempts) -> None:
    failed = [attempt for attempt in attempts if attempt.at is not None]
    assert {attempt.kind for attempt in failed} == {"DiskFull"}
    for attempt in failed:
        assert attempt.error is not None
        assert "no space left on the disk of /" in attempt.error
        assert "/disk/home/" in attempt.error
        assert "Free some space there, or set DATA_PLATFORM_HOME to a larger disk, and run again" in attempt.error


def test_what_does_not_fit_memory_and_disk_is_told_with_both(attempts: Attempts) -> None:
    spilled = [attempt.error for attempt in attempts if attempt.step == "spill"]
    assert spilled
    for error in spilled:
        assert error is not None
        assert re.search(r"on the disk of /\S+/home/tmp \(.*with more memory \(DATA_PLATFORM_MEMORY_LIMIT\)", error)


def test_the_next_run_completes_when_there_is_space_again(attempts: Attempts) -> None:
    assert [attempt for attempt in attempts if not attempt.completed] == []


def test_maintenance_leaves_nothing_of_what_failed_and_takes_nothing_else(attempts: Attempts) -> None:
    assert [attempt for attempt in attempts if attempt.left] == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_disk_was_full_in_each_part_of_the_step(attempts: Attempts, step: Step) -> None:
    """Or the tests above would have looked at less than they say."""
    assert {attempt.at for attempt in attempts if attempt.step == step.name} >= step.parts
