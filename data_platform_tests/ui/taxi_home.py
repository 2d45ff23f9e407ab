"""The installed datasets' sample, run once through the real command line into a home of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from data_platform_tests.ui.dagster_dev import REPOSITORY, environment

LOADED = "2025-02"
MISSING = "2025-01"


def taxi_home(home: Path) -> Mapping[str, str]:
    """Loads the sample's last month; returns an environment in which the month before it is missing."""
    done = subprocess.run(
        [sys.executable, "-m", "data_platform", "run"],
        cwd=REPOSITORY,
        env=environment(home, first_partition=LOADED),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return environment(home, first_partition=MISSING)
