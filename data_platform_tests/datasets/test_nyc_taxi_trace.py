"""Rows of the taxi tables are traced to the sample's own files: as many source rows as each row says it is made of."""

from typing import Any

import pyarrow.parquet as pq
import pytest

from data_platform.planning.catalog import ModelTable
from data_platform.steps.reconsider import Reconsidered, reconsider, staged_table
from data_platform.steps.trace import Traced, trace
from data_platform_tests.datasets.building import House

MONTH = "2025-01"
# What a row is made of: its trips, refunds among them.
TRIPS = {
    "curated.daily_revenue": "trips",
    "curated.borough_flows": "trips",
    "curated.monthly_summary": "trips",
    "curated.zone_hour_demand": "pickups + refunds",
    "curated.daily_trend": "trips",
}

pytestmark = pytest.mark.slow


def _trace(house: House, table: str, row: dict[str, Any], partition: str | None) -> Traced:
    key = {name: None if value is None else str(value) for name, value in row.items()}
    return trace(house.platform, table, key, partition)


def _some_rows(house: House, table: str, partition: str | None, more: str) -> list[dict[str, Any]]:
    """Some rows' grain and what `more` says of them."""
    names = _table(house, table).contract.grain
    sql = f"SELECT {', '.join(names)}, {more} AS _more FROM rows ORDER BY hash({', '.join(names)}) LIMIT 3"
    found = house.ask(sql, house.paths(table, partition)).astype(object).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in found]


def _table(house: House, table: str) -> ModelTable:
    (found,) = (one for one in house.stored("nyc_taxi") if one.name.sql == table)
    return found


@pytest.mark.parametrize("table", TRIPS)
def test_a_curated_row_is_made_of_as_many_source_rows_as_it_counts_trips(house: House, table: str) -> None:
    partition = None if _table(house, table).partitions is None else MONTH
    for row in _some_rows(house, table, partition, TRIPS[table]):
        trips = row.pop("_more")
        found = _trace(house, table, row, partition)
        behind = [file for file in found.files if file.through.sql != "staged.taxi_zones"]
        assert (found.matched, sum(file.count for file in behind)) == (1, trips), row
        service = {file.through.sql for file in behind}
        assert service == {f"staged.{row['service']}_trips"}
        assert not any("cannot narrow staged.green_trips" in note for note in found.notes)


def test_a_clean_trip_leads_to_the_record_that_the_file_has(house: House) -> None:
    for row in _some_rows(house, "staged.green_trips", MONTH, "passenger_count"):
        row.pop("_more")
        if any(value is None or value != value for value in row.values()):
            continue
        (file,) = _trace(house, "staged.green_trips", row, MONTH).files
        records = pq.read_table(house.settings.samples_path / f"nyc_taxi/trip-data/green_tripdata_{MONTH}.parquet")
        (record,) = records.slice(file.rows[0], 1).to_pylist()
        assert file.uri.endswith(f"trip-data/green_tripdata_{MONTH}.parquet")
        assert record["PULocationID"] == row["pickup_zone_id"]
        assert round(record["total_amount"], 2) == round(float(row["total_usd"]), 2)


def test_a_house_that_is_up_to_date_has_nothing_to_reconsider(house: House) -> None:
    table = staged_table(house.platform.catalog, "staged.green_trips")
    told = reconsider(house.platform, table, MONTH)
    assert told == Reconsidered(MONTH, told.quarantined, told.clean)
    assert told.quarantined > 0
