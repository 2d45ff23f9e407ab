"""How `make run` drives Dagster: until nothing is stale, around failures, and after a process that was killed."""

import fcntl
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from data_platform.components.command_runs import free_dead_runs
from data_platform_tests.cli.driven import drive, instance_in
from data_platform_tests.components.small_dagster import MONTH, definitions_of, key
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset
from data_platform_tests.ui.dagster_dev import REPOSITORY


def _small(root: Path) -> SmallDataset:
    small = small_dataset(root)
    small.put(MONTH, [reading(1), reading(2)])
    return small


def test_everything_stale_is_made_in_one_run_a_batch_and_published_once(tmp_path: Path) -> None:
    small = _small(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        done, printed = drive(small, instance)

        assert (len(done.run_ids), done.failed, done.published) == (3, [], True)
        assert [line.split("  ")[-1] for line in printed.splitlines()] == [
            "unpartitioned: raw/places, staged/places",
            "2024-01: 1 raw, 1 staged, 1 curated",
            "warehouse, dashboards and catalogue",
        ]
        again, printed = drive(small, instance)
        assert (again.run_ids, again.published, printed) == (set(), False, "")


def test_a_changed_model_makes_again_just_what_depends_on_it(tmp_path: Path) -> None:
    small = _small(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        drive(small, instance)
        small.write({"curated/daily_rain.sql": FILES["curated/daily_rain.sql"].replace("sum(", "1 * sum(")})

        done, printed = drive(small, instance)

    assert "2024-01: curated/daily_rain" in printed
    assert len(done.run_ids) == 2


def test_a_failure_is_told_in_the_steps_own_words_and_stops_nothing_else(tmp_path: Path) -> None:
    small = _small(tmp_path)
    february = datetime(2024, 2, 10)
    small.put("2024-02", [reading(3, read_at=february), reading(3, read_at=february, value=9.0)])
    with dg.DagsterInstance.ephemeral() as instance:
        done, printed = drive(small, instance)

    (failed,) = done.failed
    assert failed.startswith("2024-02: 1 raw, 1 staged, 1 curated: staged/readings 2024-02: not committed")
    assert "FAILED" in printed
    assert done.published
    assert set(small.platform.lake.table(small.catalog.order[-1]).partitions()) == {MONTH}


@pytest.mark.slow
def test_a_commit_of_which_dagster_never_heard_is_told_by_the_next_run(tmp_path: Path) -> None:
    small = _small(tmp_path)

    killed = subprocess.run(
        [sys.executable, "-m", "data_platform_tests.cli.driven", tmp_path], cwd=REPOSITORY, check=False
    )

    assert killed.returncode == -signal.SIGKILL
    with instance_in(small) as instance:
        (open_run,) = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        assert instance.get_materialized_partitions(key("staged/readings")) == set()
        committed = small.rows("staged.readings")
        assert len(committed) == 2

        done, printed = drive(small, instance)

        assert done.failed == []
        assert "2024-01: curated/daily_rain" in printed
        assert instance.get_materialized_partitions(key("staged/readings")) == {MONTH}
        assert instance.get_materialized_partitions(key("curated/daily_rain")) == {MONTH}
        record = instance.get_run_record_by_id(open_run.run_id)
        assert record is not None
        assert record.dagster_run.status == dg.DagsterRunStatus.FAILURE
    assert small.rows("staged.readings") == committed


def test_only_runs_whose_process_is_gone_are_closed(tmp_path: Path) -> None:
    small = _small(tmp_path)
    job = definitions_of(small).resolve_job_def("publish")
    host = socket.gethostname()
    with instance_in(small) as instance, ExitStack() as held:
        locks = Path(instance.root_directory) / "processes"
        locks.mkdir()
        alive = held.enter_context((locks / "alive.lock").open("w"))
        fcntl.flock(alive, fcntl.LOCK_EX)
        (locks / "dead.lock").touch()
        owners = {
            "alive": f"{host}/alive.lock",
            "dead": f"{host}/dead.lock",
            "gone": f"{host}/gone.lock",
            "elsewhere": "another-machine/any.lock",
        }
        runs = {
            name: instance.create_run_for_job(
                job, status=dg.DagsterRunStatus.STARTED, tags={"data_platform/process": owner}
            ).run_id
            for name, owner in owners.items()
        }
        runs["from the UI"] = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id

        free_dead_runs(instance)

        closed = {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))}
    assert {name for name, run_id in runs.items() if run_id in closed} == {"dead", "gone"}
    assert {path.name for path in locks.iterdir()} == {"alive.lock"}
