"""`python -m benchmarks.sentiment_quality [--write]`: how well languages and sentiment are told, on labelled sets.

Nothing but figures is printed or written: the texts are other people's.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.judging import Bin, accuracy, calibration_error, correlation, macro_f1, reliability
from benchmarks.labelled import REAL, Labelled, LabelledSet, labelled_sets
from data_platform.datasets.customer_feedback.sentiment import UNSCORED, compounds, label
from data_platform.datasets.customer_feedback.texts import UNKNOWN, cleaned, language

PAGE = Path(__file__).parents[1] / "docs" / "sentiment_judged.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


@dataclass(frozen=True)
class Told:
    """What the platform makes of a labelled text."""

    of: Labelled
    language: str
    compound: float | None


def told_of(found: LabelledSet) -> list[Told]:
    """Cleaned, identified and scored as the dataset does it."""
    texts = [cleaned(each.text) for each in found.texts]
    languages = [language(text)[0] for text in texts]
    scores = compounds(texts, languages)
    return [Told(*each) for each in zip(found.texts, languages, scores, strict=True)]


def page(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> str:
    """All figures, as Markdown."""
    return "\n".join(["", *_languages(sets), "", *_english(sets), "", *_calibration(sets), ""])


def _languages(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> Iterator[str]:
    yield f"py3langid {version('py3langid')}, VADER {version('vadersentiment')}."
    yield ""
    yield "### Languages, and what is not scored"
    yield ""
    yield "| set | licence | texts | language | found | `und` | another | most often | taken for English | unscored |"
    yield "| --- | --- | --: | --- | --: | --: | --: | --- | --: | --: |"
    for found, told in sets:
        code = found.texts[0].language
        codes = Counter(each.language for each in told)
        others = Counter({other: n for other, n in codes.items() if other not in (code, UNKNOWN)})
        most = ", ".join(f"{other} {_share(n, told)}" for other, n in others.most_common(2))
        english = "" if code == "en" else _share(codes["en"], told)
        unscored = sum(each.compound is None for each in told)
        yield (
            f"| {found.name} | {found.licence} | {len(told):,} | {code} | {_share(codes[code], told)} | "
            f"{_share(codes[UNKNOWN], told)} | {_share(others.total(), told)} | {most} | {english} | "
            f"{_share(unscored, told)} |"
        )


def _english(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> Iterator[str]:
    yield "### Sentiment of English texts"
    yield ""
    yield (
        "Of the texts that were scored: accuracy and macro-F1. *Two classes*: texts that are labelled positive or "
        "negative, and a neutral answer is wrong; *three* are where a twentieth or more are labelled neutral. *r* is "
        "Pearson's correlation of the compound score with the mean of twenty people's valence."
    )
    yield ""
    yield "| set | scored | r with people | three classes | macro-F1 | two classes | macro-F1 | told neutral |"
    yield "| --- | --: | --: | --: | --: | --: | --: | --: |"
    for found, told in _of_english(sets):
        scored = [each for each in told if each.compound is not None]
        rated = [(each.of.valence, each.compound) for each in scored if each.of.valence is not None]
        r = f"{correlation([(v, c or 0.0) for v, c in rated]):.3f}" if rated else ""
        pairs = _pairs(scored)
        two = [(was, is_) for was, is_ in pairs if was != "neutral"]
        three = _figures(pairs) if len(two) <= 0.95 * len(pairs) else ("", "")
        neutral = sum(is_ == "neutral" for _, is_ in two)
        figures = " | ".join((*three, *_figures(two)))
        yield f"| {found.name} | {len(scored):,} | {r} | {figures} | {_share(neutral, two)} |"


def _figures(pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    return f"{accuracy(pairs):.3f}", f"{macro_f1(pairs):.3f}"


def _calibration(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> Iterator[str]:
    yield "### Is a strong score more often right?"
    yield ""
    yield (
        "All English sets together, texts labelled positive or negative and scored beyond ±0.05: the absolute score as "
        "confidence, and the share of texts whose sign is right."
    )
    yield ""
    bins = calibration(sets)
    yield "| absolute score | texts | right |"
    yield "| --- | --: | --: |"
    for each in bins:
        yield f"| {each.confidence:.2f} | {each.texts:,} | {each.right:.1%} |"
    yield ""
    yield f"Expected calibration error: {calibration_error(bins):.3f}."


def calibration(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> list[Bin]:
    """Reliability of the absolute score over all texts of English sets that have a sign on both sides."""
    return reliability(
        [
            (abs(each.compound), label(each.compound) == each.of.sentiment)
            for _, told in _of_english(sets)
            for each in told
            if each.compound is not None
            and each.of.sentiment in ("positive", "negative")
            and label(each.compound) != "neutral"
        ]
    )


def _of_english(sets: Sequence[tuple[LabelledSet, list[Told]]]) -> list[tuple[LabelledSet, list[Told]]]:
    return [(found, told) for found, told in sets if found.texts[0].language == "en"]


def _pairs(told: Sequence[Told]) -> list[tuple[str, str]]:
    found = [(each.of.sentiment, label(each.compound)) for each in told]
    return [(was, is_) for was, is_ in found if was is not None and is_ != UNSCORED]


def _share(count: int, of: Sequence[object]) -> str:
    return f"{count / len(of):.1%}" if of else ""


def judged(root: Path = REAL) -> list[tuple[LabelledSet, list[Told]]]:
    """Each set and what the platform makes of its texts. Raises FileNotFoundError without the sets."""
    return [(found, told_of(found)) for found in labelled_sets(root)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sentiment_quality", description=__doc__)
    parser.add_argument("--data", type=Path, default=REAL, help="the folder with the labelled sets")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    chosen = parser.parse_args(arguments)
    figures = page(judged(chosen.data))
    if chosen.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{figures}{END}{rest.partition(END)[2]}", encoding="utf-8")
    sys.stdout.write(figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
