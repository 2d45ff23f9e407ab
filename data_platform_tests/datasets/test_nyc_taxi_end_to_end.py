"""The taxi tables against a second opinion: pandas, straight from the sample's files, with the rules written again.

Money and miles are compared in cents and hundredths, as whole numbers.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data_platform_tests.datasets.building import House

MONTHS = ["2024-11", "2024-12", "2025-01", "2025-02"]
FILES = [(service, month) for service in ("yellow", "green") for month in MONTHS]
GRAIN = ["VendorID", "pickup", "dropoff", "PULocationID", "DOLocationID", "tip", "total"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(house: House) -> Path:
    return house.settings.samples_path / "nyc_taxi"


@pytest.fixture(scope="module")
def trips(sample: Path) -> pd.DataFrame:
    """All clean trips, by our own reading of what is clean."""
    zones = pd.read_csv(sample / "misc" / "taxi_zone_lookup.csv", keep_default_na=False)
    zones = zones.set_index("LocationID")
    clean = pd.concat([_clean(_records(sample, *file), *file) for file in FILES], ignore_index=True)
    for end, column in (("pickup", "PULocationID"), ("dropoff", "DOLocationID")):
        clean[f"{end}_borough"] = clean[column].map(zones["Borough"]).fillna("Unknown")
    clean["zone_id"] = clean["PULocationID"].fillna(264).astype(int)
    clean["zone"] = clean["zone_id"].map(zones["Zone"]).fillna("Unknown")
    return clean


def _records(sample: Path, service: str, month: str) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(sample / "trip-data" / f"{service}_tripdata_{month}.parquet").to_pandas()
    prefix = "tpep" if service == "yellow" else "lpep"
    frame = frame.rename(columns={f"{prefix}_{moment}_datetime": moment for moment in ("pickup", "dropoff")})
    for amount in ("fare", "tip", "tolls", "total"):
        frame[amount] = (frame[f"{amount}_amount"] * 100).round()
    frame["distance"] = (frame["trip_distance"] * 100).round()
    return frame.assign(service=service, month=pd.Timestamp(f"{month}-01"))


def _clean(frame: pd.DataFrame, service: str, month: str) -> pd.DataFrame:
    """Without what the contract rejects, and of what was delivered twice the delivery that says more."""
    begin = pd.Timestamp(f"{month}-01")
    night = (frame.pickup.dt.date == pd.Timestamp("2024-11-03").date()) & (frame.pickup.dt.hour == 1)
    backwards = frame.dropoff < frame.pickup
    frame["seconds"] = (frame.dropoff - frame.pickup).dt.total_seconds()
    frame.loc[backwards & night & (frame.dropoff.dt.hour == 1), "seconds"] += 3600
    broken = (
        frame[["pickup", "dropoff", "total"]].isna().any(axis=1)
        | ~frame.store_and_fwd_flag.isin(["Y", "N", None, np.nan])
        | (frame.tolls.abs() >= 1e12)
        | ~(frame.payment_type.isna() | frame.payment_type.isin(range(7)))
        | ~((frame.distance >= 0) & (frame.distance <= 50_000))
        | (frame.total.abs() > 1_000_000)
        | (frame.pickup < begin)
        | (frame.pickup >= begin + pd.offsets.MonthBegin())
        | (frame.seconds < 0)
    )
    if service == "green":
        broken |= ~(frame.trip_type.isna() | frame.trip_type.isin([1, 2]))
    ranked = frame[~broken].sort_values("RatecodeID", kind="stable", na_position="last")
    return ranked.drop_duplicates(GRAIN, keep="first")


def _summed(trips: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Records, refunds, and net amounts in cents."""
    told = trips.assign(
        trips=1,
        refunds=trips.total < 0,
        revenue=trips.total,
        pickups=trips.total >= 0,
        miles=trips.distance.where(trips.total >= 0, 0),
        seconds_driven=trips.seconds.where(trips.total >= 0, 0),
        refunded=-trips.total.where(trips.total < 0, 0),
        pickup_date=trips.pickup.dt.normalize(),
        pickup_hour=trips.pickup.dt.hour,
    )
    sums = ["trips", "refunds", "revenue", "pickups", "miles", "seconds_driven", "refunded", "fare", "tip", "tolls"]
    return told.groupby([*by], dropna=False)[sums].sum().astype("int64")


def _expect(house: House, table: str, by: Sequence[str], ours: pd.DataFrame, **columns: str) -> None:
    """Every group of the table and no other, every column as whole numbers. `columns`: ours → SQL of theirs."""
    keys = ", ".join(by)
    told = ", ".join(f"CAST({sql} AS BIGINT) AS {name}" for name, sql in columns.items())
    theirs = house.ask(f"SELECT {keys}, {told} FROM rows", house.paths(table)).set_index([*by]).sort_index()
    wanted = ours[[*columns]].sort_index()
    assert len(theirs) > 0
    pd.testing.assert_frame_equal(theirs, wanted, check_index_type=False, check_dtype=False)


