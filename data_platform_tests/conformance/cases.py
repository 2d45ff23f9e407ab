"""What every kind of source passes, in the words of the documentation, and the tests' list of kinds for each."""

from collections.abc import Mapping

import pytest

from data_platform_tests.conformance.kinds.all_kinds import KINDS
from data_platform_tests.conformance.played import Case

CASES: Mapping[Case, str] = {
    "paging": "a slot in several pages or files is there whole, each record once",
    "empty": "a slot without records is no fault, and gets its records when there are some",
    "resume": "a transfer that broke off half-way ends with the bytes of one that did not",
    "fault of the moment": "is waited out or told, and everything is there afterwards, once",
    "fault that stays": "is told at once by name; other slots arrive; once mended, so does this one",
    "malformed": "is told with its slot and line or record; nothing of it is visible; the version before stays",
    "delivered again": "is no second fact",
    "changed": "what the source says now takes the place of what it said, and can be taken back",
    "taken back": "a record that the source has no more is in no table any more",
    "late": "a record that appears after its slot was received is found and is there once",
    "clock skew": "the source's clock is five hours ahead or behind: nothing is lost, nothing is there twice",
    "huge": "memory does not grow with a slot",
    "kill -9": "at every step of receiving and staging: readers see the old or the new, and a new run ends as if alone",
    "new Dagster instance": "nothing is fetched again, and Dagster is told what the lake holds",
    "two at once": "one of two processes that receive a slot writes it down, and nothing is there twice",
}


def over(case: Case) -> pytest.MarkDecorator:
    """Runs a test over every kind of which the case says something."""
    kinds = [kind for kind in KINDS.values() if case not in kind.not_for]
    return pytest.mark.parametrize("kind", kinds, ids=[kind.name for kind in kinds])
