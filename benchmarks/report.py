"""The figures as a page of Markdown: medians, ratios, every round, and what they were measured with."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from statistics import median

from benchmarks.rounds import Measured
from data_platform import machine
from data_platform.steps.measure import Cost

TITLES = {
    "dagster": "the platform, asset materialized by Dagster",
    "library": "the platform, called as a library",
    "bare": "A: plain script, without the source columns",
    "few": "B: best script, without the source columns",
    "plain": "C: plain script, all columns of the table",
    "cte": "yardstick `--mode cte` (other rules, see README)",
    "best": "yardstick `--mode best` (other rules, see README)",
}
_PACKAGES = ("duckdb", "dagster", "deltalake", "pyarrow")


@dataclass(frozen=True)
class Figures:
    """All that one benchmark run has found. `load` is the machine's load average (1 minute) when it began."""

    command: str
    began: datetime
    load: float
    sides: Mapping[str, Sequence[Measured]]
    command_line: Cost


def page(figures: Figures) -> str:
    sides = figures.sides
    rounds = len(next(iter(sides.values())))
    scripts = _costs(sides["bare"]), _costs(sides["few"])
    made = sides["plain"][0].outcome
    rows = made.clean + made.rejected
    shell = [figures.command_line] * rounds
    lines = [
        "# One month of yellow trips, raw to staged",
        "",
        f"`{figures.command}`, {figures.began:%Y-%m-%d %H:%M} UTC: {rows:,} rows, medians of {rounds} "
        f"round{'s' if rounds > 1 else ''}; ratios are to the plain script (A) and to the best one (B), both "
        "without the two columns that our files have besides. What is compared is told in [README](README.md).",
        "",
        "| | wall s | to A | to B | CPU s | to A | to B | peak MB | to A | to B |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(f"| {TITLES[side]} | {_compared(_costs(found), scripts)} |" for side, found in sides.items()),
        f"| the platform, `dagster asset materialize` from a shell | {_compared(shell, scripts)} |",
        "",
        *_made(sides),
        "",
        f"Machine: {machine.cores()} cores, {machine.memory_bytes() / 2**30:.0f} GiB, {platform.system()} "
        f"{platform.machine()}; load average {figures.load:.1f} when it began. "
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in _PACKAGES)}.",
        "",
        "## Every round",
        "",
        "| | round | wall s | CPU s | peak MB |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {TITLES[side]} | {number} | {each.cost.wall_seconds:.2f} | {each.cost.cpu_seconds:.2f} "
            f"| {each.cost.peak_mb:.0f} |"
            for side, found in sides.items()
            for number, each in enumerate(found, 1)
        ),
    ]
    return "\n".join(lines) + "\n"


def load() -> float:
    return os.getloadavg()[0]


def _costs(found: Sequence[Measured]) -> list[Cost]:
    return [each.cost for each in found]


def _compared(found: Sequence[Cost], scripts: Sequence[Sequence[Cost]]) -> str:
    """Three figures, each with its ratios: medians over the rounds, since within one the load is about the same."""
    cells = []
    for figure, digits in ((_wall, 2), (_cpu, 2), (_peak, 0)):
        cells.append(f"{median(figure(cost) for cost in found):.{digits}f}")
        for script in scripts:
            ratios = [figure(ours) / figure(theirs) for ours, theirs in zip(found, script, strict=True)]
            cells.append(f"{median(ratios):.2f}x")
    return " | ".join(cells)


def _wall(cost: Cost) -> float:
    return cost.wall_seconds


def _cpu(cost: Cost) -> float:
    return cost.cpu_seconds


def _peak(cost: Cost) -> float:
    return cost.peak_mb


def _made(sides: Mapping[str, Sequence[Measured]]) -> list[str]:
    made = sides["plain"][0].outcome
    by = ", ".join(f"{rule} {rows:,}" for rule, rows in sorted(made.rejected_by.items(), key=lambda item: -item[1]))
    return [
        f"The platform and the plain scripts made the same rows in each round, compared by a hash over the 28 columns: "
        f"{made.clean:,} clean, {made.rejected:,} rejected ({by}).",
        *(
            f"{TITLES[side]}: {found[0].outcome.clean:,} clean, {found[0].outcome.rejected:,} rejected."
            for side, found in sides.items()
            if not found[0].outcome.digest
        ),
    ]
