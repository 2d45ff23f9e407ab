"""`python -m benchmarks.stale`: what the question *what is stale?* costs over many tables of many partitions."""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.conditions import environment, headline, loop_seconds, pace, told

_FOLDER = Path(__file__).parent
_NOTES = ("definitions.checked", "tables.settled")


@dataclass(frozen=True)
class Question:
    """What was asked in which state, what it cost in each round (wall and CPU seconds), and what was stale."""

    state: str
    rounds: list[tuple[float, float]]
    stale: int


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stale", description=__doc__)
    parser.add_argument("--tables", type=int, default=1000, help="a multiple of ten (default 1000)")
    parser.add_argument("--months", type=int, default=100, help="partitions of each table (default 100)")
    parser.add_argument("--commits", type=int, default=4, help="commits in which each table was built (default 4)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is asked (default 3)")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_stale.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, load, loop = datetime.now(UTC), os.getloadavg()[0], loop_seconds()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        found = measure(Path(folder).resolve(), chosen.tables, chosen.months, chosen.commits, chosen.rounds)
    lines = [
        "# What is stale?",
        "",
        f"{headline('benchmarks.stale', arguments, began, load)}",
        "",
        f"{chosen.tables:,} tables ({chosen.tables * 4 // 10:,} raw, the rest models), {chosen.months} partitions "
        f"each, each model built in {chosen.commits} commits. `stale()` alone, each time in a process of its own, "
        f"medians of {chosen.rounds}.",
        "",
        "| | stale partitions | wall s | CPU s | ms per table |",
        "|---|--:|--:|--:|--:|",
        *(_line(question, chosen.tables) for question in found),
    ]
    text = "\n".join([*lines, "", pace(loop)]) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def measure(root: Path, tables: int, months: int, commits: int, rounds: int) -> list[Question]:
    """Each question in turn; the lake stays the same until one table, then ten more, have moved."""
    shape = ["--tables", str(tables), "--months", str(months), "--commits", str(commits)]
    _step(root, "write", *shape)
    found = [
        _asked(root, "cold: nothing kept, the file system's cache warm", "ask", rounds, shape, forget=True),
        _asked(root, "warm: nothing changed", "ask", rounds, shape),
        _asked(root, "warm, and each file of the local sources looked at", "ask-sources", rounds, shape),
    ]
    for moved in (1, 10):
        _step(root, "move", "--tables", str(moved))
        found.append(_asked(root, f"{moved} table{'s' * (moved > 1)} moved since", "ask", 1, shape))
    return found


def _asked(root: Path, state: str, step: str, rounds: int, shape: list[str], *, forget: bool = False) -> Question:
    costs, stale = [], 0
    for _ in range(rounds):
        if forget:
            (root / "home" / _NOTES[1]).unlink(missing_ok=True)
        answer = _step(root, step, *shape)
        costs.append((answer["wall"], answer["cpu"]))
        stale = round(answer["stale"])
    return Question(state, costs, stale)


def _step(root: Path, step: str, *arguments: str) -> dict[str, float]:
    command = ["-m", "benchmarks.stale_side", step, str(root), *arguments]
    answer: dict[str, float] = told(command, environment(root / "home"), root)
    return answer


def _line(question: Question, tables: int) -> str:
    wall = median(wall for wall, _ in question.rounds)
    cpu = median(cpu for _, cpu in question.rounds)
    return f"| {question.state} | {question.stale} | {wall:.2f} | {cpu:.2f} | {wall / tables * 1000:.2f} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
