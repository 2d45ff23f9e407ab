"""The command `forget`: reads the values where nobody sees them, runs the job, and prints what came of it."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg
from rich.console import Console

from data_platform.cli.driving import QUIET, failures
from data_platform.components.command_runs import OWNER_TAG, free_dead_runs, owner
from data_platform.components.forgetting import forget_job, read_values
from data_platform.steps.certificate import Certificate
from data_platform.steps.dashboards import Dashboard
from data_platform.steps.forget import Held


def read(values: str) -> str:
    """From a file, or `-` for standard input. Raises StepError."""
    return sys.stdin.read() if values == "-" else read_values(Path(values))


def do(
    instance: dg.DagsterInstance,
    resources: Mapping[str, object],
    dashboards: Sequence[Dashboard],
    console: Console,
    *,
    column: str,
    values: str,
    follow: Sequence[str],
    dry_run: bool,
) -> int:
    """Runs the job; 1 when it could not be done, or something is left."""
    found: list[Certificate | list[Held]] = []
    free_dead_runs(instance)
    config = {"column": column, "follow": list(follow), "dry_run": dry_run}
    with owner(instance) as ours, console.status(f"forgetting values of {column}"):
        result = forget_job(dashboards, given=values, tell=found.append).execute_in_process(
            instance=instance,
            resources=dict(resources),
            run_config={**QUIET, "ops": {"forget_people": {"config": config}}},
            tags={OWNER_TAG: ours},
            raise_on_error=False,
        )
    for one in found:
        told = one.text if isinstance(one, Certificate) else _held(one)
        console.print(told, highlight=False, markup=False, soft_wrap=True, end="")
    for text in failures(result):
        console.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
    return 0 if result.success else 1


def _held(found: Sequence[Held]) -> str:
    lines = [f"{one.table}: {one.removed} rows would go from {one.files} files, {one.changed} change" for one in found]
    return "\n".join([*lines, "Nothing was changed." if found else "No received file holds any of them."]) + "\n"
