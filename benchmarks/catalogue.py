"""`python -m benchmarks.catalogue`: the catalogue of many tables: writing it, its size, opening and searching it."""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.conditions import environment, headline, loop_seconds, pace, told

_FOLDER = Path(__file__).parent
_MOVES = {
    "write": "writing it, nothing read before",
    "unchanged": "asking whether it is behind, when it is not",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue", description=__doc__)
    parser.add_argument("--tables", type=int, default=1000, help="a multiple of ten (default 1000)")
    parser.add_argument("--months", type=int, default=100, help="partitions of each table (default 100)")
    parser.add_argument("--commits", type=int, default=4, help="commits in which each table was built (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_catalogue.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, load, loop = datetime.now(UTC), os.getloadavg()[0], loop_seconds()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder).resolve()
        shape = ["--tables", str(chosen.tables), "--months", str(chosen.months), "--commits", str(chosen.commits)]
        _step(root, "lake", *shape)
        costs = {step: [_step(root, step, *shape) for _ in range(chosen.rounds)] for step in _MOVES}
        size = _step(root, "size", *shape)
        browsed = [_step(root, "browse", *shape) for _ in range(chosen.rounds)]
    lines = [
        "# The catalogue of many tables",
        "",
        headline("benchmarks.catalogue", arguments, began, load),
        "",
        f"{chosen.tables:,} tables of {size['columns'] / chosen.tables:.0f} columns in the mean, {chosen.months} "
        f"partitions each, nothing published. {size['files']:,.0f} files, {size['bytes'] / 1e6:.1f} MB in all; the "
        f"index has {size['index'] / 1e6:.2f} MB, its search data {size['search'] / 1e6:.2f} MB, a page of a table "
        f"{size['page'] / 1e3:.0f} kB in the mean. Each time in a process of its own, medians of {chosen.rounds}.",
        "",
        "| | wall s | CPU s |",
        "|---|--:|--:|",
        *(
            f"| {title} | {_median(costs[step], 'wall'):.2f} | {_median(costs[step], 'cpu'):.2f} |"
            for step, title in _MOVES.items()
        ),
        "",
        "In headless Chromium, from the file: the index until it is drawn and can be searched, and the time from a "
        "letter typed until its results are laid out (of seven queries, letter by letter).",
        "",
        "| | ms |",
        "|---|--:|",
        f"| the index opens | {_median(browsed, 'open'):.0f} |",
        f"| a letter, median | {_median(browsed, 'letter_median'):.1f} |",
        f"| a letter, the slowest | {_median(browsed, 'letter_slowest'):.1f} |",
    ]
    text = "\n".join([*lines, "", pace(loop)]) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _median(found: list[Mapping[str, float]], what: str) -> float:
    return median(each[what] for each in found)


def _step(root: Path, step: str, *arguments: str) -> Mapping[str, float]:
    command = ["-m", "benchmarks.catalogue_side", step, str(root), *arguments]
    answer: dict[str, float] = told(command, environment(root / "home"), root)
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
