"""`python -m data_platform_tests.conformance.table --write`: what every kind of source passes, into docs/sources.md."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from data_platform_tests.conformance.cases import CASES
from data_platform_tests.conformance.kinds.all_kinds import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"
_PART = re.compile(r"(?<=<!-- conformance -->\n).*(?=<!-- /conformance -->)", re.DOTALL)


def table() -> str:
    """A line for each case, a column for each kind; and why where a case says nothing about one."""
    return "\n".join(["", *_lines(), ""])


def _lines() -> Iterator[str]:
    whys = list(dict.fromkeys(why for kind in KINDS.values() for why in kind.not_for.values()))
    yield "| case | what holds | " + " | ".join(f"`{name}`" for name in KINDS) + " |"
    yield "| --- | --- |" + " --- |" * len(KINDS)
    for case, holds in CASES.items():
        noted = [f"({whys.index(kind.not_for[case]) + 1})" if case in kind.not_for else "✓" for kind in KINDS.values()]
        yield f"| {case} | {holds} | {' | '.join(noted)} |"
    yield ""
    yield from (f"({number}) {why}  " for number, why in enumerate(whys, 1))
    yield ""
    yield "| kind | played by | a slot without records |"
    yield "| --- | --- | --- |"
    yield from (f"| `{kind.name}` | {kind.played_by} | {kind.empty} |" for kind in KINDS.values())


def written(page: str) -> str:
    """The page with today's table in its place."""
    return _PART.sub(lambda _: table() + "\n", page)


def main(arguments: list[str]) -> int:
    """Prints the table, or writes it."""
    if arguments == ["--write"]:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
