"""The command line as people use it: what it prints, its exit codes, and what a kill leaves behind."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from data_platform_tests.ui.dagster_dev import REPOSITORY, environment

MONTH = "2025-02"
_SECONDS = 120


def _command(env: Mapping[str, str], *arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "data_platform", *arguments]
    return subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False)


def _times(*folders: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}


def _kill_as_soon_as_a_run_has_started(env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "data_platform", "run"]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    home, deadline = Path(env["DAGSTER_HOME"]), time.monotonic() + _SECONDS
    try:
        while not (home / "storage").exists() or not _started(home):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline, "no run has started"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _started(home: Path) -> bool:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])) > 0


@pytest.mark.slow
def test_a_run_that_was_killed_is_completed_and_then_nothing_is_left_to_do(tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = environment(home, first_partition=MONTH)

    _kill_as_soon_as_a_run_has_started(env)
    planned = _command(env, "plan")
    first = _command(env, "run")
    _the_killed_run_is_closed(home)
    before = _times(home / "lake", home / "warehouse", home / "site")
    again = _command(env, "run")
    shutil.rmtree(home / "dagster")
    told = _command(env, "run")

    _the_plan_says_what_is_stale_and_why(planned)
    _the_run_says_what_it_did(first, home)
    _nothing_is_made_again(again)
    _nothing_is_made_again(told)
    assert _times(home / "lake", home / "warehouse", home / "site") == before
    _dagster_knows_what_the_lake_holds(home)


def _the_plan_says_what_is_stale_and_why(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert any("raw/yellow_trips" in line and MONTH in line for line in lines)
    assert "new at the source" in done.stdout


def _the_run_says_what_it_did(done: subprocess.CompletedProcess[str], home: Path) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("staged/yellow_trips", "curated/daily_trend", "rows in", "rows out", "MB"):
        assert text in done.stdout
    with duckdb.connect(str(home / "warehouse/warehouse.duckdb"), read_only=True) as warehouse:
        ((trips,),) = warehouse.execute("SELECT count(*) FROM staged.yellow_trips").fetchall()
        duplicates = "SELECT count(*) FROM quarantine.yellow_trips WHERE list_contains(_rules, 'duplicate')"
        ((repeated,),) = warehouse.execute(duplicates).fetchall()
    assert f" {trips:,} " in done.stdout
    assert any(line.split()[:2] == ["duplicate", str(repeated)] for line in done.stdout.splitlines())
    assert str(home / "warehouse/warehouse.duckdb") in done.stdout
    assert str(home / "site/dashboards/index.html") in done.stdout
    assert "make ui" in done.stdout


def _the_killed_run_is_closed(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        statuses = [run.status for run in instance.get_runs()]
    assert statuses.count(dg.DagsterRunStatus.FAILURE) == 1
    assert set(statuses) == {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
    assert list((home / "dagster/processes").iterdir()) == []


def _nothing_is_made_again(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was stale" in done.stdout
    assert "done" not in done.stdout


def _dagster_knows_what_the_lake_holds(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert instance.get_runs_count() == 0
        for table in ("raw/yellow_trips", "staged/green_trips", "curated/daily_revenue"):
            assert instance.get_materialized_partitions(dg.AssetKey(table.split("/"))) == {MONTH}
        for table in ("raw/taxi_zones", "staged/taxi_zones", "curated/daily_trend"):
            assert instance.get_latest_materialization_event(dg.AssetKey(table.split("/"))) is not None


def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path) -> None:
    done = _command(environment(tmp_path / "home", threads="many"), "run")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "DATA_PLATFORM_THREADS is 'many': expected threads of one run, a whole number from 1\n"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("check_every:", "chek_every:", "unknown key 'chek_every' (did you mean 'check_every'?)"),
        ('start: "2011-01"', 'start: "2011"', "'attributes.partitions': '2011' is no monthly partition key"),
    ],
)
def test_a_mistake_in_a_datasets_file_is_told_with_its_place(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    shutil.copytree(REPOSITORY / "data_platform", tmp_path / "data_platform")
    path = tmp_path / "data_platform/datasets/nyc_taxi/defs.yaml"
    path.write_text(path.read_text().replace(right, wrong, 1))
    line = 1 + path.read_text().split(wrong)[0].count("\n")

    env = environment(tmp_path / "home") | {"PYTHONPATH": str(tmp_path)}
    done = _command(env, "plan", cwd=tmp_path)

    # One line and nothing behind it: DuckDB complains of connections that somebody still holds when the process ends.
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith(f"{path}:{line}: {told}")


def test_an_unknown_command_is_refused_with_those_there_are() -> None:
    done = _command(environment(Path("unused")), "build")

    assert done.returncode == 2
    assert all(command in done.stderr for command in ("run", "plan", "sample"))
