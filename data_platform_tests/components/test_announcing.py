"""Dagster is told what the lake holds and it does not know, and nothing else."""

import dagster as dg

from data_platform.components.announcing import announce
from data_platform_tests.components.small_dagster import MONTH, SmallDagster, key
from data_platform_tests.small_dataset import FILES, reading

EVERYTHING = 5  # places and readings in raw and staged, and the daily rain


def _version(town: SmallDagster, table: str) -> str | None:
    """Dagster's data version of a table's latest materialization."""
    event = town.instance.get_latest_materialization_event(key(table))
    if event is None or event.asset_materialization is None:
        return None
    return (event.asset_materialization.tags or {})["dagster/data_version"]


def test_a_new_instance_learns_every_partition_once(town: SmallDagster) -> None:
    town.small.run()

    assert announce(town.instance, town.small.platform) == EVERYTHING
    assert announce(town.instance, town.small.platform) == 0

    for table in ("raw/readings", "staged/readings", "curated/daily_rain"):
        assert town.instance.get_materialized_partitions(key(table)) == {MONTH}
    assert _version(town, "staged/readings") == town.fingerprint("staged/readings", MONTH)
    assert _version(town, "staged/places") == town.fingerprint("staged/places", "all")


def test_what_a_run_has_recorded_is_known(town: SmallDagster) -> None:
    town.run_month()

    assert announce(town.instance, town.small.platform) == 0


def test_a_commit_without_an_event_is_told_and_nothing_else(town: SmallDagster) -> None:
    town.run_month()
    town.small.put(MONTH, [reading(1)])
    town.small.receive("readings", MONTH)
    town.small.build("staged.readings", MONTH)

    assert announce(town.instance, town.small.platform) == 2

    assert _version(town, "staged/readings") == town.fingerprint("staged/readings", MONTH)


def test_an_empty_lake_has_nothing_to_tell(town: SmallDagster) -> None:
    assert announce(town.instance, town.small.platform) == 0


def test_what_lies_before_the_first_partition_is_left_alone(town: SmallDagster) -> None:
    town.small.run()
    town.small.write({"defs.yaml": FILES["defs.yaml"].replace('start: "2024-01"', 'start: "2024-02"')})

    announce(town.instance, town.small.platform)

    assert town.instance.get_latest_materialization_event(key("staged/readings")) is None
    assert town.instance.get_latest_materialization_event(key("staged/places")) is not None


def test_what_is_told_says_that_no_run_made_it(town: SmallDagster) -> None:
    town.small.run()
    announce(town.instance, town.small.platform)

    event = town.instance.get_latest_materialization_event(key("curated/daily_rain"))

    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["outcome"] == dg.TextMetadataValue("found in the lake")
