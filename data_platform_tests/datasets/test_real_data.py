"""Real files of the TLC through the real path, against numbers that others made; and real accidents, refused.

The numbers are read from the README and the `expected` files beside the data. Amounts are compared in cents.
"""

import calendar
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

GREEN = [
    *("2020-04", "2021-01", "2021-02", "2022-01", "2022-02", "2023-01"),
    *("2023-02", "2024-01", "2024-03", "2025-01", "2025-10"),
]
YELLOW = "2025-01"
FILES = [*(("green", month) for month in GREEN), ("yellow", YELLOW)]
# What lies beside the good files: a download that broke off, and a pointer of Git LFS instead of a file.
TRUNCATED, POINTER = ("yellow", "2021-01"), ("green", "2022-03")
NOW = datetime(2025, 12, 20, tzinfo=UTC)
Known = Mapping[tuple[str, str], Mapping[str, str]]

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    root = tmp_path_factory.mktemp("real")
    _lay_out(real_data, root / "tlc")
    settings = Settings(
        home=root / "home",
        sources="live",
        tlc_url=(root / "tlc").as_uri(),
        mta_url=(root / "none").as_uri(),
        first_partition=GREEN[0],
        memory_limit="1GiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    house = House(settings, datasets, platform_of(settings, datasets.catalog), NOW)
    house.make()
    return house


def _lay_out(real_data: Path, root: Path) -> None:
    """The files under the names and in the folders of the official site."""
    (root / "trip-data").mkdir(parents=True)
    (root / "misc").mkdir()
    tlc, accidents = real_data / "tlc", real_data / "dirty" / "real"
    sources = {("green", month): tlc / "green" / f"green_tripdata_{month}.parquet" for month in GREEN}
    sources["yellow", YELLOW] = tlc / "yellow_samples" / "yellow_2025-01_sample_val.parquet"
    sources[TRUNCATED] = accidents / "yellow_tripdata_2021-01.TRUNCATED.parquet"
    sources[POINTER] = accidents / "green_tripdata_2019-09.csv.gz"
    for (service, month), source in sources.items():
        shutil.copyfile(source, root / "trip-data" / f"{service}_tripdata_{month}.parquet")
    shutil.copyfile(tlc / "zones" / "taxi_zone_lookup.csv", root / "misc" / "taxi_zone_lookup.csv")


@pytest.fixture(scope="module")
def known(real_data: Path) -> Known:
    """The README's table of what pandas and DuckDB agree on: heading → cell, for each of our files."""
    lines = (real_data / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| file | rows | pickup min"))
    headings, _, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[start : start + 20])
    files = {Path(cells[0]).name: dict(zip(headings, cells, strict=False)) for cells in body}
    green = {("green", month): files[f"green_tripdata_{month}.parquet"] for month in GREEN}
    return green | {("yellow", YELLOW): files[f"yellow_{YELLOW}_sample_val.parquet"]}


def _all_rows(house: House, service: str, month: str, sql: str) -> list[object]:
    """A one-row answer over clean and quarantined rows together."""
    table = f"staged.{service}_trips"
    paths = [*house.paths(table, month), *house.paths(table, month, rejected=True)]
    return list(house.ask(sql, paths).iloc[0])


@pytest.mark.parametrize(("service", "month"), FILES)
def test_rows_faults_and_sums_are_those_that_others_counted(
    house: House, known: Known, service: str, month: str
) -> None:
    theirs = known[service, month]
    state = house.states(TableName("staged", f"{service}_trips"))[month]
    account = state.provenance["account"]
    assert account["arrived"] == int(theirs["rows"])
    assert account["rejected_by"].get("pickup_at_within_partition", 0) == int(theirs["out_of_month"])
    assert account["rejected_by"].get("castable", 0) == 0
    counted = _all_rows(
        house,
        service,
        month,
        "SELECT count(*), count(*) FILTER (WHERE fare_usd < 0), count(*) FILTER (WHERE fare_usd = 0), "
        "count(*) FILTER (WHERE passenger_count IS NULL), count(*) FILTER (WHERE distance_miles > 100), "
        "CAST(sum(fare_usd) * 100 AS BIGINT), CAST(sum(total_usd) * 100 AS BIGINT), "
        "strftime(min(pickup_at), '%Y-%m-%d %H:%M:%S'), strftime(max(pickup_at), '%Y-%m-%d %H:%M:%S') FROM rows",
    )
    assert counted == [
        *(int(theirs[name]) for name in ("rows", "fare<0", "fare=0", "NULL passenger_count", "distance>100")),
        *(round(float(theirs[name]) * 100) for name in ("sum fare", "sum total")),
        theirs["pickup min"],
        theirs["pickup max"],
    ]


@pytest.mark.parametrize(("service", "month"), FILES)
def test_refunds_are_kept_and_flagged(house: House, service: str, month: str) -> None:
    state = house.states(TableName("staged", f"{service}_trips"))[month]
    (negative,) = house.ask(
        "SELECT count(*) AS n FROM rows WHERE total_usd < 0", house.paths(f"staged.{service}_trips", month)
    ).n
    assert state.provenance["flagged"]["refund"] == negative
    assert negative > 100


def test_march_2024_is_what_a_course_says_of_it(house: House) -> None:
    """DataTalksClub, MLOps 2024, module 5: 57,457 rows, and 14.2 is the highest daily median fare of the month."""
    assert house.states(TableName("staged", "green_trips"))["2024-03"].provenance["account"]["arrived"] == 57_457
    median = "SELECT median(fare_usd) AS fare FROM rows WHERE month(pickup_at) = 3 GROUP BY CAST(pickup_at AS DATE)"
    clean = house.paths("staged.green_trips", "2024-03")
    rejected = house.paths("staged.green_trips", "2024-03", rejected=True)
    for paths in (clean, [*clean, *rejected]):
        highest = house.ask(
            f"SELECT CAST(max(fare) AS DOUBLE) AS fare FROM ({median} HAVING year(max(pickup_at)) = 2024)", paths
        )
        assert highest.fare[0] == 14.2


def test_trips_per_day_are_the_tlcs_own(house: House, real_data: Path) -> None:
    report = pd.read_csv(real_data / "expected" / "tlc_data_reports_monthly_2025-03.csv", thousands=",")
    report = report[report["License Class"].str.strip() == "Green"].set_index("Month/Year")
    for month in [month for month in GREEN if month <= "2024-03"]:
        arrived = house.states(TableName("staged", "green_trips"))[month].provenance["account"]["arrived"]
        days = calendar.monthrange(*map(int, month.split("-")))[1]
        theirs = int(str(report.loc[month, "Trips Per Day"]).replace(",", ""))
        assert arrived / days == pytest.approx(theirs, rel=0.001), month


def test_all_eras_have_one_shape(house: House) -> None:
    paths = [path for service in ("green", "yellow") for path in house.paths(f"staged.{service}_trips")]
    assert len(paths) == len(FILES)
    assert len({str(house.schema(path)) for path in paths}) == 1


def test_real_accidents_are_refused_with_what_was_found(house: House) -> None:
    answer = house.stale()
    assert answer.stale == ()
    # Where customers and what they say are is a setting that nobody has made here.
    assert {one.table.table for one in answer.unanswered} == {"posts", "customers"}
    assert all("is not set" in one.error for one in answer.unanswered)
    refused = {
        (item.table.table.removesuffix("_trips"), item.partition): item.reason
        for item in answer.waiting
        if item.reason.startswith("refused")
    }
    assert set(refused) == {TRUNCATED, POINTER}
    assert "truncated" in refused[TRUNCATED]
    assert "Git LFS" in refused[POINTER]
    for service, month in (TRUNCATED, POINTER):
        ledger = house.platform.lake.ledger(f"{service}_trips").read()
        assert ledger.current(month) == ()
        assert month not in house.states(TableName("staged", f"{service}_trips"))


def test_only_what_needs_a_missing_file_waits(house: House) -> None:
    assert set(house.states(TableName("staged", "green_trips"))) == set(GREEN)
    for table in ("daily_revenue", "zone_hour_demand", "borough_flows", "monthly_summary"):
        assert set(house.states(TableName("curated", table))) == {"2025-01"}
    reasons = {item.partition: item.reason for item in house.stale().waiting if item.table.table == "daily_revenue"}
    assert set(reasons) == set(GREEN) - {"2025-01"}
    assert set(reasons.values()) == {f"waits for staged/yellow_trips {month}" for month in reasons}


def test_curated_tables_are_net_of_refunds(house: House) -> None:
    clean = [path for s in ("green", "yellow") for path in house.paths(f"staged.{s}_trips", "2025-01")]
    (total,) = house.ask("SELECT CAST(sum(total_usd) * 100 AS BIGINT) AS cents FROM rows", clean).cents
    for table in ("daily_revenue", "zone_hour_demand", "borough_flows", "monthly_summary"):
        sums = house.ask(
            "SELECT CAST(sum(revenue_usd) * 100 AS BIGINT) AS cents FROM rows", house.paths(f"curated.{table}")
        )
        assert sums.cents[0] == total, table
