"""The page of all mistakes: what an author does, and what the platform says of it today."""

from collections.abc import Iterator
from functools import cache

from data_platform_tests.proof.mistakes.chapters import CHAPTERS

OPENING = """\
# Mistakes, and what is said of them

Made in a copy of a small dataset: rain gauges, a file a month, and their places. `-` and `+` are the lines that the
author took away and wrote. Below them stands all that is said: file and line, what was found, what was expected, and
what to do. `dg check defs`, `dagster definitions validate`, `make run` and `make plan` say the same. Before that,
`dg check defs` checks each `defs.yaml` against its schema, in Dagster's words.

All mistakes are told at once: first those of each file, then those of tables that do not fit together. A SELECT tells
its first.

This page is written by `python -m data_platform_tests.proof.mistakes --write`; a test sees that it is what the
platform says today.
"""


@cache
def told(chapter: str, title: str) -> tuple[str, ...]:
    """What is said of one mistake, asked once."""
    return CHAPTERS[chapter][title].told()


def page() -> str:
    """The page as Markdown."""
    return "\n".join((OPENING, *_chapters()))


def _chapters() -> Iterator[str]:
    for chapter, mistakes in CHAPTERS.items():
        yield f"## {chapter}\n"
        for title, mistake in mistakes.items():
            yield f"**{title[0].upper()}{title[1:]}**\n"
            yield "\n".join(("```diff", *mistake.change, "```", "```text", *told(chapter, title), "```", ""))
