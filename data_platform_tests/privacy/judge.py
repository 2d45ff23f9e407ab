"""`python -m data_platform_tests.privacy.judge` judges the detectors on generated labelled texts; `--write` makes the
page. A value is found when all of it is covered by a span of its kind; a span is right when it lies over such a value.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from data_platform.privacy.detectors import REGIONS, Span, spans
from data_platform_tests.privacy.labelled import SEED, Label, Labelled, labelled

PAGE = Path(__file__).resolve().parents[2] / "docs" / "privacy_judged.md"
KINDS = ("email", "phone", "handle", "card", "iban")


@dataclass(frozen=True)
class Verdict:
    """What the detectors find in all texts."""

    texts: Sequence[Labelled]
    found: Sequence[Sequence[Span]] = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[Labelled]) -> "Verdict":
        return cls(texts, [spans(each.text) for each in texts])

    @cached_property
    def forms(self) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
        """Values by kind and form: all, and those that were found."""
        there: Counter[tuple[str, str]] = Counter()
        seen: Counter[tuple[str, str]] = Counter()
        for each, found in zip(self.texts, self.found, strict=True):
            for label in each.labels:
                there[label.kind, label.form] += 1
                covered = any(s.start <= label.start and label.end <= s.end and s.kind == label.kind for s in found)
                seen[label.kind, label.form] += covered
        return there, seen

    @cached_property
    def alarms(self) -> Counter[tuple[str, str]]:
        """Spans that lie over no value of their kind, by kind and what they lie over."""
        wrong: Counter[tuple[str, str]] = Counter()
        for each, found in zip(self.texts, self.found, strict=True):
            for span in found:
                if not any(_lies_over(span, label) and label.kind == span.kind for label in each.labels):
                    under = [what for start, end, what in each.traps if start < span.end and span.start < end]
                    under += [f"a value of kind {label.kind}" for label in each.labels if _lies_over(span, label)]
                    wrong[span.kind, under[0] if under else "the text around"] += 1
        return wrong

    def values(self, kind: str) -> int:
        return sum(count for (of, _), count in self.forms[0].items() if of == kind)

    def recall(self, kind: str) -> float:
        return sum(count for (of, _), count in self.forms[1].items() if of == kind) / self.values(kind)

    def spans(self, kind: str) -> int:
        return sum(span.kind == kind for found in self.found for span in found)

    def precision(self, kind: str) -> float:
        return 1 - sum(count for (of, _), count in self.alarms.items() if of == kind) / self.spans(kind)


def _lies_over(span: Span, label: Label) -> bool:
    return label.start < span.end and span.start < label.end


def page(verdict: Verdict) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(verdict)) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    traps = sum(len(each.traps) for each in verdict.texts)
    yield _OPENING.format(texts=len(verdict.texts), seed=SEED, traps=traps, regions=", ".join(REGIONS))
    yield "| kind | values | found (recall) | spans told | of these right (precision) |"
    yield "| --- | --- | --- | --- | --- |"
    for kind in KINDS:
        recall, precision = verdict.recall(kind), verdict.precision(kind)
        yield f"| {kind} | {verdict.values(kind)} | {recall:.1%} | {verdict.spans(kind)} | {precision:.1%} |"
    yield "\n## By form\n"
    yield "| kind | form | values | found |"
    yield "| --- | --- | --- | --- |"
    there, seen = verdict.forms
    for kind, form in sorted(there):
        yield f"| {kind} | {form} | {there[kind, form]} | {seen[kind, form] / there[kind, form]:.1%} |"
    yield "\n## What is taken for personal and is not\n"
    yield "| taken for | what it is | how often |"
    yield "| --- | --- | --- |"
    for (kind, what), count in sorted(verdict.alarms.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {kind} | {what} | {count} |"


_OPENING = """\
# Redaction, judged

How well [the detectors](privacy.md#what-is-found-in-free-text) find what is personal by its form: on {texts} generated
texts (seed {seed}) in several languages and scripts, with {traps} order numbers, prices, dates and the like among them.
The generator (`data_platform_tests/privacy/labelled.py`) shares nothing with the detectors. An address that is spelled
out counts as a value, and so does a number in the national form of a country that is not looked for (looked for are
those of {regions}). Written by `python -m data_platform_tests.privacy.judge --write`; a test sees that it is what the
detectors say today.

These are texts that a generator wrote: real ones have forms that nobody thought of.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.privacy.judge", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/privacy_judged.md instead of printing it")
    chosen = parser.parse_args()
    began = time.process_time()
    verdict = Verdict.of(list(labelled()))
    seconds = time.process_time() - began
    if chosen.write:
        PAGE.write_text(page(verdict), encoding="utf-8")
    else:
        sys.stdout.write(page(verdict))
        sys.stdout.write(f"\n{len(verdict.texts) / seconds:,.0f} texts a CPU second\n")


if __name__ == "__main__":
    main()
