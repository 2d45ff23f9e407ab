"""`python -m benchmarks.year`: twelve months of trips, staged and curated, against scripts written by hand."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.conditions import environment, headline, told
from benchmarks.source import YEAR
from data_platform.steps.measure import Cost

_FOLDER = Path(__file__).parent
_YARDSTICK = _FOLDER.parents[1] / "shared" / "bench"
_STAGING = {"library": "the platform", "bare": "A: plain script", "few": "B: best script"}
_CURATING = {"curated-library": "the platform", "curated-by-hand": "the same SELECTs, copied to a file each"}
# What else one would do it with: the yardstick's scripts, where they and their libraries are at hand.
_OTHERS = ("duckdb", "polars", "pandas", "pyspark")
_LITTLE_MEMORY = "300MB"
_MB = 1e6
_MIB = 2**20


@dataclass(frozen=True)
class Staged:
    """The cost of a year, and of its first month alone."""

    year: Cost
    first: Cost


def main(arguments: list[str]) -> int:
    """Measures, writes the page and shows it. Raises RuntimeError when a side failed or made other rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--rows", type=int, default=3_300_000, help="rows of each generated month (default 3300000)")
    parser.add_argument("--months", type=int, default=12, choices=range(1, 13), help="how many months (default 12)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each side runs (default 2)")
    parser.add_argument("--yardstick", type=Path, default=_YARDSTICK, help="folder of ref_polars.py and others, if any")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_year.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, load = datetime.now(UTC), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        run = _Run(Path(folder).resolve(), chosen.months)
        run.prepare(chosen.rows)
        lines = [
            "# A year of trips",
            "",
            headline("benchmarks.year", arguments, began, load),
            "",
            *_staging(run.rounds(_STAGING, chosen.rounds, run.stage), chosen.months, chosen.rows),
            *_curating(run.rounds(_CURATING, chosen.rounds, run.curate)),
            *_little_memory(run.stage("library", memory_limit=_LITTLE_MEMORY)),
            *_others(run.others(chosen.yardstick)),
        ]
    text = "\n".join(lines) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


