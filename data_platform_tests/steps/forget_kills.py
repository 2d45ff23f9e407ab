"""What processes do that are to be killed while they forget; each in a forked process of its own."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

# Imported before the fork, so that no victim spends its time on it; deltalake must not be used before.
import deltalake
import pandas
import pyarrow.compute
import pyarrow.parquet

from data_platform.privacy import removing, searching
from data_platform.steps import file_search, forgotten_files
from data_platform.steps.forget import Request
from data_platform.steps.forget import forget as forget_people
from data_platform.warehouse import texts
from data_platform_tests.steps.forget_people import KEY, People, people_in

PRELOADED = (
    (deltalake, pandas, pyarrow.compute, pyarrow.parquet),
    (removing, searching, file_search, forgotten_files, texts),
)
COUNT = 6
GONE = slice(0, 2)


def prepare(root: str) -> None:
    """What is done once before all forks: the datasets are read."""
    assert people_in(Path(root), COUNT).small.datasets


def world_in(root: Path, home: Path) -> People:
    """The people with a home of its own."""
    world = people_in(root, COUNT)
    return replace(world, small=replace(world.small, home=home))


def forget(root: str, home: str) -> None:
    """Forgets two of them."""
    world = world_in(Path(root), Path(home))
    request = Request.of(KEY, "\n".join(one.email for one in world.everybody[GONE]))
    forget_people(world.small.platform, request, run_id="test", now=datetime.now(UTC))
