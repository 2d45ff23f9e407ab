"""`make run` over the small dataset; `python -m data_platform_tests.cli.driven ROOT` does it in a process that is
killed as soon as it has committed the staged readings, before Dagster hears of them.
"""

import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console

from data_platform.cli.driving import Done, run_what_is_stale
from data_platform.lake.tables import Commit, LakeTable
from data_platform.steps.dashboards import Dashboard
from data_platform_tests.components.small_dagster import definitions_of
from data_platform_tests.small_dataset import SmallDataset


def drive(small: SmallDataset, instance: dg.DagsterInstance) -> tuple[Done, str]:
    """What was done, and what was printed meanwhile."""
    dashboards: list[Dashboard] = []
    printed = io.StringIO()
    done = run_what_is_stale(
        instance, definitions_of(small), small.platform, dashboards, Console(file=printed, width=400)
    )
    return done, printed.getvalue()


def instance_in(small: SmallDataset) -> dg.DagsterInstance:
    """The instance that outlives a process."""
    folder = small.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return dg.DagsterInstance.from_config(str(folder))


def _die_after_the_commit_of_staged_readings() -> None:
    commit = LakeTable.commit

    def commit_and_die(self: LakeTable, *arguments: Any, **named: Any) -> Commit:
        done = commit(self, *arguments, **named)
        if str(self.name) == "staged/readings":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    LakeTable.commit = commit_and_die  # type: ignore[method-assign] # there is no other place between the two


if __name__ == "__main__":
    root = Path(sys.argv[1])
    small = SmallDataset(root / "datasets" / "rain", root / "source", root / "home")
    _die_after_the_commit_of_staged_readings()
    with instance_in(small) as instance:
        drive(small, instance)
