"""Twenty kills of `make run` at random moments: the lake is as it must be, and in the end Dagster knows all of it."""

from pathlib import Path

import dagster as dg
import pytest

from data_platform.components.command_runs import IN_PROGRESS
from data_platform.lake.tables import UNPARTITIONED
from data_platform_tests.cli.driven import instance_in
from data_platform_tests.components.small_dagster import key
from data_platform_tests.proof.kill_readers import TABLES
from data_platform_tests.proof.kill_series import Series, series


@pytest.mark.slow
def test_twenty_kills_of_whole_dagster_runs(tmp_path: Path) -> None:
    with series(tmp_path, "drive_command", seed=2, rows=100) as of:
        tally = of.run(20)
        assert tally.killed == 20
        _expect_dagster_knows(of)
    assert tally.changed > 2, "kills that hit nothing prove nothing"


def _expect_dagster_knows(of: Series) -> None:
    """Every commit of which a killed run told nobody was told by a later one, and no run of the dead is left open."""
    small = of.rain.at(of.home)
    with instance_in(small) as instance:
        assert instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS)) == []
        for table, partitions in TABLES.items():
            told = instance.get_materialized_partitions(key(table))
            assert set(partitions) == (told or {UNPARTITIONED}), table
            assert instance.get_latest_materialization_event(key(table)) is not None
        assert list((Path(instance.root_directory) / "processes").iterdir()) == []
