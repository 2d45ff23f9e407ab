"""`python -m data_platform_tests.proof.kills`: every step of a day's work, or kills at random, by hand."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from data_platform_tests.proof.kill_series import series
from data_platform_tests.proof.kill_stage import stage
from data_platform_tests.proof.kill_touches import Touch


def main() -> int:
    """Prints what was killed and what came of it; 1 when a reader saw what nobody may see."""
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.kills", description=__doc__)
    parser.add_argument("--every-step", type=int, metavar="N", help="kill before every N-th touch of a file")
    parser.add_argument("--runs", type=int, default=0, help="kills at random of runs without Dagster")
    parser.add_argument("--dagster-runs", type=int, default=0, help="kills at random of `make run`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=200, help="rows of a month")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.every_step:
            every_step(Path(folder) / "steps", chosen.every_step, chosen.rows)
        if chosen.runs:
            at_random(Path(folder) / "core", "work", chosen.runs, chosen.seed, chosen.rows)
        if chosen.dagster_runs:
            at_random(Path(folder) / "dagster", "drive_command", chosen.dagster_runs, chosen.seed, chosen.rows)
    return 0


def every_step(root: Path, step: int, rows: int) -> None:
    began = time.perf_counter()
    root.mkdir()
    killed: Counter[str] = Counter()
    with stage(root, rows=rows) as of:
        for first, kill in ((True, of.kill_first_before), (False, of.kill_before)):
            for number in range(0, len(of.all_touches(first=first)), step):
                touch = kill(partial(_is, number))
                killed[touch.call if touch else "nothing"] += 1
    say(f"killed before {dict(killed)}, each looked at and completed, in {time.perf_counter() - began:.0f} s\n")


def _is(number: int, at: int, _: Touch) -> bool:
    return at == number


def at_random(root: Path, action: str, kills: int, seed: int, rows: int) -> None:
    began = time.perf_counter()
    root.mkdir()
    with series(root, action, seed=seed, rows=rows) as of:
        tally = of.run(kills)
    say(f"{action}, seed {seed}: {tally}, in {time.perf_counter() - began:.0f} s\n")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
