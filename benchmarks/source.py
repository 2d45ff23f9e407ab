"""The source that all sides read, laid out as the TLC's site: where it is. `generate.py` makes it."""

from pathlib import Path

MONTH = "2024-03"
WARM_UP_MONTH = "2024-02"


def month_file(folder: Path, month: str) -> Path:
    return folder / "trip-data" / f"yellow_tripdata_{month}.parquet"


def zones_file(folder: Path) -> Path:
    return folder / "misc" / "taxi_zone_lookup.csv"
