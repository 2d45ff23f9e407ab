"""The sample that stands in for the TLC's site: four months of both services, generated, the same on every machine.

Trips are in `sample_trips`, what is wrong with them in `sample_faults`; here is how the TLC writes them down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.datasets.nyc_taxi.sample_faults import plant, planted
from data_platform.datasets.nyc_taxi.sample_trips import GREEN, YELLOW, Fleet, trips
from data_platform.datasets.nyc_taxi.sample_zones import lookup_csv

FIRST_PARTITION = "2024-11"
LAST_PARTITION = "2025-02"


@dataclass(frozen=True)
class Layout:
    """How the TLC wrote a month: types and names differ between eras though the columns mean the same."""

    ids: pa.DataType
    codes: pa.DataType
    text: pa.DataType
    ehail_fee: pa.DataType
    airport_fee: str
    has_cbd_fee: bool
    compression: str


_UNTIL_2023_01 = Layout(pa.int64(), pa.float64(), pa.string(), pa.null(), "airport_fee", False, "gzip")
_FROM_2023_02 = Layout(pa.int32(), pa.int64(), pa.large_string(), pa.float64(), "Airport_fee", False, "zstd")
_FROM_2025_01 = Layout(pa.int32(), pa.int64(), pa.large_string(), pa.float64(), "Airport_fee", True, "zstd")


@dataclass(frozen=True)
class Month:
    """A month of the sample: how many trips each service made (before faults add rows), and its layout."""

    yellow: int
    green: int
    layout: Layout


# The first layout was history by then: four months show three eras.
_MONTHS: Mapping[str, Month] = {
    "2024-11": Month(72_000, 7_600, _UNTIL_2023_01),
    "2024-12": Month(75_000, 7_900, _FROM_2023_02),
    "2025-01": Month(68_000, 7_000, _FROM_2025_01),
    "2025-02": Month(66_000, 6_800, _FROM_2025_01),
}
_FLEETS: Mapping[str, Fleet] = {"yellow": YELLOW, "green": GREEN}


def _start(partition: str) -> date:
    return date.fromisoformat(f"{partition}-01")


def _trips(service: str, month: Month) -> int:
    return month.yellow if service == "yellow" else month.green


PLANTED: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    f"staged/{service}_trips": {
        partition: planted(service, _start(partition), _trips(service, month)) for partition, month in _MONTHS.items()
    }
    for service in _FLEETS
}
"""Table → partition → rule → rows: rejecting rules as quarantined, flags as found in the clean rows."""


def generate(root: Path) -> None:
    """Writes `trip-data/*.parquet` and `misc/taxi_zone_lookup.csv` below `root`, as the TLC's site has them."""
    folder = root / "trip-data"
    folder.mkdir(parents=True, exist_ok=True)
    for number, (service, fleet) in enumerate(_FLEETS.items()):
        for partition, month in _MONTHS.items():
            start = _start(partition)
            random = np.random.default_rng([number, start.year, start.month])
            faultless = trips(fleet, start, _trips(service, month), random)
            records = _records(service, plant(service, start, faultless, random), month.layout)
            pq.write_table(
                records,
                folder / f"{service}_tripdata_{partition}.parquet",
                compression=month.layout.compression,
                store_schema=True,
            )
    lookup = root / "misc" / "taxi_zone_lookup.csv"
    lookup.parent.mkdir(parents=True, exist_ok=True)
    lookup.write_bytes(lookup_csv())


def month_of_records(service: str, month: date, count: int, random: np.random.Generator) -> pa.Table:
    """About `count` records of any month with their faults, in the layout of 2023-02 to 2024-12.

    For whoever needs another size than the sample's; there are fewer trips than the month has seconds.
    """
    faultless = trips(_FLEETS[service], month, count, random)
    return _records(service, plant(service, month, faultless, random), _FROM_2023_02)


def _records(service: str, frame: pd.DataFrame, layout: Layout) -> pa.Table:
    """The file's columns under the TLC's names, in its order and of the era's types."""
    columns = {
        "yellow": _yellow_columns,
        "green": _green_columns,
    }[service](frame, layout)
    if layout.has_cbd_fee:
        columns["cbd_congestion_fee"] = _dollars(frame["cbd"])
    return pa.table(columns)


def _yellow_columns(frame: pd.DataFrame, layout: Layout) -> dict[str, pa.Array]:
    return {
        "VendorID": _whole(frame["vendor"], layout.ids),
        "tpep_pickup_datetime": _moment(frame["pickup"]),
        "tpep_dropoff_datetime": _moment(frame["dropoff"]),
        "passenger_count": _whole(frame["passengers"], layout.codes),
        "trip_distance": _dollars(frame["distance"]),
        "RatecodeID": _whole(frame["rate"], layout.codes),
        "store_and_fwd_flag": pa.array(frame["flag"], layout.text, from_pandas=True),
        "PULocationID": _whole(frame["pickup_zone"], layout.ids),
        "DOLocationID": _whole(frame["dropoff_zone"], layout.ids),
        # Yellow writes 0 where green leaves the payment empty.
        "payment_type": _whole(frame["payment"].fillna(0), pa.int64()),
        "fare_amount": _dollars(frame["fare"]),
        "extra": _dollars(frame["extra"]),
        "mta_tax": _dollars(frame["mta_tax"]),
        "tip_amount": _dollars(frame["tip"]),
        "tolls_amount": _dollars(frame["tolls"]),
        "improvement_surcharge": _dollars(frame["improvement"]),
        "total_amount": _dollars(frame["total"]),
        "congestion_surcharge": _dollars(frame["congestion"]),
        layout.airport_fee: _dollars(frame["airport_fee"]),
    }


def _green_columns(frame: pd.DataFrame, layout: Layout) -> dict[str, pa.Array]:
    return {
        "VendorID": _whole(frame["vendor"], layout.ids),
        "lpep_pickup_datetime": _moment(frame["pickup"]),
        "lpep_dropoff_datetime": _moment(frame["dropoff"]),
        "store_and_fwd_flag": pa.array(frame["flag"], layout.text, from_pandas=True),
        "RatecodeID": _whole(frame["rate"], layout.codes),
        "PULocationID": _whole(frame["pickup_zone"], layout.ids),
        "DOLocationID": _whole(frame["dropoff_zone"], layout.ids),
        "passenger_count": _whole(frame["passengers"], layout.codes),
        "trip_distance": _dollars(frame["distance"]),
        "fare_amount": _dollars(frame["fare"]),
        "extra": _dollars(frame["extra"]),
        "mta_tax": _dollars(frame["mta_tax"]),
        "tip_amount": _dollars(frame["tip"]),
        "tolls_amount": _dollars(frame["tolls"]),
        "ehail_fee": pa.nulls(len(frame), layout.ehail_fee),
        "improvement_surcharge": _dollars(frame["improvement"]),
        "total_amount": _dollars(frame["total"]),
        "payment_type": _whole(frame["payment"], layout.codes),
        "trip_type": _whole(frame["trip_type"], layout.codes),
        "congestion_surcharge": _dollars(frame["congestion"]),
    }


def _whole(values: pd.Series, type_: pa.DataType) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True).cast(type_)


def _dollars(cents: pd.Series) -> pa.Array:
    """Cents (or hundredths of a mile) as the double nearest to the decimal number."""
    return pa.array(cents / 100, pa.float64(), from_pandas=True)


def _moment(values: pd.Series) -> pa.Array:
    return pa.array(values, pa.timestamp("us"), from_pandas=True)
