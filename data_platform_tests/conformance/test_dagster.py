"""Dagster forgets everything, and nothing follows: what was received is what the ledger says."""

import shutil
from datetime import timedelta

import dagster as dg

from data_platform.components.announcing import announce
from data_platform_tests.components.small_dagster import SmallDagster, key
from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, MONTHS, Stage, expect, expect_nothing_to_do
from data_platform_tests.small_dataset import NOW

_TABLES = ("raw/records", "staged/records")


@over("new Dagster instance")
def test_with_a_new_dagster_instance_nothing_is_fetched_again_and_it_learns_what_the_lake_holds(stage: Stage) -> None:
    january, february = list(records(JANUARY, range(9))), list(records(FEBRUARY, range(9, 12)))
    stage.source.has(JANUARY, january)
    stage.source.has(FEBRUARY, february)
    stage.town.kind.deliver(stage.town)
    with dg.DagsterInstance.ephemeral() as instance:
        for month in MONTHS:
            assert SmallDagster(stage.town, instance).run(*_TABLES, partition=month).success
    _forget_all_but_the_lake(stage)
    expect_nothing_to_do(stage.town)
    with dg.DagsterInstance.ephemeral() as instance:
        assert announce(instance, stage.town.platform) == len(_TABLES) * len(MONTHS)
        assert announce(instance, stage.town.platform) == 0
        for table in _TABLES:
            assert instance.get_materialized_partitions(key(table)) == set(MONTHS)
        before = stage.town.received()
        assert SmallDagster(stage.town, instance).run(*_TABLES, partition=JANUARY).success
        assert stage.town.received() == before
        changed = list(records(FEBRUARY, range(9, 12), changed=1))
        stage.source.has(FEBRUARY, changed)
        stage.town.works(NOW + timedelta(days=1))
    expect(stage.town, {JANUARY: january, FEBRUARY: changed}, NOW + timedelta(days=1))


def _forget_all_but_the_lake(stage: Stage) -> None:
    """Whatever else lies in the home is a hint, which may be lost."""
    for path in stage.town.home.iterdir():
        if path != stage.town.settings.lake_path:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
