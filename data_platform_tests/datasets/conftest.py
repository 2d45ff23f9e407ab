"""All datasets, built once from their samples, for the tests that look at what came out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import data_platform.datasets
from data_platform.components.datasets import read_datasets
from data_platform.components.samples import ensure_sample
from data_platform.resources.platform import platform_of
from data_platform.service.samples import push_samples
from data_platform.settings import Settings
from data_platform.steps.dashboards import draw
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.datasets.building import House
from data_platform_tests.ui.pages import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATASETS = Path(next(iter(data_platform.datasets.__path__)))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Everything made and published. Nobody may change it."""
    settings = Settings(home=tmp_path_factory.mktemp("house"), sources="sample", memory_limit="1GiB", threads=2)
    datasets = read_datasets(DATASETS, settings)
    for name, dataset in datasets.by_name.items():
        assert ensure_sample(dataset.folder, settings.samples_path / name), f"{dataset.folder} has no sample.py"
    platform = platform_of(settings, datasets.catalog)
    for name in datasets.by_name:
        push_samples(platform, settings.samples_path / name / "pushes")
    house = House(settings, datasets, platform, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert house.make()
    publish_warehouse(platform, now=house.now)
    return house


@pytest.fixture(scope="session")
def dashboards(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of all installed dashboards, and their index."""
    platform = replace(house.platform, site=tmp_path_factory.mktemp("site"))
    drawn, failed = draw(platform, [one for dataset in house.datasets.by_name.values() for one in dataset.dashboards])
    assert failed == []
    return drawn[0].page.parent


@pytest.fixture(scope="module")
def browser() -> Iterator["Page"]:
    """A page of a browser that is there for the whole module."""
    with browser_page(1280, 900) as page:
        yield page
