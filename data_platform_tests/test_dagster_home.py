"""DAGSTER_HOME: a real Dagster instance opens it with the settings that this platform stands on."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator

from data_platform.dagster_home import prepare
from data_platform.settings import Settings


def test_a_real_instance_opens_it_and_obeys(tmp_path: Path) -> None:
    home = prepare(Settings(home=tmp_path, concurrent_runs=3))

    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        assert instance.freshness_enabled
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        assert instance.run_coordinator.dequeue_interval_seconds == 1
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 3


def test_what_is_right_already_is_not_touched_and_what_is_not_is_replaced(tmp_path: Path) -> None:
    file = prepare(Settings(home=tmp_path)) / "dagster.yaml"
    first = file.stat()
    prepare(Settings(home=tmp_path))
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)

    file.write_text("telemetry: {enabled: true}\n")
    prepare(Settings(home=tmp_path))
    assert "telemetry: {enabled: false}" in file.read_text()
    assert [path.name for path in tmp_path.joinpath("dagster").iterdir()] == ["dagster.yaml"]


def _command(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATA_PLATFORM_")}
    repository = str(Path(__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "data_platform.dagster_home"],
        cwd=tmp_path,
        env=kept | {"PYTHONPATH": repository} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_the_path_for_a_shell(tmp_path: Path) -> None:
    done = _command(tmp_path, DATA_PLATFORM_HOME="state")

    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'state' / 'dagster'}\n")
    assert (tmp_path / "state" / "dagster" / "dagster.yaml").is_file()


def test_the_command_tells_a_wrong_setting_in_one_line(tmp_path: Path) -> None:
    done = _command(tmp_path, DATA_PLATFORM_THREADS="none")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("DATA_PLATFORM_THREADS is 'none': expected ")
    assert done.stderr.count("\n") == 1
