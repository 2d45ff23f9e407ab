"""Every dataset folder is built from its sample: a new folder is tested here without another line of code."""

import importlib
from datetime import timedelta
from pathlib import Path

import pytest

import data_platform.datasets
from data_platform.planning.catalog import RawTable
from data_platform.steps.publish import behind, publish_warehouse
from data_platform.warehouse.publication import WAREHOUSE
from data_platform.warehouse.read import open_read_only
from data_platform_tests.datasets.building import House

FOLDERS = sorted(path.parent for path in Path(next(iter(data_platform.datasets.__path__))).glob("*/defs.yaml"))

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("dataset", [folder.name for folder in FOLDERS])]


def test_nothing_is_stale_or_waits_afterwards(house: House, dataset: str) -> None:
    here = {table.name for table in house.platform.catalog if table.dataset == dataset}
    answer = house.stale()
    assert [item for item in answer.stale if item.table in here] == []
    assert [item for item in answer.waiting if item.table in here] == []
    assert [item for item in answer.unanswered if item.table in here] == []


def test_every_partition_of_every_table_stands(house: House, dataset: str) -> None:
    for table in house.stored(dataset):
        keys = ["all"] if table.partitions is None else table.partitions.keys(house.now)
        assert sorted(house.states(table.name)) == keys, table.name
    for raw in house.platform.catalog:
        if isinstance(raw, RawTable) and raw.dataset == dataset:
            sightings = house.platform.lake.ledger(raw.name.table).read().all()
            assert {sighting.state for sighting in sightings} == {"received"}, raw.name


def test_every_row_that_arrived_is_found_again(house: House, dataset: str) -> None:
    """Counted here anew: records of the ledger against the rows of the files that were committed."""
    for table in house.stored(dataset):
        for partition, state in house.states(table.name).items():
            account = state.provenance.get("account")
            assert (account is not None) == (table.name.layer == "staged")
            clean = _count(house, house.paths(table.name.sql, partition))
            assert clean == state.provenance["rows"]
            if account is not None:
                ledgers = [house.platform.lake.ledger(raw.table).read() for raw in table.driving]
                arrived = sum(s.records or 0 for sightings in ledgers for s in sightings.current(partition))
                rejected = _count(house, house.paths(table.name.sql, partition, rejected=True))
                assert arrived == account["arrived"] == clean + rejected + account["dropped"]
                assert arrived > 0


def test_the_planted_faults_are_found_and_no_others(house: House, dataset: str) -> None:
    planted = importlib.import_module(f"data_platform.datasets.{dataset}.sample").PLANTED
    for table in house.stored(dataset):
        if table.name.layer != "staged":
            continue
        for partition, state in house.states(table.name).items():
            told = state.provenance["account"]
            expected = planted.get(str(table.name), {}).get(partition, {})
            assert {**told["rejected_by"], **told["dropped_by"], **told["flagged"]} == expected, (table.name, partition)
            rejected = house.paths(table.name.sql, partition, rejected=True)
            if rejected:
                rules = house.ask("SELECT unnest(_rules) AS rule, count(*) AS n FROM rows GROUP BY 1", rejected)
                assert dict(zip(rules.rule, rules.n, strict=True)) == told["rejected_by"]


def test_all_files_of_a_table_have_one_schema(house: House, dataset: str) -> None:
    for table in house.stored(dataset):
        schemas = [house.schema(path) for path in house.paths(table.name.sql)]
        assert all(schema == schemas[0] for schema in schemas), table.name
        hidden = ["_source_file", "_source_row"] if table.name.layer == "staged" else []
        assert [name for name, *_ in schemas[0]] == [*table.contract.columns, *hidden]


def test_readers_find_every_table_and_its_quarantine(house: House, dataset: str) -> None:
    with open_read_only(house.platform.warehouse / WAREHOUSE) as warehouse:
        for table in house.stored(dataset):
            (rows,) = warehouse.execute(f"SELECT count(*) FROM {table.name.sql}").fetchall()[0]
            assert rows == sum(state.provenance["rows"] for state in house.states(table.name).values())
            if table.name.layer == "staged":
                (rejected,) = warehouse.execute(f"SELECT count(*) FROM quarantine.{table.name.table}").fetchall()[0]
                accounts = [state.provenance["account"] for state in house.states(table.name).values()]
                assert rejected == sum(account["rejected"] for account in accounts)


def test_a_second_run_touches_no_file(house: House, dataset: str) -> None:
    before = house.written()
    assert house.make() == []
    published = publish_warehouse(house.platform, now=house.now + timedelta(hours=1))
    assert published is not None
    assert not published.changed
    assert not behind(house.platform)
    assert house.written() == before, dataset


def _count(house: House, paths: list[Path]) -> int:
    return int(house.ask("SELECT count(*) AS n FROM rows", paths).n[0]) if paths else 0
