"""The door: what it opens, and what it finds on disk."""

import pytest

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform_tests.lake.writing import TRIPS, replace, sighting


def test_an_empty_lake_has_nothing_and_is_not_created_by_looking(lake: Lake) -> None:
    assert lake.tables() == ()
    assert lake.ledgers() == ()
    assert list(lake.storage.list("")) == []


def test_tables_and_ledgers_are_found_on_disk(lake: Lake) -> None:
    replace(lake, "all", "us", 1, table=TableName("curated", "zones"))
    replace(lake, "2024-01", "us", 1)
    lake.table(TableName("staged", "never_committed")).new_file("all", rejected=False)
    lake.raw.incoming("arrivals")
    lake.ledger("trips").append([sighting("a", "A")], base=lake.ledger("trips").read())

    assert lake.tables() == (TableName("curated", "zones"), TRIPS)
    assert lake.ledgers() == ("trips",)


@pytest.mark.parametrize("layer", ["raw", "ledger"])
def test_layers_without_tables_open_none(lake: Lake, layer: str) -> None:
    with pytest.raises(ValueError, match="holds no tables"):
        lake.table(TableName(layer, "trips"))
