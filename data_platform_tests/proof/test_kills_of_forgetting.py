"""SIGKILL at each step of forgetting: the others lose nothing, and whoever does it again brings it to its end."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_platform.steps.catalogue import catalogue
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.proof.kill_touches import Touch, is_possible
from data_platform_tests.proof.kill_victims import Victims
from data_platform_tests.steps import forget_kills
from data_platform_tests.steps.forget_home import rows_of, traces_of, without
from data_platform_tests.steps.forget_people import People, people

# Step → the beginning of a touch, as `call path`, and how often it is passed by.
STEPS = {
    "before the tombstones": ("rename lake/forgotten/", 1),
    "while rows are rewritten": ("write lake/raw/orders/forgetting/", 3),
    "rewritten, and not in the ledger": ("open lake/ledger/orders/", 0),
    "in the ledger, and nothing deleted": ("remove lake/raw/posts/", 4),
    "among what was received": ("remove lake/raw/customers/", 7),
    "before the commit of hashed rows": ("link lake/curated/spending/_delta_log/", 0),
    "before the former warehouse goes": ("remove warehouse/previous", 0),
    "before the certificate": ("rename forgotten/", 0),
    "among the history": ("remove lake/staged/posts/_partition", 1),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_possible(), reason="only a Linux kernel tells of touches before they happen"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> People:
    """The people in two versions of all files, published twice."""
    world = people(tmp_path_factory.mktemp("people"), forget_kills.COUNT)
    for version in (0, 1):
        world.deliver(version)
        world.small.run()
        publish_warehouse(world.small.platform, now=datetime.now(UTC))
        catalogue(world.small.platform, now=datetime.now(UTC))
    return world


@pytest.fixture(scope="module")
def victims(made: People) -> Iterator[Victims]:
    with Victims(made.small.home.parent, forget_kills.__name__) as started:
        yield started


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_and_done_again_it_comes_to_its_end(
    made: People, victims: Victims, tmp_path: Path, step: str
) -> None:
    root, home = made.small.home.parent, tmp_path / "home"
    shutil.copytree(made.small.home, home, symlinks=True)
    world = forget_kills.world_in(root, home)
    gone = world.everybody[forget_kills.GONE]
    expected = without(world, rows_of(world), gone)
    beginning, passed = STEPS[step]

    def chosen(_number: int, touch: Touch) -> bool:
        nonlocal passed
        passed -= str(touch).startswith(beginning)
        return passed < 0

    with victims.start("forget", home, root, home, watched=True) as victim:
        touch = victim.kill_before(chosen)
    assert touch is not None, f"{step} was not reached"
    assert without(world, rows_of(world), gone) == expected

    forget_kills.forget(str(root), str(home))
    assert traces_of(home, gone) == {}
    assert rows_of(world) == expected
    (done,) = world.small.platform.lake.forgotten.of("done")
    assert done[1]["verified"]
