"""SIGKILL at every step of receiving and staging, and two processes at one slot, whatever the kind of source."""

from collections.abc import Iterator

import pytest

from data_platform_tests.conformance import actions
from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.killing import killing
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage
from data_platform_tests.proof.kill_touches import is_possible
from data_platform_tests.proof.kill_victims import Victims

_BEFORE = {JANUARY: list(records(JANUARY, range(30)))}
_AFTER = {
    JANUARY: list(records(JANUARY, range(20))) + list(records(JANUARY, range(20, 40), changed=1)),
    FEBRUARY: list(records(FEBRUARY, range(40, 60))),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="only a Linux kernel tells of touches before they happen"),
]


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with Victims(tmp_path_factory.mktemp("victims"), actions.__name__) as it:
        yield it


@over("kill -9")
def test_killed_at_any_step_nobody_sees_a_part_and_new_work_ends_as_if_alone(stage: Stage, victims: Victims) -> None:
    of = killing(stage, victims, _BEFORE, _AFTER)
    steps = of.steps()
    assert {step.split()[0] for step in steps} >= {"write", "rename", "link", "remove"}, steps
    for step in steps:
        of.kill_before(step)


@over("two at once")
def test_of_two_processes_at_a_slot_one_writes_it_down(stage: Stage, victims: Victims) -> None:
    killing(stage, victims, _BEFORE, _AFTER).overtake(r"link lake/ledger/records/_delta_log")
