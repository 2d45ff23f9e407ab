"""A database through the ledger: what is stale, what is received, and that no change of a row is lost or doubled."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_platform_tests.databases import Database
from data_platform_tests.small_dataset import SmallDataset
from data_platform_tests.sources.database.shop import SOME, customers, ids, received, run, shop, stale, told


@pytest.fixture
def some(database: Database) -> Database:
    """Two customers in January, one in February."""
    customers(database)
    database.insert("customers", SOME)
    return database


@pytest.fixture
def small(some: Database, tmp_path: Path) -> SmallDataset:
    """The shop, received."""
    small = shop(tmp_path, some)
    assert stale(small) == ["2024-01", "2024-02"]
    small.receive("customers", "2024-01", "2024-02")
    return small


def test_rows_arrive_in_the_partition_of_their_watermark_and_nothing_is_stale_twice(small: SmallDataset) -> None:
    assert ids(small, "2024-01") == [1, 2]
    assert [row["name"] for row in received(small, "2024-02")] == ['say "hi", \n🙂']
    assert stale(small) == []
    assert [found.outcome for found in small.receive("customers", "2024-01", "2024-02")] == ["unchanged"] * 2


def test_the_models_get_the_values(small: SmallDataset) -> None:
    small.run()
    assert [row["updated_at"] for row in small.rows("staged.customers")] == [
        datetime(2024, 1, 1),
        datetime(2024, 1, 31, 23, 59, 59, 999999),
        datetime(2024, 2, 1),
    ]


def test_a_late_commit_is_found(some: Database, small: SmallDataset) -> None:
    if some.kind == "sqlite":
        some.run("PRAGMA journal_mode=WAL")
    with closing(some.connect()) as late, closing(late.cursor()) as cursor:
        cursor.execute("INSERT INTO customers VALUES (4, 'late', '2024-01-15 12:00:00')")
        assert stale(small) == []
        late.commit()
    assert stale(small) == ["2024-01"]
    small.receive("customers", "2024-01")
    assert ids(small, "2024-01") == [1, 2, 4]
    assert stale(small) == []


def test_an_update_moves_a_row_from_window_to_window(some: Database, small: SmallDataset) -> None:
    some.run("UPDATE customers SET updated_at = '2024-02-10 00:00:00' WHERE id = 1")
    assert stale(small) == ["2024-01", "2024-02"]
    small.receive("customers", "2024-01", "2024-02")
    assert (ids(small, "2024-01"), ids(small, "2024-02")) == ([2], [1, 3])


def test_a_change_that_does_not_touch_the_watermark_is_found(some: Database, small: SmallDataset) -> None:
    some.run("UPDATE customers SET name = 'Ada Lovelace' WHERE id = 1")
    assert stale(small) == ["2024-01"]
    small.receive("customers", "2024-01")
    assert received(small, "2024-01")[0]["name"] == "Ada Lovelace"


def test_a_change_that_is_undone_gives_the_same_bytes(some: Database, small: SmallDataset) -> None:
    before = small.platform.lake.ledger("customers").read().current("2024-01")[0]
    some.run("UPDATE customers SET name = 'x' WHERE id = 1")
    small.receive("customers", "2024-01")
    some.run("UPDATE customers SET name = 'Ada' WHERE id = 1")
    small.receive("customers", "2024-01")
    after = small.platform.lake.ledger("customers").read().current("2024-01")[0]
    assert (after.sha256, after.version) == (before.sha256, before.version)


def test_two_values_that_are_swapped_are_found(some: Database, small: SmallDataset) -> None:
    run(some, "UPDATE customers SET name = 'Grace' WHERE id = 1", "UPDATE customers SET name = 'Ada' WHERE id = 2")
    assert stale(small) == ["2024-01"]


def test_a_deleted_row_leaves(some: Database, small: SmallDataset) -> None:
    some.run("DELETE FROM customers WHERE id = 2")
    assert stale(small) == ["2024-01"]
    small.receive("customers", "2024-01")
    assert ids(small, "2024-01") == [1]


def test_a_window_that_lost_all_of_its_rows_is_received_empty(some: Database, small: SmallDataset) -> None:
    some.run("DELETE FROM customers WHERE id = 3")
    small.receive("customers", "2024-02")
    assert received(small, "2024-02") == []
    assert stale(small) == []


def test_null_and_the_empty_text_are_two(some: Database, small: SmallDataset) -> None:
    some.run("UPDATE customers SET name = NULL WHERE id = 1", "UPDATE customers SET name = '' WHERE id = 2")
    small.receive("customers", "2024-01")
    assert [row["name"] for row in received(small, "2024-01")] == [None, ""]
    run(some, "UPDATE customers SET name = '' WHERE id = 1", "UPDATE customers SET name = NULL WHERE id = 2")
    assert stale(small) == ["2024-01"]


def test_rows_in_no_partition_are_told_with_their_number(some: Database, small: SmallDataset) -> None:
    rows = [(5, "a", None), (6, "b", None), (7, "c", "2023-12-31 23:59:59"), (8, "d", "2024-03-01 00:00:00")]
    some.insert("customers", rows)
    findings = " ".join(told(small))
    assert "2 rows: each has no time in updated_at" in findings
    assert "1 rows: each lies before the first partition" in findings
    assert "1 rows: each lies in a partition that is not over" in findings
    assert stale(small) == []
    april = datetime(2024, 4, 2, tzinfo=UTC)
    assert stale(small, april) == ["2024-03"]
    small.receive("customers", "2024-03", now=april)
    assert ids(small, "2024-03") == [8]


def test_a_partition_may_be_several_windows_each_received_for_itself(some: Database, tmp_path: Path) -> None:
    small = shop(tmp_path, some, window="1d")
    small.receive("customers", "2024-01", "2024-02")
    ledger = small.platform.lake.ledger("customers").read()
    assert len(ledger.current("2024-01")) == 31
    some.run("UPDATE customers SET name = 'x' WHERE id = 1")
    small.receive("customers", "2024-01")
    new = small.platform.lake.ledger("customers").read().all()[len(ledger.all()) :]
    assert [sighting.slot for sighting in new] == ["2024-01-01T00:00:00/2024-01-02T00:00:00"]
    assert sorted(ids(small, "2024-01")) == [1, 2]


def test_windows_of_another_length_take_the_place_of_the_old_ones(some: Database, small: SmallDataset) -> None:
    again = shop(small.folder.parents[1], some, window="10d")
    assert stale(again) == ["2024-01", "2024-02"]
    again.receive("customers", "2024-01", "2024-02")
    assert sorted(ids(again, "2024-01")) == [1, 2]
    assert stale(again) == []


def test_a_table_without_partitions_is_received_whole(some: Database, tmp_path: Path) -> None:
    small = shop(tmp_path, some, watermark=None)
    yaml = (small.folder / "defs.yaml").read_text()
    small.write({"defs.yaml": yaml.replace("      source:\n", "      partitions: none\n      source:\n")})
    small.run()
    assert [row["id"] for row in small.rows("staged.customers")] == [1, 2, 3]
    some.run("DELETE FROM customers WHERE id = 2")
    small.run()
    assert [row["id"] for row in small.rows("staged.customers")] == [1, 3]
    assert small.run() == []


def test_instants_belong_to_the_local_time_of_the_partitions(database: Database, tmp_path: Path) -> None:
    kind = {"postgresql": "TIMESTAMPTZ", "mariadb": "TIMESTAMP(6) NULL", "sqlite": "TEXT"}[database.kind]
    database.run(f"CREATE TABLE customers (id BIGINT, name VARCHAR(9), updated_at {kind})")
    # New York's February begins at five o'clock in London.
    moments = ["2024-02-01 04:59:59", "2024-02-01 05:00:00"]
    zone = "" if database.kind == "mariadb" else "+00:00"
    run(
        database,
        *(["SET time_zone = '+00:00'"] if database.kind == "mariadb" else []),
        *(f"INSERT INTO customers VALUES ({i}, '', '{at}{zone}')" for i, at in enumerate(moments)),
    )
    small = shop(tmp_path, database, zone="America/New_York")
    small.receive("customers", "2024-01", "2024-02")
    assert (ids(small, "2024-01"), ids(small, "2024-02")) == ([0], [1])
    assert stale(small) == []
