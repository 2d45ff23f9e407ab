"""Tables that read the partitions beside their own, in Dagster: the lineage of a partition, runs and ticks."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from data_platform_tests.components.small_dagster import SmallDagster, definitions_of, key, materialized
from data_platform_tests.planning.gauge import GAUGE, JUNE, shows
from data_platform_tests.small_dataset import small_dataset

_TABLES = ("raw/readings", "staged/readings", "curated/steps", "curated/outlook")


@pytest.fixture
def gauge(tmp_path: Path) -> Iterator[SmallDagster]:
    """January and February are at their source; the places are made."""
    with dg.DagsterInstance.ephemeral() as instance:
        found = SmallDagster(small_dataset(tmp_path, GAUGE), instance)
        for month in ("2024-01", "2024-02"):
            shows(found.small, month, 1, 3)
        found.run("raw/places", "staged/places", partition=None)
        yield found


def _read_by(gauge: SmallDagster, table: str, of: str, partition: str) -> set[str]:
    """The partitions that Dagster takes to be upstream of one."""
    graph = definitions_of(gauge.small).resolve_asset_graph()
    node, parent = graph.get(key(table)), graph.get(key(of))
    assert node.partitions_def is not None
    assert parent.partitions_def is not None
    subset = node.partitions_def.empty_subset().with_partition_keys([partition])
    mapping = graph.get_partition_mapping(node.key, parent.key)
    with partition_loading_context(JUNE, gauge.instance):
        found = mapping.get_upstream_mapped_partitions_result_for_partitions(
            subset, node.partitions_def, parent.partitions_def
        )
    return set(found.partitions_subset.get_partition_keys())


def test_the_lineage_of_a_partition_has_its_neighbours(gauge: SmallDagster) -> None:
    assert _read_by(gauge, "curated/steps", "staged/readings", "2024-02") == {"2024-01", "2024-02"}
    assert _read_by(gauge, "curated/steps", "staged/readings", "2024-01") == {"2024-01"}
    assert _read_by(gauge, "curated/outlook", "curated/steps", "2024-02") == {"2024-02", "2024-03"}
    assert _read_by(gauge, "staged/readings", "raw/readings", "2024-02") == {"2024-02"}


def test_one_run_makes_a_table_and_what_reads_its_neighbours(gauge: SmallDagster) -> None:
    for month in ("2024-01", "2024-02"):
        made = materialized(gauge.run(*_TABLES, partition=month))
        assert {name for name in made if not name.endswith("places")} == set(_TABLES)
    (row,) = gauge.small.rows("curated.outlook", "2024-02")
    assert row == {"steps": 2, "next_step_mm": None}
    assert [item.table.table for item in gauge.small.stale().stale] == ["outlook"]
    assert materialized(gauge.run("curated/outlook", partition="2024-01"))
    assert gauge.small.stale().stale == ()
