"""A real daemon with the dataset's sensor on finds a new file, and then its correction, without help."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from data_platform.dagster_home import prepare
from data_platform_tests.components.small_dagster import key
from data_platform_tests.small_dataset import SmallDataset, reading, small_dataset
from data_platform_tests.ui.dagster_dev import REPOSITORY, running

_SECONDS = 180
_CODE_LOCATION = """\
from pathlib import Path

from data_platform_tests.components.small_dagster import definitions_of
from data_platform_tests.small_dataset import SmallDataset

defs = definitions_of(SmallDataset(Path({folder!r}), Path({source!r}), Path({home!r})))
"""
FEBRUARY = datetime(2024, 2, 10)


def _code_location(small: SmallDataset, folder: Path) -> Path:
    places = {"folder": str(small.folder), "source": str(small.source), "home": str(small.home)}
    path = folder / "rain.py"
    path.write_text(_CODE_LOCATION.format(**places))
    return path


def _wait_until(holds: Callable[[], bool], daemon: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert daemon.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < deadline, log.read_text()[-4000:]
        time.sleep(0.2)


def _turn_on(sensor: str, env: Mapping[str, str], location: Path) -> None:
    command = [sys.executable, "-m", "dagster", "sensor", "start", sensor, "-f", str(location)]
    subprocess.run(command, cwd=REPOSITORY, env=dict(env), check=True, capture_output=True)


@pytest.mark.slow
def test_the_daemon_finds_a_new_and_a_corrected_file(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1)])
    small.run()
    home = prepare(small.settings)
    env = os.environ | {"DAGSTER_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    location = _code_location(small, tmp_path)
    _turn_on("rain_is_stale", env, location)
    log = tmp_path / "daemon.log"
    command = [sys.executable, "-m", "dagster._daemon", "run", "-f", str(location)]

    with running(command, env, log) as daemon, dg.DagsterInstance.from_config(str(home)) as instance:
        small.put("2024-02", [reading(7, read_at=FEBRUARY)])
        _wait_until(lambda: "2024-02" in instance.get_materialized_partitions(key("curated/daily_rain")), daemon, log)
        assert _rain(small) == ["1.50"]

        small.put("2024-02", [reading(7, read_at=FEBRUARY, value=4.0)])
        _wait_until(lambda: _rain(small) == ["4.00"], daemon, log)
        _wait_until(lambda: _finished(instance), daemon, log)

        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 2
        assert {run.tags["dagster/partition"] for run in runs} == {"2024-02"}
        assert {run.tags["dagster/sensor_name"] for run in runs} == {"rain_is_stale"}


def _rain(small: SmallDataset) -> list[str]:
    return [str(row["rain_mm"]) for row in small.rows("curated.daily_rain", "2024-02")]


def _finished(instance: dg.DagsterInstance) -> bool:
    return all(run.is_finished for run in instance.get_runs())
