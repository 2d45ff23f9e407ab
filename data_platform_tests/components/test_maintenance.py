"""The maintenance job in Dagster. What it may take, and what not, is tested in `lake/test_maintenance.py`."""

from datetime import UTC, datetime

from data_platform.lake.names import TableName
from data_platform_tests.components.small_dagster import MONTH, QUIET, SmallDagster, definitions_of


def test_the_job_takes_what_a_killed_run_left_long_ago_and_no_row(town: SmallDagster) -> None:
    town.run_month()
    lake, rows = town.small.platform.lake, town.small.rows("staged.readings")
    young = lake.table(TableName("staged", "readings")).new_file(MONTH, rejected=False)
    old = lake.storage.local(young.key.replace(f"{datetime.now(UTC):%Y}", "2001", 1))
    old.write_bytes(b"half a file")

    done = (
        definitions_of(town.small)
        .resolve_job_def("maintenance")
        .execute_in_process(instance=town.instance, run_config=QUIET)
    )

    assert done.success
    assert not old.exists()
    assert town.small.rows("staged.readings") == rows != []
