"""A dataset of each test's own."""

from pathlib import Path

import pytest

from data_platform_tests.small_dataset import SmallDataset, small_dataset


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    """The rain gauges, nothing received."""
    return small_dataset(tmp_path)
