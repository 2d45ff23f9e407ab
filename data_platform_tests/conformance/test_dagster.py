"""Dagster forgets everything, and nothing follows: what was received is what the ledger says."""

import shutil

import dagster as dg

from data_platform.components.announcing import announce
from data_platform_tests.components.small_dagster import SmallDagster, key
from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage, expect, expect_nothing_to_do

_TABLES = ("raw/records", "staged/records")


@over("new Dagster instance")
def test_with_a_new_dagster_instance_nothing_is_fetched_again_and_it_learns_what_the_lake_holds(stage: Stage) -> None:
    january, february = list(records(JANUARY, range(9))), list(records(FEBRUARY, range(9, 12)))
    stage.source.has(JANUARY, january)
    stage.town.kind.deliver(stage.town)
    with dg.DagsterInstance.ephemeral() as instance:
        assert SmallDagster(stage.town, instance).run(*_TABLES, partition=JANUARY).success
    _forget_all_but_the_lake(stage)
    expect_nothing_to_do(stage.town)
    with dg.DagsterInstance.ephemeral() as instance:
        assert announce(instance, stage.town.platform) == len(_TABLES)
        assert announce(instance, stage.town.platform) == 0
        for table in _TABLES:
            assert instance.get_materialized_partitions(key(table)) == {JANUARY}
        before = stage.town.received()
        assert SmallDagster(stage.town, instance).run(*_TABLES, partition=JANUARY).success
        assert stage.town.received() == before
        stage.source.has(FEBRUARY, february)
        stage.town.works()
    expect(stage.town, {JANUARY: january, FEBRUARY: february})


def _forget_all_but_the_lake(stage: Stage) -> None:
    """Whatever else lies in the home is a hint, which may be lost."""
    for path in stage.town.home.iterdir():
        if path != stage.town.settings.lake_path:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
