"""`python -m data_platform_tests.proof.mistakes` prints what is said of every mistake; `--write` makes the page.

`--broken` breaks each refusal of the product once, and prints those that no mistake would miss.
"""

import argparse
import sys
from pathlib import Path

from data_platform_tests.proof.mistakes import in_runs
from data_platform_tests.proof.mistakes.broken import reached, refusals, survivors
from data_platform_tests.proof.mistakes.chapters import CHAPTERS
from data_platform_tests.proof.mistakes.page import page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mistakes.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.mistakes", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/mistakes.md instead of printing it")
    parser.add_argument("--broken", action="store_true", help="break each refusal once (a few minutes)")
    chosen = parser.parse_args()
    if chosen.broken:
        sys.stdout.write("".join(f"{line}\n" for line in _broken()))
    elif chosen.write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


def _broken() -> list[str]:
    # What a run says is left out: it starts threads that a forked process does not have.
    chapters = {chapter: rows for chapter, rows in CHAPTERS.items() if rows is not in_runs.MISTAKES}
    mistakes = {f"{chapter}: {title}": told for chapter, rows in chapters.items() for title, told in rows.items()}
    by_place = reached(mistakes)
    left = list(survivors(mistakes, by_place))
    summary = f"{len(mistakes)} mistakes; {len(by_place)} of {len(refusals())} refusals are reached by one"
    return [f"{path}:{line}" for path, line in left] + [f"{summary}, and broken {len(left)} go unnoticed"]


if __name__ == "__main__":
    main()
