"""SIGKILL at every step of receiving and staging, and two processes at one slot, whatever the kind of source."""

import pytest

from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.killing import killing
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage
from data_platform_tests.proof.kill_touches import is_possible

_BEFORE = {JANUARY: list(records(JANUARY, range(30)))}
_AFTER = {
    JANUARY: list(records(JANUARY, range(20))) + list(records(JANUARY, range(20, 40), changed=1)),
    FEBRUARY: list(records(FEBRUARY, range(40, 60))),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="only a Linux kernel tells of touches before they happen"),
]


@over("kill -9")
def test_killed_at_any_step_nobody_sees_a_part_and_new_work_ends_as_if_alone(stage: Stage) -> None:
    with killing(stage, _BEFORE, _AFTER) as of:
        steps = of.steps()
        assert len(steps) >= 10, steps
        for step in steps:
            of.kill_before(step)


@over("two at once")
def test_of_two_processes_at_a_slot_one_writes_it_down(stage: Stage) -> None:
    with killing(stage, _BEFORE, _AFTER) as of:
        of.overtake(r"link lake/ledger/records/_delta_log")
