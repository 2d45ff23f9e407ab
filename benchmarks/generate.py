"""Generates the source: one month of yellow trips as large as a real one, and a small month for warming up."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.source import MONTH, WARM_UP_MONTH, month_file, zones_file
from data_platform.datasets.nyc_taxi.sample import month_of_records
from data_platform.datasets.nyc_taxi.sample_zones import lookup_csv

_WARM_UP_ROWS = 20_000
# The sample gives each trip a second of its own, of which a month has 2.5 million: more trips are made in layers.
_LAYER = 600_000


def generate(folder: Path, rows: int) -> None:
    """Writes both months and the zones below `folder`; the same bytes for the same `rows`."""
    month_file(folder, MONTH).parent.mkdir(parents=True)
    generate_zones(folder)
    write_month(folder, WARM_UP_MONTH, min(rows, _WARM_UP_ROWS))
    write_month(folder, MONTH, rows)


def generate_zones(folder: Path) -> None:
    zones_file(folder).parent.mkdir(parents=True)
    zones_file(folder).write_bytes(lookup_csv())


def write_month(folder: Path, month: str, rows: int) -> None:
    pq.write_table(_records(month, rows), month_file(folder, month), compression="zstd")


def _records(month: str, rows: int) -> pa.Table:
    layers = -(-rows // _LAYER)
    start = date.fromisoformat(f"{month}-01")
    # Refunds and second deliveries come on top of the trips: so many rows are there in any case.
    made = [
        month_of_records("yellow", start, -(-rows // layers), np.random.default_rng([7, layer]))
        for layer in range(layers)
    ]
    records = pa.concat_tables(made).sort_by("tpep_pickup_datetime")
    # The yardstick's scripts stop at an amount that no DECIMAL(12,2) holds; unknown flags stay for `castable` to find.
    return records.filter(pc.less(records["tolls_amount"], 1e10)).slice(0, rows)
