"""The CSV files that the TLC published before Parquet, of every era: recognised, and mapped to today's shape."""

import csv
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from data_platform.components.datasets import read_datasets
from data_platform.contracts.raw import match
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.sources.arrival import arrived
from data_platform.sources.options import ReadOptions
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

pytestmark = pytest.mark.real_data

# Months of which the first lines are at hand, one an era; they were cut within a line, which is left away here.
YELLOW = ("2011-01", "2013-07", "2014-01", "2015-01", "2016-01", "2016-07", "2017-01", "2019-01")
GREEN = ("2013-09", "2015-01", "2016-01", "2016-07", "2017-01", "2019-01")
MONTH = "2013-08"
"""The first month of the green taxis is here whole."""
# What FHV files have is no trip of this dataset; their headers are recognised all the same.
FHV = {"dispatching_base_num", "hvfhs_license_num", "pickup_date", "pickup_datetime"}


@pytest.fixture(scope="module")
def heads(real_data: Path) -> Path:
    return real_data / "tlc" / "heads_1kb"


@pytest.fixture(scope="module")
def house(heads: Path, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The dataset with its addresses ending in .csv, over a month of each era."""
    root = tmp_path_factory.mktemp("eras")
    datasets = root / "datasets"
    shutil.copytree(DATASETS / "nyc_taxi", datasets / "nyc_taxi", ignore=shutil.ignore_patterns("__pycache__"))
    defs = datasets / "nyc_taxi" / "defs.yaml"
    defs.write_text(defs.read_text(encoding="utf-8").replace("%Y-%m}.parquet", "%Y-%m}.csv"), encoding="utf-8")
    for contract in (datasets / "nyc_taxi" / "staged").glob("*_trips.yaml"):
        # A row out of its month is one of eight here.
        text = contract.read_text(encoding="utf-8").replace("max_rejected_share: 0.02", "max_rejected_share: 1")
        contract.write_text(text, encoding="utf-8")
    trips, misc = root / "tlc" / "trip-data", root / "tlc" / "misc"
    trips.mkdir(parents=True)
    misc.mkdir()
    shutil.copyfile(real_data / "tlc" / "zones" / "taxi_zone_lookup.csv", misc / "taxi_zone_lookup.csv")
    for name in [*(f"yellow_tripdata_{month}.csv" for month in YELLOW), *(f"green_tripdata_{m}.csv" for m in GREEN)]:
        (trips / name).write_bytes(whole_lines(heads / name))
    shutil.copyfile(real_data / "tlc" / "green" / f"green_tripdata_{MONTH}.csv", trips / f"green_tripdata_{MONTH}.csv")
    settings = Settings(
        home=root / "home", sources="live", tlc_url=(root / "tlc").as_uri(), memory_limit="512MiB", threads=2
    )
    read = read_datasets(datasets, settings)
    house = House(settings, read, platform_of(settings, read.catalog), datetime(2019, 3, 1, tzinfo=UTC))
    house.make()
    return house


def whole_lines(path: Path) -> bytes:
    text = path.read_bytes()
    return text[: text.rindex(b"\n") + 1]


def raw(catalog: Catalog, service: str) -> RawTable:
    return catalog.raw(TableName("raw", f"{service}_trips"))


def test_every_header_is_recognised(heads: Path, house: House, tmp_path: Path) -> None:
    services = Counter(path.name.partition("_")[0] for path in heads.iterdir())
    assert set(services) == {"yellow", "green", "fhv", "fhvhv"}
    for path in sorted(heads.iterdir()):
        service = path.name.partition("_")[0]
        table = raw(house.datasets.catalog, service) if service in ("yellow", "green") else None
        (tmp_path / "f").write_bytes(whole_lines(path))
        names = table.names if table else ()
        found = arrived(tmp_path / "f", path.name, tmp_path / "r", tmp_path / "u", declared=names)
        assert found.records > 0, path.name
        assert found.unparsed == 0, path.name
        if table is None:
            assert FHV & {name.lower() for name, _ in found.columns}, path.name
            continue
        drift = match(table.columns, found.columns).drift
        assert (drift.missing, drift.unknown) == ((), ()), path.name


def test_the_line_that_was_cut_is_told(heads: Path, tmp_path: Path) -> None:
    path = heads / "yellow_tripdata_2015-01.csv"
    options = ReadOptions(ragged="quarantine")
    found = arrived(path, path.name, tmp_path / "r", tmp_path / "u", options=options)
    assert found.unparsed == 1


@pytest.mark.parametrize(("service", "months"), [("yellow", YELLOW), ("green", GREEN)])
def test_trips_of_every_era_are_staged_in_one_shape(
    house: House, heads: Path, service: str, months: tuple[str, ...]
) -> None:
    for month in months:
        lines = whole_lines(heads / f"{service}_tripdata_{month}.csv").splitlines()
        wanted = sum(bool(line) for line in lines) - 1
        rows = trips(house, service, month, rejected=True)
        assert len(rows) == wanted, month
        for row in rows:
            assert row["vendor_id"] in (1, 2), month
            assert row["payment"] in ("card", "cash", "no_charge", "dispute", "unknown"), month
            assert row["payment_type"] in (1, 2, 3, 4, 5), month
            assert row["total_usd"] is not None, month
            assert (row["pickup_zone_id"] is None) == (month < "2016-07"), month


def test_the_trips_of_each_day_are_those_that_others_counted(house: House, real_data: Path) -> None:
    path = real_data / "expected" / "toddwschneider_daily_trips_by_geography.csv"
    with path.open(encoding="utf-8", newline="") as file:
        expected = {
            row["date"]: int(row["trips"])
            for row in csv.DictReader(file)
            if row["car_type"] == "Green taxis" and row["geo"] == "total" and row["date"].startswith(MONTH)
        }
    # All rows that arrived: what breaks a rule is a trip that was made as well.
    found = Counter(f"{row['pickup_at']:%Y-%m-%d}" for row in trips(house, "green", MONTH, rejected=True))
    assert len(expected) == 31
    assert {day: found[day] for day in expected} == expected
    assert found.total() == 7623


def trips(house: House, service: str, month: str, *, rejected: bool = False) -> list[dict[str, object]]:
    lake = house.platform.lake
    files = lake.table(TableName("staged", f"{service}_trips")).files([month])
    paths = [str(lake.storage.local(key)) for key in (*files.clean, *(files.rejected if rejected else ()))]
    with duckdb.connect() as connection:
        result = connection.execute("SELECT * FROM read_parquet(?, union_by_name=true)", [paths])
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
