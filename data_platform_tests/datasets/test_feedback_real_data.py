"""Texts that people wrote and labelled, through the dataset's own cleaning, identification and scoring."""

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.judging import correlation
from benchmarks.labelled import LabelledSet
from benchmarks.sentiment_quality import BEGIN, END, PAGE, Told, calibration, judged, page
from data_platform.datasets.customer_feedback.texts import cleaned

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

Sets = list[tuple[LabelledSet, list[Told]]]


@pytest.fixture(scope="module")
def sets(real_data: Path) -> Sets:
    return judged(real_data / "feedback")


def _of(sets: Sets, name: str) -> list[Told]:
    return next(told for found, told in sets if found.name == name)


def test_the_page_has_the_figures_of_today(sets: Sets) -> None:
    text = PAGE.read_text(encoding="utf-8")
    told = text.partition(BEGIN)[2].partition(END)[0]
    assert told == page(sets), "write them again: python -m benchmarks.sentiment_quality --write"


def test_the_score_goes_with_what_people_feel_as_its_authors_report(sets: Sets) -> None:
    rated = [(t.of.valence, t.compound) for t in _of(sets, "vader tweets") if t.compound is not None]
    # The paper has 0.88 over all 4,200.
    assert correlation([(valence, score) for valence, score in rated if valence is not None]) > 0.85


@pytest.mark.parametrize(
    "name", ["nusax indonesian", "nusax javanese", "nusax minangkabau", "nsmc", "afrisenti amh", "afrisenti arq"]
)
def test_what_the_model_does_not_speak_is_not_scored(sets: Sets, name: str) -> None:
    told = _of(sets, name)
    assert len(told) > 400
    # Two film reviews in Korean have no Korean letter in them.
    assert sum(each.compound is not None for each in told) <= len(told) // 1000


def test_a_strong_score_is_more_often_right(sets: Sets) -> None:
    bins = calibration(sets)
    assert bins[0].right < 0.6
    assert bins[-1].right > 0.97
    assert all(later.right >= earlier.right - 0.02 for earlier, later in pairwise(bins))


def test_next_lines_and_emoji_of_real_texts_survive(real_data: Path, sets: Sets) -> None:
    texts = [each.of.text for _, told in sets for each in told]
    for sign in ("\u0085", "\U0001f602", "\u200d"):
        having = [text for text in texts if sign in text.strip()]
        assert having, repr(sign)
        assert [cleaned(text).count(sign) for text in having] == [text.strip().count(sign) for text in having]
    broken = (real_data / "feedback" / "brands_product_emotions_tweets.csv").read_bytes().decode("cp1252", "replace")
    assert "\x00" not in cleaned(broken)


def test_no_labelled_text_is_in_the_documentation(sets: Sets) -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert not [each for _, some in sets for each in some if len(each.of.text) > 20 and each.of.text in told]
