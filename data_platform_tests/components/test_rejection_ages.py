"""The check on how long rejections stay open: part of a table's runs, a daily job, a warning and never a block."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from data_platform_tests.components.small_dagster import MONTH, QUIET, SmallDagster, checks, definitions_of, key
from data_platform_tests.small_dataset import FILES

CONTRACT = "staged/readings.yaml"
CHECK = "staged/readings rejections_are_recent"


@pytest.fixture
def bounded(town: SmallDagster) -> SmallDagster:
    bound = "max_rejected_share: 1, max_rejection_age_days: {rain_mm_required: 30}"
    town.small.write({CONTRACT: FILES[CONTRACT].replace("max_rejected_share: 1", bound)})
    return town


def _aged(town: SmallDagster, root: Path, *, days: int) -> SmallDagster:
    """The same lake, copied elsewhere, with commits that were made so many days before."""
    home = shutil.copytree(town.small.home, root / "aged")
    for path in (home / "lake").rglob("_delta_log/*.json"):
        actions = [json.loads(line) for line in path.read_text().splitlines()]
        for action in actions:
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] -= int(timedelta(days=days).total_seconds() * 1000)
        path.write_text("".join(json.dumps(action) + "\n" for action in actions))
    return replace(town, small=replace(town.small, home=home))


def _look(town: SmallDagster) -> dg.AssetCheckEvaluation:
    """What the job that looks at all ages says."""
    job = definitions_of(town.small).resolve_job_def("rejection_ages")
    result = job.execute_in_process(instance=town.instance, run_config=QUIET)
    assert result.success
    (found,) = checks(result).values()
    assert (found.asset_key, found.partition) == (key("staged/readings"), None)
    return found


def test_a_run_of_the_table_says_how_old_its_oldest_rejection_is(bounded: SmallDagster) -> None:
    result = bounded.run_month()
    found = checks(result)[CHECK]
    assert (found.passed, found.blocking) == (True, False)
    assert found.description == "the oldest: rain_mm_required, open for 0 days of 30"


def test_an_old_rejection_warns_with_file_and_row_and_blocks_nothing(bounded: SmallDagster, tmp_path: Path) -> None:
    bounded.run_month()
    aged = _aged(bounded, tmp_path, days=45)

    found = _look(aged)

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    uri = f"{bounded.small.source.as_uri()}/readings-2024-01.parquet"
    assert found.description == (
        f"rain_mm_required: 1 rows open for longer than 30 days, the oldest for 45: row 1 of {uri}"
    )
    table = found.metadata["open_rejections"]
    assert isinstance(table, dg.TableMetadataValue)
    (line,) = (dict(record.data) for record in table.records)
    assert {name: line[name] for name in ("rows", "overdue_rows", "rule", "days", "most_days", "partition", "row")} == {
        **{"rows": 1, "overdue_rows": 1, "rule": "rain_mm_required", "days": 45, "most_days": "30"},
        **{"partition": MONTH, "row": 1},
    }
    again = aged.run("staged/readings", "curated/daily_rain")
    assert again.success
    assert not checks(again)[CHECK].passed


def test_a_younger_one_does_not(bounded: SmallDagster, tmp_path: Path) -> None:
    bounded.run_month()
    assert _look(_aged(bounded, tmp_path, days=29)).passed


def test_a_table_without_a_bound_has_no_such_check(town: SmallDagster) -> None:
    assert CHECK not in checks(town.run_month())
    assert "rejection_ages" not in {job.name for job in definitions_of(town.small).resolve_all_job_defs()}
