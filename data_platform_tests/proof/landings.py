"""`python -m data_platform_tests.proof.landings --histories N --seed S`: the landing zone through more histories."""

import argparse
import sys
import time
from collections import Counter

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from data_platform_tests.proof.landing_histories import STEPS, Landings
from data_platform_tests.proof.laws import some


def check_landings(histories: int, *, derandomize: bool = False, with_seed: int | None = None) -> Counter[str]:
    """Lives through so many histories of a landing zone; returns what happened in them."""
    happened: Counter[str] = Counter()

    class Told(Landings):
        tally = happened

    chosen = settings(some(histories, derandomize=derandomize), stateful_step_count=STEPS)
    run_state_machine_as_test(Told if with_seed is None else seed(with_seed)(Told), settings=chosen)
    return happened


def main(arguments: list[str]) -> int:
    """Prints what was tried; a law that does not hold is told with the smallest history that was found."""
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.landings", description=__doc__)
    parser.add_argument("--histories", type=int, default=100, help="random histories (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="other histories with each (default 0)")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    happened = check_landings(chosen.histories, with_seed=chosen.seed)
    figures = ", ".join(f"{count:,} {name}" for name, count in happened.most_common())
    sys.stdout.write(
        f"{chosen.histories:,} histories in {time.monotonic() - began:.0f} s: every law holds ({figures})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
