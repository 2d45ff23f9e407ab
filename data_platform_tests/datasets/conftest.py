"""All datasets, built once from their samples, for the tests that look at what came out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import data_platform.datasets
from data_platform.components.datasets import read_datasets
from data_platform.components.samples import ensure_sample
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.datasets.building import House

DATASETS = Path(next(iter(data_platform.datasets.__path__)))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Everything made and published. Nobody may change it."""
    settings = Settings(home=tmp_path_factory.mktemp("house"), sources="sample", memory_limit="1GiB", threads=2)
    datasets = read_datasets(DATASETS, settings)
    for name, dataset in datasets.by_name.items():
        assert ensure_sample(dataset.folder, settings.samples_path / name), f"{dataset.folder} has no sample.py"
    platform = platform_of(settings, datasets.catalog)
    house = House(settings, datasets, platform, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert house.make()
    publish_warehouse(platform, now=house.now)
    return house
