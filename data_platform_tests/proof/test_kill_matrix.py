"""SIGKILL at each step of a day's work, and maintenance while each step is under way: nobody ever sees a part."""

import re
from collections.abc import Callable, Iterator

import pytest

from data_platform_tests.proof.kill_stage import Stage, stage
from data_platform_tests.proof.kill_touches import Touch, is_possible

_NAME = r"\d{8}T\d{6}Z-[0-9a-f]{32}"
_MONTH = r"_partition=2024-01/_rejected"
_COMMIT = r"_delta_log/\d{20}\.json"

# Step → the touches of it, as `call path -> target`, and which of them is not reached.
STEPS = {
    "before the first byte": (r"open raw/readings/incoming", 1),
    "mid download": (r"write raw/readings/incoming", 2),
    "before the raw rename": (r"rename raw/readings/incoming", 1),
    "after the raw rename": (r"remove raw/readings/incoming", 1),
    "rows of text before their rename": (r"rename raw/places/incoming/.*\.csv\.parquet$", 1),
    "rows of text kept, the text itself not": (r"rename raw/places/incoming/.*\.csv$", 1),
    "mid sightings": (rf"write ledger/readings/{_NAME}\.parquet", 5),
    "mid ledger commit": (rf"write ledger/readings/{_COMMIT}#1", 1),
    "before the ledger commit": (rf"link ledger/readings/{_COMMIT}#1", 1),
    "after the ledger commit": (rf"remove ledger/readings/{_COMMIT}#1", 1),
    "mid COPY": (rf"write staged/readings/{_MONTH}=false", 2),
    "mid COPY of rejected rows": (rf"write staged/readings/{_MONTH}=true", 2),
    "mid commit": (rf"write staged/readings/{_COMMIT}#1", 1),
    "before the commit": (rf"link staged/readings/{_COMMIT}#1", 1),
    "after the commit": (rf"remove staged/readings/{_COMMIT}#1", 1),
    "mid COPY of a curated table": (r"write curated/daily_rain/_partition", 2),
    "before the commit of a curated table": (rf"link curated/daily_rain/{_COMMIT}", 1),
    "mid publish": (r"write warehouse/warehouse\.\d", 4),
    "published file built, not on record": (r"open warehouse/publication\.\d", 1),
    "on record, not settled": (r"link warehouse/warehouse\.duckdb", 1),
    "before the previous warehouse's rename": (r"rename warehouse/previous\.\d", 1),
    "before the warehouse rename": (r"rename warehouse/warehouse\.\d", 1),
    "after the warehouse rename": (r"open warehouse/publication\.\d", 2),
    "before the record is settled": (r"rename warehouse/publication\.\d", 2),
}
IN_MAINTENANCE = {
    "mid compaction": (rf"write ledger/places/{_NAME}\.parquet", 80),
    "before the commit of a compaction": (rf"link ledger/places/{_COMMIT}", 2),
    "mid checkpoint": (r"write ledger/places/_delta_log/\d{20}\.checkpoint\.parquet#1", 1),
    "before the last checkpoint is named": (r"rename ledger/places/_delta_log/_last_checkpoint#1", 1),
    "before replaced files are out of bounds": (rf"link ledger/places/{_COMMIT}", 3),
    "before the first replaced file goes": (r"remove ledger/places/\d", 1),
    "among replaced files": (r"remove ledger/places/\d", 9),
}
IN_FLIGHT = (
    "mid download",
    "after the raw rename",
    "mid sightings",
    "before the ledger commit",
    "mid COPY",
    "before the commit",
    "mid publish",
    "before the warehouse rename",
)
_POSSIBLE = pytest.mark.skipif(not is_possible(), reason="only a Linux kernel tells of touches before they happen")
pytestmark = [pytest.mark.slow, _POSSIBLE]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    # A month is more than a megabyte, so that a download and a COPY have a middle.
    with stage(tmp_path_factory.mktemp("stage"), rows=5_000) as it:
        yield it


def at(step: tuple[str, int]) -> Callable[[int, Touch], bool]:
    """Chooses the n-th touch of a step."""
    wanted, number = re.compile(step[0]), step[1]
    met = 0

    def chosen(_: int, touch: Touch) -> bool:
        nonlocal met
        met += wanted.match(str(touch).replace(" lake/", " ")) is not None
        return met == number

    return chosen


@pytest.mark.parametrize("step", [*STEPS.values(), *IN_MAINTENANCE.values()], ids=[*STEPS, *IN_MAINTENANCE])
def test_killed_at_a_step_readers_see_old_or_new_and_the_next_run_completes(
    ready: Stage, step: tuple[str, int]
) -> None:
    assert ready.kill_before(at(step)) is not None, "the step was never reached"


@pytest.mark.parametrize("action", ["die_after_copy", "die_after_audit", "die_after_commit"])
def test_killed_between_two_touches_of_a_build_the_same_holds(ready: Stage, action: str) -> None:
    ready.kill_in(action)


@pytest.mark.parametrize("part", range(5))
def test_killed_anywhere_in_the_very_first_run_the_same_holds(ready: Stage, part: int) -> None:
    """By hand at every touch, here at five of them."""
    assert ready.kill_first_before(lambda number, _: number == 20 + 90 * part) is not None, "the run is shorter"


@pytest.mark.parametrize("name", IN_FLIGHT)
def test_maintenance_takes_nothing_of_a_step_that_is_under_way(ready: Stage, name: str) -> None:
    assert ready.maintain_before(at(STEPS[name])) is not None, "the step was never reached"
