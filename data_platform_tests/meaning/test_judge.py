"""The checker on the labelled corpus: what it must catch, and where it must keep quiet."""

import pytest

from data_platform_tests.meaning.checked import checked
from data_platform_tests.meaning.corpus_cases import CORPUS, HELD_OUT
from data_platform_tests.meaning.judge import PAGE, Verdict, page


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return Verdict(tuple(checked(CORPUS)))


@pytest.fixture(scope="module")
def held_out() -> Verdict:
    return Verdict(tuple(checked(HELD_OUT)))


def test_nearly_all_wrong_aggregations_are_caught_at_their_line(verdict: Verdict) -> None:
    assert len(verdict.wrong) >= 60
    assert verdict.caught_share >= 0.95, [case.case.name for case in verdict.missed]


def test_hardly_any_right_aggregation_alarms(verdict: Verdict) -> None:
    assert len(verdict.right) >= 60
    assert verdict.false_alarm_share <= 0.02, [case.case.name for case in verdict.alarmed]


def test_what_its_author_did_not_see_is_caught_as_well(held_out: Verdict) -> None:
    assert len(held_out.wrong) >= 40
    assert held_out.caught_share >= 0.95, [case.case.name for case in held_out.missed]
    assert held_out.false_alarm_share <= 0.05, [case.case.name for case in held_out.alarmed]


def test_the_page_says_what_the_checker_says_today_and_shipped_models_are_free_of_alarms(
    verdict: Verdict, held_out: Verdict
) -> None:
    text = page(verdict, held_out)

    assert "with meanings), alarms | 28 | 0 | none |" in text
    assert PAGE.read_text(encoding="utf-8") == text, "python -m data_platform_tests.meaning.judge --write"
