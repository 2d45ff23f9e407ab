"""`python -m data_platform_tests.proof.laws --examples N --seed S`: the laws over more cases than CI has time for."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from data_platform_tests.proof.law_accounts import check
from data_platform_tests.proof.law_cases import Case, cases, nan_above_a_min
from data_platform_tests.proof.law_histories import STEPS, Histories

_HISTORIES_COST = 40  # as much as so many cases


def check_accounts(chosen: settings, *, with_seed: int | None = None) -> Counter[str]:
    """Holds so many cases against the laws of staging; returns how many rows were judged, and how."""
    tally: Counter[str] = Counter()

    @chosen
    @example(nan_above_a_min())
    @given(cases())
    def holds(case: Case) -> None:
        tally.update(check(case))

    (holds if with_seed is None else seed(with_seed)(holds))()
    return tally


def check_histories(chosen: settings, *, with_seed: int | None = None) -> Counter[str]:
    """Lives through so many histories and compares each with a build from scratch; returns what happened in them."""
    happened: Counter[str] = Counter()

    class Told(Histories):
        tally = happened

    run_state_machine_as_test(Told if with_seed is None else seed(with_seed)(Told), settings=chosen)
    return happened


def some(examples: int, *, derandomize: bool = False) -> settings:
    """Settings for so many examples; derandomized ones are the same each time."""
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )


def main(arguments: list[str]) -> int:
    """Prints what was tried; a law that does not hold is told with the smallest example that was found."""
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.proof.laws", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="random contracts (default 2000)")
    parser.add_argument("--histories", type=int, help=f"random histories (default: examples / {_HISTORIES_COST})")
    parser.add_argument("--seed", type=int, default=0, help="other examples with each (default 0)")
    chosen = parser.parse_args(arguments)
    histories = chosen.examples // _HISTORIES_COST if chosen.histories is None else chosen.histories
    _tell("contracts", chosen.examples, lambda: check_accounts(some(chosen.examples), with_seed=chosen.seed))
    _tell("histories", histories, lambda: check_histories(some(histories), with_seed=chosen.seed))
    return 0


def _tell(what: str, number: int, run: Callable[[], Counter[str]]) -> None:
    if number:
        began = time.monotonic()
        tally = run()
        figures = ", ".join(f"{count:,} {name}" for name, count in tally.most_common())
        sys.stdout.write(f"{number:,} {what} in {time.monotonic() - began:.0f} s: every law holds ({figures})\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
