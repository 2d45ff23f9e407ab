"""Mistakes under `sink`: told with file and line, and never with what may be a password."""

from pathlib import Path
from typing import Any

import pytest

from data_platform.components.sinks import target_of
from data_platform.components.source_kinds.context import Installation
from data_platform.contracts.errors import ContractError, Mistakes
from data_platform.lake.names import TableName
from data_platform.sinks.database import connected
from data_platform.sinks.errors import SinkError
from data_platform_tests.databases import Database
from data_platform_tests.sinks.town import Town, contract_with, town


@pytest.fixture
def gauges(tmp_path: Path) -> Town:
    return town(tmp_path, Database("sqlite", "sqlite:////target.sqlite", ""))


@pytest.mark.parametrize(
    ("sink", "told"),
    [
        (", key: [plaice]", "the key names 'plaice', no column of this table"),
        (", key: [rain_mm]", "the key names 'rain_mm', which may be NULL: write `required: true` for that column"),
        (", columns: {a: plaice}", "'plaice' is no column of this table"),
        (", columns: {a: place}", "the key names 'reading_date', which has to be among `columns` once"),
        (", columns: {a: place, b: place, c: reading_date}", "the key names 'place', which has to be among `columns`"),
        (", columns: {_a: place, c: reading_date}", "'_a' begins with '_'"),
        (", deletes: all", "keep"),
        (", tables: 1", "tables"),
        (", password: s3cr3t", "a secret is written as {env: NAME}"),
    ],
)
def test_a_mistake_is_told_where_it_is(gauges: Town, sink: str, told: str) -> None:
    gauges.says(sink)
    found = _mistake(gauges)
    assert told in found
    assert "daily_rain.yaml:" in found
    assert "s3cr3t" not in found


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://me:s3cr3t@host/db", "has a user or a password in it"),
        ("mysql://host/db", "'mysql:' is no database that rows are written to"),
        ("postgresql://host", "write postgresql://host/database"),
        ("sqlite:relative", "write sqlite:///path"),
        ("{{ custmers_url }}", "variable 'custmers_url' is unknown"),
    ],
)
def test_an_address_that_cannot_be_is_told(gauges: Town, url: str, told: str) -> None:
    path = gauges.folder / "curated/daily_rain.yaml"
    path.write_text(path.read_text().replace("sqlite:////target.sqlite", url))
    found = _mistake(gauges)
    assert told in found
    assert "s3cr3t" not in found


def test_a_table_without_grain_needs_a_key(gauges: Town) -> None:
    gauges.says(contract=contract_with("partitions: none"))
    gauges.write({"curated/daily_rain.sql": "SELECT place, count(*) AS readings FROM staged.readings GROUP BY ALL"})
    assert "has no key: write `grain` for the table, or `key`" in _mistake(gauges)


def test_a_type_that_no_target_has_is_told_with_its_column(gauges: Town) -> None:
    contract = (gauges.folder / "curated/daily_rain.yaml").read_text()
    gauges.write({"curated/daily_rain.yaml": contract.replace("packed: {type: BLOB}", 'packed: {type: "BLOB[]"}')})
    assert "'packed' is BLOB[], which no target has; cast it, or leave it out by `columns`" in _mistake(gauges)


def test_only_a_curated_table_is_written_back(gauges: Town) -> None:
    staged = (gauges.folder / "staged/places.yaml").read_text()
    sink = 'sink: {database: {url: "sqlite:////target.sqlite", table: places}}\n'
    gauges.write({"staged/places.yaml": staged + sink})
    assert "only a curated table is written back" in _mistake(gauges)


def test_a_target_that_is_not_set_keeps_nobody_from_loading_and_is_told_when_rows_are_to_be_sent(gauges: Town) -> None:
    path = gauges.folder / "curated/daily_rain.yaml"
    path.write_text(path.read_text().replace("sqlite:////target.sqlite", "{{ customers_url }}"))
    table = gauges.catalog.model(TableName("curated", "daily_rain"))

    def nothing(_name: str) -> Any:
        raise AssertionError("nobody asks for this")

    target = target_of(table, Installation({"customers_url": ""}, nothing, nothing, gauges.home))

    assert target is not None
    assert target.shown == "daily rain at a database that is not set"
    with pytest.raises(SinkError, match="not set: DATA_PLATFORM_CUSTOMERS_URL is not set: write the database's url"):
        connected(target).__enter__()


def _mistake(gauges: Town) -> str:
    with pytest.raises((ContractError, Mistakes)) as found:
        assert gauges.datasets
    return str(found.value)
