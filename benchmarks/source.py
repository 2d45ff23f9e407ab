"""The source that all sides read, laid out as the TLC's site: where it is. `generate.py` makes it."""

from pathlib import Path

MONTH = "2024-03"
WARM_UP_MONTH = "2024-02"
# Its files have the same types as MONTH's.
YEAR = (*(f"2023-{month:02}" for month in range(2, 13)), "2024-01")


def month_file(folder: Path, month: str) -> Path:
    return folder / "trip-data" / f"yellow_tripdata_{month}.parquet"


def green_file(folder: Path, month: str) -> Path:
    return folder / "trip-data" / f"green_tripdata_{month}.parquet"


def zones_file(folder: Path) -> Path:
    return folder / "misc" / "taxi_zone_lookup.csv"
