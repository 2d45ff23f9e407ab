"""How a text feels about its subject, by a named model; a language that the model does not speak is not scored."""

import functools
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

MODEL = "vader"
LANGUAGES = frozenset({"en"})
"""Those that the model's lexicon is of."""
UNSCORED = "unscored"
# The bounds that VADER's authors recommend: https://github.com/cjhutto/vaderSentiment#about-the-scoring
POSITIVE, NEGATIVE = 0.05, -0.05
# VADER's time grows with more than the square of the words: 2 ms for 400 of them, 5 minutes for 40,000.
MOST_CHARACTERS = 2000


def model_version() -> str:
    """The installed version of the model."""
    return version("vadersentiment")


def compounds(texts: Sequence[str | None], languages: Sequence[str | None]) -> Iterator[float | None]:
    """For each text VADER's compound score from -1 to 1; None where there is none, or in a language it does not speak.

    Of a long text the first 2,000 characters count.
    """
    score = _analyzer().polarity_scores
    for text, language in zip(texts, languages, strict=True):
        yield float(score(text[:MOST_CHARACTERS])["compound"]) if text and language in LANGUAGES else None


def label(compound: float | None) -> str:
    """`positive`, `neutral` or `negative`; `unscored` without a score."""
    if compound is None:
        return UNSCORED
    return "positive" if compound >= POSITIVE else "negative" if compound <= NEGATIVE else "neutral"


@functools.cache
def _analyzer() -> "SentimentIntensityAnalyzer":
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
