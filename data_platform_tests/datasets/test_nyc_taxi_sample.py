"""The generated taxi sample: the same bytes every time, the TLC's layouts, and just the faults that it announces."""

import csv
import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_platform.datasets.nyc_taxi.sample import FIRST_PARTITION, LAST_PARTITION, PLANTED, generate
from data_platform.datasets.nyc_taxi.sample_trips import YELLOW, trips

PARTITIONS = ["2024-11", "2024-12", "2025-01", "2025-02"]
FILES = [(service, partition) for service in ("yellow", "green") for partition in PARTITIONS]
KEY = ["VendorID", "pickup", "dropoff", "PULocationID", "DOLocationID", "tip_amount", "total_amount"]
METER_COLUMNS = ["passenger_count", "RatecodeID", "store_and_fwd_flag"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tlc")
    generate(root)
    return root


def path_of(sample: Path, service: str, partition: str) -> Path:
    return sample / "trip-data" / f"{service}_tripdata_{partition}.parquet"


def records(sample: Path, service: str, partition: str) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(path_of(sample, service, partition)).to_pandas()
    prefix = "tpep" if service == "yellow" else "lpep"
    return frame.rename(columns={f"{prefix}_{moment}_datetime": moment for moment in ("pickup", "dropoff")})


def digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_bytes_come_out_twice(sample: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    assert digests(tmp_path) == digests(sample)


def test_there_is_a_file_for_each_service_and_month_and_the_zone_lookup(sample: Path) -> None:
    assert [PARTITIONS[0], PARTITIONS[-1]] == [FIRST_PARTITION, LAST_PARTITION]
    trips = {f"trip-data/{service}_tripdata_{partition}.parquet" for service, partition in FILES}
    assert set(digests(sample)) == {*trips, "misc/taxi_zone_lookup.csv"}


def test_a_few_hundred_thousand_rows_weigh_a_few_megabytes(sample: Path) -> None:
    paths = [path_of(sample, *file) for file in FILES]
    assert 250_000 < sum(pq.read_metadata(path).num_rows for path in paths) < 500_000
    assert sum(path.stat().st_size for path in paths) < 10_000_000


def layout(path: Path) -> dict[str, str]:
    return {field.name: str(field.type) for field in pq.read_schema(path)}


AMOUNTS = ["fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount", "improvement_surcharge", "total_amount"]


def yellow_layout(ids: str, codes: str, text: str, airport_fee: str, *more: str) -> dict[str, str]:
    return {
        "VendorID": ids,
        "tpep_pickup_datetime": "timestamp[us]",
        "tpep_dropoff_datetime": "timestamp[us]",
        "passenger_count": codes,
        "trip_distance": "double",
        "RatecodeID": codes,
        "store_and_fwd_flag": text,
        "PULocationID": ids,
        "DOLocationID": ids,
        "payment_type": "int64",
        **dict.fromkeys([*AMOUNTS, "congestion_surcharge", airport_fee, *more], "double"),
    }


def green_layout(ids: str, codes: str, text: str, ehail_fee: str, *more: str) -> dict[str, str]:
    return {
        "VendorID": ids,
        "lpep_pickup_datetime": "timestamp[us]",
        "lpep_dropoff_datetime": "timestamp[us]",
        "store_and_fwd_flag": text,
        "RatecodeID": codes,
        "PULocationID": ids,
        "DOLocationID": ids,
        "passenger_count": codes,
        "trip_distance": "double",
        **dict.fromkeys(AMOUNTS[:5], "double"),
        "ehail_fee": ehail_fee,
        **dict.fromkeys(AMOUNTS[5:], "double"),
        "payment_type": codes,
        "trip_type": codes,
        **dict.fromkeys(["congestion_surcharge", *more], "double"),
    }


@pytest.mark.parametrize(
    ("service", "partition", "expected"),
    [
        ("yellow", "2024-11", yellow_layout("int64", "double", "string", "airport_fee")),
        ("yellow", "2024-12", yellow_layout("int32", "int64", "large_string", "Airport_fee")),
        ("yellow", "2025-01", yellow_layout("int32", "int64", "large_string", "Airport_fee", "cbd_congestion_fee")),
        ("green", "2024-11", green_layout("int64", "double", "string", "null")),
        ("green", "2024-12", green_layout("int32", "int64", "large_string", "double")),
        ("green", "2025-01", green_layout("int32", "int64", "large_string", "double", "cbd_congestion_fee")),
    ],
)
def test_layouts_drift_as_the_tlc_s_did(sample: Path, service: str, partition: str, expected: dict[str, str]) -> None:
    found = layout(path_of(sample, service, partition))
    assert list(found.items()) == list(expected.items())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("partition", "real"), [("2024-11", "2023-01"), ("2024-12", "2024-03"), ("2025-01", "2025-01")]
)
def test_layouts_equal_those_of_real_green_months(sample: Path, real_data: Path, partition: str, real: str) -> None:
    found = layout(path_of(sample, "green", partition))
    official = layout(real_data / "tlc" / "green" / f"green_tripdata_{real}.parquet")
    assert list(found.items()) == list(official.items())


def test_zone_names_that_look_like_missing_values_are_text(sample: Path) -> None:
    with (sample / "misc" / "taxi_zone_lookup.csv").open(newline="") as file:
        zones = list(csv.reader(file))
    assert zones[0] == ["LocationID", "Borough", "Zone", "service_zone"]
    assert [int(zone[0]) for zone in zones[1:]] == list(range(1, 266))
    assert zones[264:] == [["264", "Unknown", "NV", "N/A"], ["265", "Unknown", "NA", "N/A"]]
    names = [zone[2] for zone in zones[1:]]
    assert {name for name in names if names.count(name) > 1} == {
        "Corona",
        "Governor's Island/Ellis Island/Liberty Island",
    }


def counted(frame: pd.DataFrame, partition: str) -> dict[str, int]:
    """What is wrong and odd in a file, told without the contract's SQL."""
    month = pd.Period(partition)
    in_extra_hour = (
        (frame["pickup"].dt.date == pd.Timestamp("2024-11-03").date())
        & (frame["pickup"].dt.hour == 1)
        & (frame["dropoff"].dt.hour == 1)
    )
    backwards = frame["dropoff"] < frame["pickup"]
    rejected = {
        "castable": frame["store_and_fwd_flag"].notna() & ~frame["store_and_fwd_flag"].isin(["Y", "N"])
        | (frame["tolls_amount"] >= 1e10),
        "pickup_at_required": frame["pickup"].isna(),
        "dropoff_at_required": frame["dropoff"].isna(),
        "total_usd_required": frame["total_amount"].isna(),
        "payment_type_accepted": frame["payment_type"].notna() & ~frame["payment_type"].isin(range(7)),
        "distance_miles_range": ~frame["trip_distance"].between(0, 500),
        "total_usd_range": frame["total_amount"].abs() > 10_000,
        "pickup_at_within_partition": frame["pickup"].notna()
        & ~frame["pickup"].between(month.start_time, month.end_time),
        "dropoff_before_pickup": backwards & ~in_extra_hour,
    }
    if "trip_type" in frame:
        rejected["trip_type_accepted"] = frame["trip_type"].notna() & ~frame["trip_type"].isin([1, 2])
    sound = frame[~pd.concat(rejected, axis=1).any(axis=1)].sort_values("RatecodeID", na_position="last", kind="stable")
    repeated = sound.duplicated(KEY)
    clean = sound[~repeated]
    took = clean["dropoff"] - clean["pickup"]
    known = pd.concat([clean[column].between(1, 263) for column in ("PULocationID", "DOLocationID")], axis=1).all(
        axis=1
    )
    oddities = {
        "refund": clean["total_amount"] < 0,
        "zero_distance": clean["trip_distance"] == 0,
        "zero_duration": took == pd.Timedelta(0),
        "long_duration": took > pd.Timedelta(hours=6),
        "unknown_zone": ~known,
        "no_meter_record": clean[METER_COLUMNS].isna().all(axis=1),
        "clock_set_back": backwards[clean.index],
    }
    counts = {name: int(rows.sum()) for name, rows in {**rejected, "duplicate": repeated, **oddities}.items()}
    return {name: rows for name, rows in counts.items() if rows}


@pytest.mark.parametrize(("service", "partition"), FILES)
def test_a_file_has_just_the_faults_that_are_announced(sample: Path, service: str, partition: str) -> None:
    assert counted(records(sample, service, partition), partition) == PLANTED[f"staged/{service}_trips"][partition]


@pytest.mark.parametrize(("service", "partition"), FILES)
def test_each_refund_takes_back_one_trip(sample: Path, service: str, partition: str) -> None:
    frame = records(sample, service, partition)
    refunds = frame[frame["total_amount"] < 0]
    taken_back = refunds.assign(total_amount=-refunds["total_amount"], tip_amount=-refunds["tip_amount"])
    assert len(taken_back.merge(frame, on=KEY)) == len(refunds) > 0


@pytest.mark.parametrize(("service", "partition"), FILES)
def test_the_parts_of_a_faultless_trip_add_up_to_its_total(sample: Path, service: str, partition: str) -> None:
    frame = records(sample, service, partition)
    parts = [*AMOUNTS[:-1], "congestion_surcharge", "airport_fee", "Airport_fee", "cbd_congestion_fee"]
    faultless = frame[frame[METER_COLUMNS].notna().all(axis=1) & (frame["total_amount"].abs() <= 10_000)]
    faultless = faultless[faultless["tolls_amount"] < 1e10]
    total = faultless[[part for part in parts if part in faultless]].sum(axis=1)
    assert ((total - faultless["total_amount"]).abs() < 0.005).all()


def test_no_two_trips_begin_in_one_second_by_chance() -> None:
    # 200,000 in 2.6 million seconds would collide thousands of times.
    frame = trips(YELLOW, date(2024, 12, 1), 200_000, np.random.default_rng(1))
    assert frame["pickup"].is_unique
    assert frame["pickup"].between("2024-12-01", "2025-01-01", inclusive="left").all()


def test_tips_are_paid_by_card_only(sample: Path) -> None:
    frame = records(sample, "yellow", "2024-12")
    assert (frame.loc[frame["payment_type"] == 2, "tip_amount"] == 0).all()
    assert (frame.loc[frame["payment_type"] == 1, "tip_amount"] > 0).mean() > 0.8


def test_some_second_deliveries_lack_the_meter_record(sample: Path) -> None:
    frame = records(sample, "green", "2025-01")
    again = frame[frame.duplicated(KEY) & frame["total_amount"].notna()]
    without = again[METER_COLUMNS].isna().all(axis=1)
    assert 0 < without.sum() < len(again)


def test_some_first_deliveries_lack_the_meter_record_that_the_second_has(sample: Path) -> None:
    frame = records(sample, "green", "2025-01")
    repeated = frame[frame["total_amount"].notna() & frame.duplicated(KEY, keep=False)]
    without = repeated[METER_COLUMNS].isna().all(axis=1)
    first = without[~repeated.duplicated(KEY)]
    assert 0 < first.sum() < len(first)


def test_congestion_pricing_begins_on_its_first_day(sample: Path) -> None:
    frame = records(sample, "yellow", "2025-01")
    before = frame["pickup"].between("2025-01-01", "2025-01-05", inclusive="left")
    assert (frame.loc[before, "cbd_congestion_fee"].abs() == 0).all()
    assert (frame.loc[~before, "cbd_congestion_fee"] > 0).mean() > 0.5
