"""Each race of `races`, a few times over; `python -m data_platform_tests.proof.races` runs more of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.proof import races
from data_platform_tests.proof.racing import Racers

pytestmark = pytest.mark.slow

_TIMES = 2


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    with Racers(races.PROCESSES) as started:
        yield started


@pytest.mark.parametrize("trial", races.TRIALS, ids=lambda trial: trial.__name__)
def test_nothing_is_lost_nothing_mixes_and_nothing_stale_wins(
    racers: Racers, tmp_path: Path, trial: races.Trial
) -> None:
    for number in range(_TIMES):
        trial(racers, tmp_path / str(number))


def test_sixty_four_writers_at_once_meet_no_lock(racers: Racers, tmp_path: Path) -> None:
    races.sixty_four_writers(racers, tmp_path)


def test_a_reader_never_errs_and_never_sees_two_publications_in_one_query(racers: Racers, tmp_path: Path) -> None:
    races.a_reader_through_publications(racers, tmp_path)
