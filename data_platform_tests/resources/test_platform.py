"""The resources that assets and other Dagster code are given."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster_duckdb import DuckDBResource

from data_platform.resources.platform import platform_of, resources_of
from data_platform.sources.errors import TransientSourceError
from data_platform.sources.patience import Patience
from data_platform_tests.components.small_dagster import MONTH, small_dagster
from data_platform_tests.small_dataset import reading, small_dataset


def test_a_platform_is_described_without_touching_the_disk(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)

    platform = platform_of(small.settings, small.catalog)

    assert not small.home.exists()
    assert (platform.engine.memory_limit, platform.engine.threads) == ("512MiB", 2)
    assert platform.warehouse == small.home / "warehouse"


def test_other_assets_read_the_published_warehouse_and_cannot_write_it(tmp_path: Path) -> None:
    with small_dagster(tmp_path) as town:
        town.small.put(MONTH, [reading(1)])
        town.run_month()
        town.run("published/warehouse", partition=None)
        warehouse = resources_of(town.small.settings, town.small.platform)["warehouse"]
        rows: list[int] = []

        @dg.asset
        def reader(warehouse: DuckDBResource) -> None:
            with warehouse.get_connection() as connection:
                rows.append(connection.execute("SELECT sum(readings) FROM curated.daily_rain").fetchall()[0][0])
                with pytest.raises(duckdb.Error, match="read-only"):
                    connection.execute("DROP TABLE curated.daily_rain")

        result = dg.materialize([reader], resources={"warehouse": warehouse}, instance=town.instance)

    assert result.success
    assert rows == [1]


def test_a_fault_that_is_waited_out_is_a_line_in_the_log_and_none_on_a_terminal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = small_dataset(tmp_path)
    platform_of(small.settings, small.catalog)
    left = ["https://api.example.org/v1: answered 429 Too Many Requests"]

    def ask() -> str:
        if left:
            raise TransientSourceError(left.pop())
        return "answered"

    with caplog.at_level("INFO"):
        assert Patience(first_wait_seconds=0, jitter_seconds=0).retrying(ask) == "answered"
    (told,) = caplog.records
    assert told.getMessage() == "asked again in 0.0 s: https://api.example.org/v1: answered 429 Too Many Requests"
    assert told.levelname == "INFO"
