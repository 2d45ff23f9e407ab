"""Months of trips that are pushed: as Parquet or as CSV, they give the rows that the fetched file gives."""

import shutil
from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.steps.build import Built, build
from data_platform.steps.receive import receive
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

MONTH = "2024-12"

pytestmark = pytest.mark.slow


@pytest.fixture
def pushed(house: House, tmp_path: Path) -> House:
    """The zones alone at the address of the TLC, and a landing zone below the home."""
    (tmp_path / "nowhere").mkdir()
    shutil.copytree(house.settings.samples_path / "nyc_taxi" / "misc", tmp_path / "nowhere" / "misc")
    settings = Settings(
        home=tmp_path / "home",
        sources="live",
        tlc_url=(tmp_path / "nowhere").as_uri(),
        memory_limit="1GiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    (settings.landing / "nyc_taxi" / "again").mkdir(parents=True)
    platform = platform_of(settings, datasets.catalog)
    receive(
        platform.lake,
        platform.catalog.raw(TableName("raw", "taxi_zones")),
        [UNPARTITIONED],
        run_id="test",
        now=house.now,
    )
    build(platform, platform.catalog.model(TableName("staged", "taxi_zones")), UNPARTITIONED, run_id="test")
    return House(settings, datasets, platform, house.now)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("yellow", f"yellow_tripdata_{MONTH}.parquet"),
        ("green", f"again/GREEN_tripdata_{MONTH}.CSV"),
        ("yellow", f"yellow_tripdata_{MONTH}.csv"),
    ],
)
def test_what_is_pushed_gives_the_rows_of_what_is_fetched(house: House, pushed: House, service: str, name: str) -> None:
    fetched = house.settings.samples_path / "nyc_taxi" / "trip-data" / f"{service}_tripdata_{MONTH}.parquet"
    landed = pushed.settings.landing / "nyc_taxi" / name
    if name.lower().endswith(".csv"):
        pc.write_csv(pq.read_table(fetched), landed)
    else:
        landed.write_bytes(fetched.read_bytes())
    platform, raw = pushed.platform, TableName("raw", f"{service}_trips")

    (received,) = receive(platform.lake, platform.catalog.raw(raw), [MONTH], run_id="test", now=pushed.now)

    assert received.outcome == "received", received.text
    built = build(platform, platform.catalog.model(TableName("staged", raw.table)), MONTH, run_id="test")
    assert isinstance(built, Built), built
    for rejected in (False, True):
        # A file has another name, and the original text of a value says how its file wrote it.
        hidden = "_source_file, _duplicate_of, _original" if rejected else "_source_file"
        ours, theirs = (
            one.ask(
                f"SELECT * EXCLUDE ({hidden}) FROM rows ORDER BY ALL",
                one.paths(f"staged.{raw.table}", MONTH, rejected=rejected),
            )
            for one in (pushed, house)
        )
        assert len(ours) > 0
        assert ours.equals(theirs)
