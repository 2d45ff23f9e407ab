"""`python -m benchmarks.small_tables`: a run of twenty small tables, as shipped and with Dagster's stock executor."""

import argparse
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.conditions import environment, headline, told
from data_platform import dagster_home
from data_platform.settings import Settings

_FOLDER = Path(__file__).parent
_SIDES = {"shipped": "as shipped (in process)", "stock": "the same job, stock multiprocess executor"}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small_tables", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs (default 3)")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_small_tables.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, load = datetime.now(UTC), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder).resolve()
        _step(root, "prepare", root / "ready")
        found: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
        for _ in range(chosen.rounds):
            for side in _SIDES:
                home = root / "home"
                shutil.rmtree(home, ignore_errors=True)
                shutil.copytree(root / "ready", home)
                found[side].append(_step(root, side, home))
    tables = found["shipped"][0]["tables"]
    ratio = median(ours["wall"] / theirs["wall"] for ours, theirs in zip(found["shipped"], found["stock"], strict=True))
    lines = [
        f"# A run of {tables:.0f} small tables",
        "",
        headline("benchmarks.small_tables", arguments, began, load),
        "",
        f"One run of one job for one partition: {tables:.0f} tables of ten rows, staged and curated, each with its "
        f"account, checks, commit and Dagster's events. The clock runs around `execute_job`; medians of "
        f"{chosen.rounds}, sides in turns. The figure to hold is 1/10; here it is **1/{1 / ratio:.0f}**.",
        "",
        "| | wall s | ms per table |",
        "|---|--:|--:|",
        *(
            f"| {title} | {wall:.2f} | {wall / tables * 1000:.0f} |"
            for side, title in _SIDES.items()
            for wall in [median(each["wall"] for each in found[side])]
        ),
    ]
    text = "\n".join(lines) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _step(root: Path, step: str, home: Path) -> dict[str, float]:
    dagster_home.prepare(Settings(home=home))
    env = environment(home) | {"DAGSTER_HOME": str(home / "dagster")}
    answer: dict[str, float] = told(["-m", "benchmarks.small_tables_side", step, str(root), str(home)], env, root)
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