class _Run:
    """The folders of one benchmark and the processes that work in them."""

    def __init__(self, root: Path, months: int) -> None:
        self.root = root
        self.months = months

    def prepare(self, rows: int) -> None:
        self._told("generate", self.root / "ready", "--rows", str(rows))
        self._told("prepare", self.root / "ready")

    def rounds(
        self, sides: Mapping[str, str], rounds: int, run: Callable[[str], dict[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Side → what it told in each round; the sides take turns. Raises RuntimeError when they made other rows."""
        found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                found[side].append(run(side))
        made = {side: answer["made"] for side, answers in found.items() for answer in answers}
        if len({json.dumps(each) for each in made.values()}) > 1:
            raise RuntimeError(f"the sides made different rows: {made}")
        return found

    def stage(self, side: str, **settings: str) -> dict[str, Any]:
        """From a lake that has received the year; what `library` made is what is curated later."""
        home = self.root / "home"
        _copy(self.root / "ready", home)
        answer: dict[str, Any] = self._told(side, home, **settings)
        if side == "library":
            shutil.rmtree(self.root / "staged", ignore_errors=True)
            home.rename(self.root / "staged")
        return answer

    def curate(self, side: str) -> dict[str, Any]:
        home = self.root / "home"
        _copy(self.root / "staged", home)
        answer: dict[str, Any] = self._told(side, home)
        return answer

    def others(self, yardstick: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Each library and what its script took for the first month; None where one of both is missing."""
        for library in _OTHERS:
            script, measure = yardstick / f"ref_{library}.py", yardstick / "measure.py"
            if not (script.exists() and measure.exists() and find_spec(library) and find_spec("psutil")):
                yield library, None
                continue
            flat, lake = self.root / "flat", self.root / f"lake-{library}"
            command = [sys.executable, str(measure), library, "--", sys.executable, str(script), "stage"]
            done = subprocess.run(
                [*command, str(flat), str(lake), "--month", YEAR[0]], capture_output=True, text=True, check=True
            )
            answer = json.loads(done.stdout)
            yield library, answer

    def _told(self, step: str, home: Path, *options: str, **settings: str) -> Any:
        source = (self.root / "source").as_uri()
        env = environment(home, sources="live", tlc_url=source, first_partition=YEAR[0], **settings)
        command = ["-m", "benchmarks.year_sides", step, str(self.root), "--months", str(self.months), *options]
        return told(command, env, self.root)


def _copy(home: Path, to: Path) -> None:
    """By hard links: no file of a lake is ever changed."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to, copy_function=os.link)


def _staging(found: Mapping[str, list[dict[str, Any]]], months: int, rows: int) -> list[str]:
    sides = {
        side: [Staged(Cost(**answer["year"]), Cost(**answer["first"])) for answer in answers]
        for side, answers in found.items()
    }
    marks = [[each.year for each in sides[side]] for side in ("bare", "few")]
    made = found["library"][0]["made"]
    lines = [
        f"## Raw to staged: {months} months of {rows:,} rows",
        "",
        f"In one warm process for each side, medians of {len(marks[0])} rounds. All made the same rows: "
        f"{made[0]:,} clean, {made[1]:,} rejected.",
        "",
        "| | wall s | to A | to B | CPU s | to A | to B | peak MB | to A | to B | peak of the first month | grows |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for side, rounds in sides.items():
        growth = median(each.year.peak_mb / each.first.peak_mb for each in rounds)
        first = median(each.first.peak_mb for each in rounds)
        lines.append(
            f"| {_STAGING[side]} | {_row([each.year for each in rounds], marks)} | {first:.0f} | {growth:.2f}x |"
        )
    return [*lines, ""]


def _curating(found: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    lines = [
        "## Staged to curated",
        "",
        "Every curated table of the dataset over the same months; the platform also checks rules, grains and "
        "reconciles, and commits.",
        "",
        "| table | platform, wall s | by hand | | platform, CPU s | by hand | |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    ours, theirs = found["curated-library"], found["curated-by-hand"]
    for table in ours[0]["tables"]:
        cells = []
        for figure in ("wall_seconds", "cpu_seconds"):
            a = [answer["tables"][table][figure] for answer in ours]
            b = [answer["tables"][table][figure] for answer in theirs]
            ratio = median(x / y for x, y in zip(a, b, strict=True))
            cells.append(f"{median(a):.2f} | {median(b):.2f} | {ratio:.2f}x")
        lines.append(f"| {table} | {' | '.join(cells)} |")
    return [*lines, ""]


def _little_memory(answer: Mapping[str, Any]) -> list[str]:
    year = Cost(**answer["year"])
    return [
        "## With little memory",
        "",
        f"`DATA_PLATFORM_MEMORY_LIMIT={_LITTLE_MEMORY}`: the same rows in {year.wall_seconds:.1f} s "
        f"({year.cpu_seconds:.1f} CPU s); peak of the process {year.peak_mb:.0f} MB, Python and libraries included.",
        "",
    ]


def _others(found: Iterator[tuple[str, dict[str, Any] | None]]) -> list[str]:
    lines = [
        "## Other libraries",
        "",
        f"One month ({YEAR[0]}), the yardstick's scripts (other rules, no account), start-up included, once:",
        "",
        "| | wall s | CPU s | peak MB of all processes |",
        "|---|--:|--:|--:|",
    ]
    for library, answer in found:
        if answer is None:
            told = "not installed here | | "
        elif answer["rc"] != 0:
            last = answer["err"].strip().rpartition("\n")[2]
            told = f"failed with exit code {answer['rc']} {last[:100]} | | "
        else:
            told = f"{answer['wall']:.1f} | {answer['cpu']:.1f} | {answer['peak_mb'] * _MIB / _MB:.0f}"
        lines.append(f"| {library} | {told} |")
    return lines


def _row(found: Sequence[Cost], marks: Sequence[Sequence[Cost]]) -> str:
    cells = []
    for figure, digits in (("wall_seconds", 1), ("cpu_seconds", 1), ("peak_mb", 0)):
        ours = [getattr(cost, figure) for cost in found]
        cells.append(f"{median(ours):.{digits}f}")
        for mark in marks:
            ratio = median(x / getattr(cost, figure) for x, cost in zip(ours, mark, strict=True))
            cells.append(f"{ratio:.2f}x")
    return " | ".join(cells)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
