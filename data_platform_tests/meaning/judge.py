"""`python -m data_platform_tests.meaning.judge` judges the checker on labelled aggregations; `--write` makes
the page. A wrong case is caught by a fault that its label names, at its line; a right one is a false alarm by any.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import data_platform.datasets
from data_platform.components.datasets import MISTAKES, read_datasets
from data_platform.meaning.kinds import FAULTS
from data_platform.planning.catalog import ModelTable
from data_platform.settings import Settings
from data_platform_tests.meaning.checked import Checked, checked
from data_platform_tests.meaning.corpus_cases import CORPUS, HELD_OUT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "meaning_judged.md"
_SHIPPED = Path(data_platform.datasets.__path__[0])


@dataclass(frozen=True)
class Verdict:
    """What the checker says of all cases."""

    cases: Sequence[Checked]

    @cached_property
    def wrong(self) -> list[Checked]:
        return [case for case in self.cases if case.is_wrong]

    @cached_property
    def right(self) -> list[Checked]:
        return [case for case in self.cases if not case.is_wrong]

    @cached_property
    def missed(self) -> list[Checked]:
        return [case for case in self.wrong if not case.is_caught]

    @cached_property
    def alarmed(self) -> list[Checked]:
        return [case for case in self.right if case.told]

    @cached_property
    def misread(self) -> list[tuple[Checked, str]]:
        return [(case, column) for case in self.right for column in case.misread]

    @property
    def caught_share(self) -> float:
        return 1 - len(self.missed) / len(self.wrong)

    @property
    def false_alarm_share(self) -> float:
        return len(self.alarmed) / len(self.right)


def shipped() -> tuple[int, int, tuple[str, ...]]:
    """Models of the shipped datasets, those with a meaning in their columns, and what is told of any."""
    with TemporaryDirectory() as home:
        try:
            catalog = read_datasets(_SHIPPED, Settings(home=Path(home))).catalog
        except MISTAKES as mistake:
            return 0, 0, tuple(str(mistake).splitlines())
    models = [table for table in catalog if isinstance(table, ModelTable)]
    meant = [table for table in models if any(spec.semantic for spec in table.contract.columns.values())]
    return len(models), len(meant), ()


def page(verdict: Verdict, held_out: Verdict) -> str:
    """The page as Markdown: the corpus, and the cases that the checker's author did not see."""
    return "\n".join([*_lines(verdict), *_lines_of_held_out(held_out)]) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    yield _OPENING
    yield from _table(verdict)
    yield ""
    yield "## By fault\n"
    yield "| fault | what it is | cases | caught |"
    yield "| --- | --- | --- | --- |"
    for name, what in FAULTS.items():
        of = [case for case in verdict.wrong if name in case.case.faults]
        caught = sum(case.is_caught for case in of)
        yield f"| `{name}` | {what} | {len(of)} | {caught} |"
    yield ""
    yield "## What it gets wrong\n"
    yield from _mistakes(verdict)


def _lines_of_held_out(verdict: Verdict) -> Iterator[str]:
    yield _HELD_OUT
    yield from _figures(verdict)
    yield ""
    yield "What it gets wrong there:\n"
    yield from _mistakes(verdict)


def _mistakes(verdict: Verdict) -> Iterator[str]:
    for case in verdict.missed:
        told = ", ".join(f"{name} at line {line}" for name, line in case.told) or "nothing"
        wanted = " or ".join(case.case.faults)
        yield f"- missed: {case.case.name}: {wanted} at line {case.case.line}; told: {told}"
    for case in verdict.alarmed:
        for fault in case.found.faults:
            yield f"- false alarm: {case.case.name}: line {fault.line}: {fault.text}"
    for case, column in verdict.misread:
        yield f"- misread: {case.case.name}: {column}"
    if not (verdict.missed or verdict.alarmed or verdict.misread):
        yield "Nothing in this set."
    yield ""


def _table(verdict: Verdict) -> Iterator[str]:
    yield from _figures(verdict)
    models, meant, told = shipped()
    yield f"| shipped models ({meant} of {models} with meanings), alarms | {models} | {len(told)} | none |"


def _figures(verdict: Verdict) -> Iterator[str]:
    labelled = sum(len(case.case.output) for case in verdict.right)
    yield "| | cases | | wanted |"
    yield "| --- | --- | --- | --- |"
    wrong, right = len(verdict.wrong), len(verdict.right)
    caught, alarmed = wrong - len(verdict.missed), len(verdict.alarmed)
    yield f"| wrong, caught | {wrong} | {caught} ({verdict.caught_share:.1%}) | at least 95 % |"
    yield f"| right, false alarms | {right} | {alarmed} ({verdict.false_alarm_share:.1%}) | at most 2 % |"
    yield f"| columns whose meaning is labelled, misread | {labelled} | {len(verdict.misread)} | |"


_OPENING = """\
# Wrong arithmetic, judged

How well [the checker of meanings](meaning.md) tells wrong aggregations from right ones: on SELECTs of real shapes, each
labelled by hand before there was a checker (`data_platform_tests/meaning/corpus/`). A wrong one is caught only by a
fault that its label names, at the line that its label names. Written by
`python -m data_platform_tests.meaning.judge --write`; a test sees that it is what the checker says today.
"""


_HELD_OUT = """\
## A second set

Labelled at the same time by the same hand, over other domains and in other shapes, and kept from the checker's author
(`data_platform_tests/meaning/heldout/`). Nothing in the checker was changed after it was seen: this is the better guess
at SQL that nobody has written yet.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.meaning.judge", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/meaning_judged.md instead of printing it")
    chosen = parser.parse_args()
    text = page(Verdict(tuple(checked(CORPUS))), Verdict(tuple(checked(HELD_OUT))))
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