def test_the_second_opinion_keeps_as_many_rows(house: House, trips: pd.DataFrame) -> None:
    kept = trips.groupby(["service", trips.month.dt.strftime("%Y-%m")]).size()
    for service, month in FILES:
        paths = house.paths(f"staged.{service}_trips", month)
        assert house.ask("SELECT count(*) AS n FROM rows", paths).n[0] == kept[service, month]


def test_daily_revenue(house: House, trips: pd.DataFrame) -> None:
    by = ["service", "pickup_date", "borough"]
    _expect(
        house,
        "curated.daily_revenue",
        by,
        _summed(trips.rename(columns={"pickup_borough": "borough"}), by),
        trips="trips",
        refunds="refunds",
        revenue="revenue_usd * 100",
        refunded="refunded_usd * 100",
        fare="fare_usd * 100",
        tip="tip_usd * 100",
        tolls="tolls_usd * 100",
    )


def test_zone_hour_demand(house: House, trips: pd.DataFrame) -> None:
    by = ["service", "pickup_date", "pickup_hour", "zone_id", "zone"]
    _expect(
        house,
        "curated.zone_hour_demand",
        by,
        _summed(trips, by),
        pickups="pickups",
        refunds="refunds",
        revenue="revenue_usd * 100",
        miles="distance_miles * 100",
        seconds_driven="duration_seconds",
    )


def test_borough_flows(house: House, trips: pd.DataFrame) -> None:
    by = ["service", "pickup_date", "pickup_borough", "dropoff_borough"]
    _expect(
        house,
        "curated.borough_flows",
        by,
        _summed(trips, by),
        trips="trips",
        refunds="refunds",
        revenue="revenue_usd * 100",
        miles="distance_miles * 100",
    )


def test_monthly_summary(house: House, trips: pd.DataFrame) -> None:
    by = ["service", "month"]
    ours = _summed(trips, by)
    paid = trips[trips.total >= 0].groupby(by)
    ours["median_seconds_x2"] = (paid.seconds.median() * 2).astype("int64")
    ours["days"] = trips.groupby(by).pickup.agg(lambda moments: moments.dt.date.nunique())
    _expect(
        house,
        "curated.monthly_summary",
        by,
        ours,
        trips="trips",
        refunds="refunds",
        revenue="revenue_usd * 100",
        refunded="refunded_usd * 100",
        fare="fare_usd * 100",
        tip="tip_usd * 100",
        miles="distance_miles * 100",
        median_seconds_x2="median_duration_seconds * 2",
        days="days_with_trips",
    )


def test_daily_trend(house: House, trips: pd.DataFrame) -> None:
    days = _summed(trips, ["service", "pickup_date"])
    theirs = house.ask("SELECT * FROM rows", house.paths("curated.daily_trend"))
    assert len(theirs) == len(days)
    for service, ours in days.groupby("service"):
        ours = ours.droplevel("service")
        calendar = ours.reindex(pd.date_range(ours.index.min(), ours.index.max()))
        told = theirs[theirs.service == service].set_index("pickup_date").reindex(calendar.index)
        assert (told.trips == calendar.trips).all()
        assert np.allclose(told.trips_mean_7d, calendar.trips.rolling(7).mean(), equal_nan=True)
        mean, change = calendar.revenue.rolling(7).mean() / 100, calendar.revenue.diff(7) / 100
        assert np.allclose(told.revenue_mean_7d_usd.astype(float), mean, atol=0.0051, rtol=0, equal_nan=True)
        assert np.allclose(told.revenue_change_7d_usd.astype(float), change, atol=0.0001, rtol=0, equal_nan=True)


def test_zone_names_that_look_like_missing_values_are_names(house: House, sample: Path) -> None:
    file = pd.read_csv(sample / "misc" / "taxi_zone_lookup.csv", keep_default_na=False)
    columns = ["zone_id", "borough", "zone", "service_zone"]
    theirs = house.ask(f"SELECT {', '.join(columns)} FROM rows ORDER BY 1", house.paths("staged.taxi_zones"))
    assert theirs.to_numpy().tolist() == file.to_numpy().tolist()
    assert {"N/A", "NA", "NV"} & set(file.to_numpy().ravel())


def test_both_services_have_one_shape_in_all_months(house: House) -> None:
    schemas = {str(house.schema(path)) for name in ("yellow", "green") for path in house.paths(f"staged.{name}_trips")}
    assert len(schemas) == 1
