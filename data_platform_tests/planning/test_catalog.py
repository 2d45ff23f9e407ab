"""How tables read each other: order, views, readers, and what cannot stand together."""

import pytest

from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, CatalogError, Table
from data_platform_tests.planning.tables import model, raw

TABLES: list[Table] = [
    model("curated.sums", "staged.both", "staged.places", kind="monthly"),
    model("staged.both", "staged.rainy", "staged.snow", kind="monthly", view=True),
    model("staged.rainy", "staged.rain", kind="monthly", view=True),
    model("staged.rain", "raw.rain", "staged.places", kind="monthly"),
    model("staged.snow", "raw.snow", kind="monthly"),
    model("staged.places", "raw.places"),
    raw("rain", "monthly"),
    raw("snow", "monthly"),
    raw("places"),
]
CATALOG = Catalog.of(TABLES)


def _names(*names: str) -> tuple[TableName, ...]:
    return tuple(TableName.parse(name) for name in names)


def test_each_table_comes_after_those_that_it_reads_whatever_the_order_of_files() -> None:
    for catalog in (CATALOG, Catalog.of(reversed(TABLES))):
        assert catalog.order == CATALOG.order
        for table in catalog:
            assert all(catalog.order.index(read) < catalog.order.index(table.name) for read in table.reads)


def test_behind_a_view_stand_the_tables_that_it_reads_each_once() -> None:
    assert CATALOG.stored(_names("staged.both", "staged.rain")) == _names("staged.rain", "staged.snow")
    assert CATALOG.stored(_names("raw.rain")) == _names("raw.rain")


def test_views_come_after_the_views_that_they_read() -> None:
    views = CATALOG.views(_names("staged.places", "staged.both"))
    assert [view.name.table for view in views] == ["rainy", "both"]
    assert CATALOG.views(_names("staged.rain")) == ()


def test_readers_are_found_through_views() -> None:
    assert CATALOG.readers[TableName("staged", "rain")] == _names("curated.sums")
    assert CATALOG.readers[TableName("staged", "places")] == _names("staged.rain", "curated.sums")
    assert CATALOG.readers[TableName("curated", "sums")] == ()


def test_a_name_that_two_datasets_use_is_a_mistake() -> None:
    with pytest.raises(CatalogError, match="raw/rain exists in the datasets town and county; rename one"):
        Catalog.of([raw("rain"), raw("rain", dataset="county")])


def test_a_table_that_nobody_has_is_a_mistake_and_the_nearest_name_is_told() -> None:
    with pytest.raises(CatalogError, match=r"town/staged/rain.sql:1: reads raw.rian, which no dataset has.*raw\.rain"):
        Catalog.of([raw("rain"), model("staged.rain", "raw.rian")])


def test_tables_in_a_circle_are_a_mistake_and_the_circle_is_told() -> None:
    with pytest.raises(CatalogError, match=r"\.sql:1: .*circle: staged\.(a|b) → staged\.(a|b) → staged\.(a|b)\."):
        Catalog.of([model("staged.a", "staged.b"), model("staged.b", "staged.a")])


def test_tables_of_one_dataset_over_the_same_windows_are_a_group() -> None:
    county = model("curated.far", "staged.rain", kind="monthly", dataset="county")
    weekly = raw("visitors", "weekly")
    catalog = Catalog.of([*TABLES, county, weekly])
    rain, snow, places = (catalog.group(TableName("staged", name)) for name in ("rain", "snow", "places"))
    assert rain == snow
    assert places == ()
    assert len({rain, places, catalog.group(county.name), catalog.group(weekly.name)}) == 4
