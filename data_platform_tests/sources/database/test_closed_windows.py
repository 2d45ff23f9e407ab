"""`verify: keys`: windows that closed are compared by how many rows they have and which, open ones by all they hold."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_platform_tests.databases import Database
from data_platform_tests.sources.database.shop import SOME, Shop, customers, ids, received, run, shop, stale

_FEBRUARY_10 = datetime(2024, 2, 10, tzinfo=UTC)


@pytest.fixture
def some(database: Database) -> Database:
    customers(database)
    database.insert("customers", SOME)
    return database


@pytest.fixture
def small(some: Database, tmp_path: Path) -> Shop:
    """Received when both months had closed."""
    small = shop(tmp_path, some, verify="keys", closes_after="3d")
    small.receive("customers", "2024-01", "2024-02")
    return small


def test_a_row_that_came_or_went_is_found_in_a_closed_window(some: Database, small: Shop) -> None:
    assert stale(small) == []
    some.run("INSERT INTO customers VALUES (4, 'late', '2024-01-20 00:00:00')")
    assert stale(small) == ["2024-01"]
    small.receive("customers", "2024-01")
    assert ids(small, "2024-01") == [1, 2, 4]
    some.run("DELETE FROM customers WHERE id = 1")
    assert stale(small) == ["2024-01"]
    small.receive("customers", "2024-01")
    assert ids(small, "2024-01") == [2, 4]
    assert stale(small) == []


def test_a_row_whose_key_is_another_is_found_in_a_closed_window(some: Database, small: Shop) -> None:
    run(some, "UPDATE customers SET id = 9 WHERE id = 1")
    assert stale(small) == ["2024-01"]


def test_a_value_that_changes_within_a_closed_window_is_not_asked_for(some: Database, small: Shop) -> None:
    some.run("UPDATE customers SET name = 'x' WHERE id = 1")
    assert stale(small) == []


def test_a_value_that_changes_within_an_open_window_is_found(some: Database, tmp_path: Path) -> None:
    small = shop(tmp_path, some, verify="keys", closes_after="30d")
    small.receive("customers", "2024-01", now=_FEBRUARY_10)
    some.run("UPDATE customers SET name = 'x' WHERE id = 1")
    # It is open until it was received after the second of March, whenever that is asked.
    assert stale(small) == ["2024-01", "2024-02"]
    small.receive("customers", "2024-01")
    assert received(small, "2024-01")[0]["name"] == "x"
    some.run("UPDATE customers SET name = 'y' WHERE id = 1")
    assert stale(small) == ["2024-02"]


def test_another_way_of_comparing_receives_the_same_bytes_again_at_most_once(some: Database, small: Shop) -> None:
    before = small.platform.lake.ledger("customers").read().data_version("2024-01")
    rows = shop(small.folder.parents[1], some, verify="rows")
    assert stale(rows) == []
    keys = shop(small.folder.parents[1], some, verify="keys")
    assert stale(keys) == []
    assert keys.platform.lake.ledger("customers").read().data_version("2024-01") == before
