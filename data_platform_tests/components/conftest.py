"""What tests of the components share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.components.small_dagster import SmallDagster, small_dagster
from data_platform_tests.small_dataset import reading


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SmallDagster]:
    """The small dataset with three readings in January 2024, of which one has no value; nothing was run yet."""
    with small_dagster(tmp_path) as town:
        town.small.put("2024-01", [reading(1), reading(2, value=None), reading(3, value=120.0)])
        yield town
