"""Files that were really published, received over file:// and looked into."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_platform.sources.arrival import arrived
from data_platform.sources.errors import Refused
from data_platform.sources.http_file import HttpFile
from data_platform.sources.inspect import Inspected, inspect_parquet

pytestmark = pytest.mark.real_data

# Rows as counted by the collectors of these files, with other readers.
GREEN_ROWS = {
    "2020-04": 35644,
    "2021-01": 76518,
    "2021-02": 64572,
    "2022-01": 62495,
    "2022-02": 69399,
    "2023-01": 68211,
    "2023-02": 64809,
    "2024-01": 56551,
    "2024-03": 57457,
    "2025-01": 48326,
    "2025-10": 49416,
}


def read(path: Path, folder: Path) -> Inspected:
    return arrived(path, path.name, folder / "rows", folder / "unparsed")


def test_every_green_month_there_is_has_a_row_count_here(real_data: Path) -> None:
    files = (real_data / "tlc" / "green").glob("green_tripdata_*.parquet")
    assert {path.stem.removeprefix("green_tripdata_") for path in files} == set(GREEN_ROWS)


@pytest.mark.parametrize("month", GREEN_ROWS)
def test_green_months_are_received_and_counted(real_data: Path, tmp_path: Path, month: str) -> None:
    path = real_data / "tlc" / "green" / f"green_tripdata_{month}.parquet"
    fetched = HttpFile(path.as_uri()).fetch(path.as_uri(), tmp_path / "f")
    found = inspect_parquet(tmp_path / "f", fetched.name)
    types = dict(found.columns)
    assert found.records == GREEN_ROWS[month]
    assert types["lpep_pickup_datetime"] == "TIMESTAMP"
    assert types["fare_amount"] == "DOUBLE"
    assert types["VendorID"] in {"BIGINT", "INTEGER"}
    assert types["ehail_fee"] in {"NULL", "INTEGER", "DOUBLE"}


def test_a_broken_download_is_refused(real_data: Path) -> None:
    path = real_data / "dirty" / "real" / "yellow_tripdata_2021-01.TRUNCATED.parquet"
    with pytest.raises(Refused, match=r"truncated Parquet file: PAR1 at the start, .* of 1,918,543 bytes"):
        inspect_parquet(path, path.name)


def test_a_git_lfs_pointer_is_refused(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "dirty" / "real" / "green_tripdata_2019-09.csv.gz"
    with pytest.raises(Refused, match="Git LFS pointer to 7,854,533 bytes"):
        read(path, tmp_path)


@pytest.mark.parametrize("name", ["taxi_zone_lookup.csv", "taxi_zone_lookup.quoted_crlf.csv"])
def test_both_copies_of_the_zones_keep_their_na_texts(real_data: Path, tmp_path: Path, name: str) -> None:
    found = read(real_data / "tlc" / "zones" / name, tmp_path)
    rows = pq.read_table(tmp_path / "rows").to_pylist()
    assert found.records == len(rows) == 265
    last = [list(row.values()) for row in rows[-2:]]
    assert last[0][:1] + last[1][:1] == ["264", "265"]
    assert {"N/A"} <= {value for row in last for value in row}
    assert all(value is not None for row in rows for value in row.values())


def test_long_cells_and_mixed_line_ends_are_read(real_data: Path, tmp_path: Path) -> None:
    zones = real_data / "tlc" / "zones" / "taxi_zones_dagster_university.csv"
    assert read(zones, tmp_path).records == 263
    mixed = real_data / "tlc" / "yellow_samples" / "yellow_tripdata_sample_2019-01.csv"
    assert read(mixed, tmp_path).records == 10_000
    packed = real_data / "tlc" / "green" / "green_tripdata_2020-10.csv.gz"
    assert read(packed, tmp_path).records == 95_120


def test_the_two_empty_cells_beyond_the_header_are_let_go_and_told(real_data: Path, tmp_path: Path) -> None:
    found = read(real_data / "tlc" / "green" / "green_tripdata_2013-08.csv", tmp_path)
    assert (found.records, found.unparsed, len(found.columns)) == (7623, 0, 20)
    assert found.told == "7,623 records have empty cells beyond the header's"
    first = pq.read_table(tmp_path / "rows").slice(0, 1).to_pylist()[0]
    assert (first["VendorID"], first["Total_amount"], first["Trip_type "]) == ("2", "21.25", None)
