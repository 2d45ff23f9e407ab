"""Dagster's own commands as README and docs/operating.md give them, each in a process of its own."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from data_platform.components.samples import ensure_sample
from data_platform.dagster_home import prepare
from data_platform.definitions import DATASETS
from data_platform.settings import Settings
from data_platform_tests.ui.dagster_dev import REPOSITORY, environment

pytestmark = pytest.mark.slow
MONTH = "2025-02"


def _prepared(home: Path, **variables: str) -> dict[str, str]:
    """An environment with a DAGSTER_HOME whose telemetry is off."""
    prepare(Settings(home=home))
    return environment(home, **variables)


def _command(
    env: Mapping[str, str], name: str, *arguments: str, cwd: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """A command that lies beside this Python; its output and errors in one text."""
    path = Path(sys.executable).with_name(name)
    return subprocess.run(
        [path, *arguments],
        cwd=cwd,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_definitions_are_valid(tmp_path: Path) -> None:
    env = _prepared(tmp_path / "home")

    validated = _command(env, "dagster", "definitions", "validate", "-w", "workspace.yaml")
    checked = _command(env, "dg", "check", "defs")

    assert (validated.returncode, checked.returncode) == (0, 0), validated.stdout + checked.stdout
    assert "Validation successful for code location data_platform" in validated.stdout
    assert "All definitions loaded successfully" in checked.stdout


def test_a_partition_is_made_by_asset_and_by_job(tmp_path: Path) -> None:
    env = _prepared(tmp_path / "home", first_partition=MONTH)
    ensure_sample(DATASETS / "nyc_taxi", tmp_path / "home/samples/nyc_taxi")
    module = ("-m", "data_platform.definitions")

    asset = _command(
        env, "dagster", "asset", "materialize", *module, "--select", "raw/green_trips", "--partition", MONTH
    )
    tags = f'{{"dagster/partition": "{MONTH}"}}'
    job = _command(env, "dagster", "job", "execute", *module, "-j", "nyc_taxi", "--tags", tags)

    assert (asset.returncode, job.returncode) == (0, 0), asset.stdout + job.stdout
    with dg.DagsterInstance.from_config(env["DAGSTER_HOME"]) as instance:
        for table in ("raw/green_trips", "staged/yellow_trips", "curated/monthly_summary"):
            assert instance.get_materialized_partitions(dg.AssetKey(table.split("/"))) == {MONTH}
        assert instance.get_latest_materialization_event(dg.AssetKey(["curated", "daily_trend"])) is not None


def test_all_mistakes_are_told_with_file_and_line_and_not_with_the_way_through_our_code(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(REPOSITORY / "data_platform", project / "data_platform")
    shutil.copy(REPOSITORY / "pyproject.toml", project)
    dataset = project / "data_platform/datasets/nyc_taxi"
    model, contract = dataset / "staged/taxi_zones.sql", dataset / "curated/daily_trend.yaml"
    lines = len(model.read_text().rstrip().splitlines())
    model.write_text(f"{model.read_text().rstrip()}\nWHERE LocationID > 0\n")
    contract.write_text(f"{contract.read_text().rstrip()}\nowner: [weather]\n")

    done = _command(_prepared(tmp_path / "home") | {"PYTHONPATH": str(project)}, "dg", "check", "defs", cwd=project)

    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if line.strip().startswith(str(dataset))]
    where, unknown = (
        f"{model}:{lines + 1}: WHERE drops rows that nobody counts",
        "unknown key 'owner' (did you mean 'owners'?)",
    )
    assert [where in done.stdout, unknown in done.stdout, len(told)] == [True, True, 2]
    assert done.stdout.count("  File ") == 1
