"""Drives Dagster from the command line: one run for each batch that is stale, in this process, until nothing is."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from rich.console import Console

from data_platform.components.announcing import announce
from data_platform.components.command_runs import OWNER_TAG, free_dead_runs, owner
from data_platform.components.dashboards import dashboard_key
from data_platform.components.metadata import asset_key
from data_platform.components.published import CATALOGUE, WAREHOUSE, is_behind
from data_platform.components.written_back import behind, sent_key
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.batches import Batch, batches
from data_platform.planning.catalog import RawTable
from data_platform.planning.findings import Stale, Unanswered, Waiting
from data_platform.planning.stale import stale
from data_platform.steps.dashboards import Dashboard
from data_platform.steps.platform import Platform

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class _WithoutSkipped(logging.Filter):
    """Dagster warns that what reads a table that waits will run without its checks. It will not: it is skipped too."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "emitted no result" not in record.msg


_WITHOUT_SKIPPED = _WithoutSkipped()


@dataclass
class Done:
    """What was run, for the report."""

    seconds: float = 0.0
    run_ids: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    waiting: tuple[Waiting, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    published: bool = False


def run_what_is_stale(
    instance: dg.DagsterInstance,
    defs: dg.Definitions,
    platform: Platform,
    dashboards: Sequence[Dashboard],
    console: Console,
) -> Done:
    """Runs batches until nothing is stale or what is left has failed, then writes back and publishes once."""
    began = time.perf_counter()
    logging.getLogger("dagster._core.execution.plan.active").addFilter(_WITHOUT_SKIPPED)
    free_dead_runs(instance)
    announce(instance, platform)
    with owner(instance) as ours:
        runner = _Runner(instance, defs.resolve_implicit_global_asset_job_def(), console, ours)
        done = _run_until_current(runner, platform, dashboards)
    done.run_ids, done.failed = runner.run_ids, runner.failed
    done.seconds = time.perf_counter() - began
    return done


def _run_until_current(runner: "_Runner", platform: Platform, dashboards: Sequence[Dashboard]) -> Done:
    catalog, lake = platform.catalog, platform.lake
    # Sources are asked once; afterwards what their tables then hold is asked of the lake.
    sources = stale(catalog, lake, datetime.now(UTC), tables=[t.name for t in catalog if isinstance(t, RawTable)])
    tried: set[tuple[Stale, str]] = set()
    while True:
        models = stale(catalog, lake, datetime.now(UTC), ask=())
        todo = [item for item in (*sources.stale, *models.stale) if (item, item.wanted) not in tried]
        if not todo:
            break
        for batch in batches(catalog, todo):
            made = runner.run(batch.partition, [asset_key(name) for name in batch.tables], _told(batch))
            # What stayed stale was just tried: alone it would fail again.
            left = () if made else stale(catalog, lake, datetime.now(UTC), tables=batch.tables, ask=()).stale
            of_batch = (item for item in left if item.partition == (batch.partition or UNPARTITIONED))
            tried.update((item, item.wanted) for item in (*batch.causes, *of_batch))
    done = Done(waiting=(*sources.waiting, *models.waiting), unanswered=sources.unanswered)
    if lacking := [table for table, _ in behind(platform)]:
        runner.run(
            None, [sent_key(table) for table in lacking], f"written back: {', '.join(str(t.name) for t in lacking)}"
        )
    if is_behind(platform, dashboards):
        keys = [WAREHOUSE, CATALOGUE, *map(dashboard_key, dashboards)]
        done.published = runner.run(None, keys, "warehouse, dashboards and catalogue")
    return done


def _told(batch: Batch) -> str:
    """A batch in a line: its partition, and its tables or how many of them a layer has."""
    names = [str(name) for name in batch.tables]
    if len(names) > 2:
        layers = Counter(name.layer for name in batch.tables)
        names = [f"{count} {layer}" for layer, count in layers.items()]
    return f"{batch.partition or 'unpartitioned'}: {', '.join(names)}"


class _Runner:
    """Executes runs one after the other and remembers how they went."""

    def __init__(self, instance: dg.DagsterInstance, job: dg.JobDefinition, console: Console, owner: str) -> None:
        self.instance, self.job, self.console, self.owner = instance, job, console, owner
        self.run_ids: set[str] = set()
        self.failed: list[str] = []

    def run(self, partition: str | None, keys: Sequence[dg.AssetKey], told: str) -> bool:
        with self.console.status(told):
            began = time.perf_counter()
            result = self.job.execute_in_process(
                instance=self.instance,
                partition_key=partition,
                asset_selection=list(keys),
                raise_on_error=False,
                run_config=QUIET,
                tags={OWNER_TAG: self.owner},
            )
        self.run_ids.add(result.run_id)
        mark = "[green]done[/]" if result.success else "[red]FAILED[/]"
        self.console.print(f"{mark} {time.perf_counter() - began:6.1f} s  {told}", highlight=False)
        for reason in failures(result):
            self.failed.append(f"{told}: {reason}")
            self.console.print(f"       {reason}", style="red", highlight=False, markup=False)
        return result.success


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why each failed step of a run failed."""
    return [_reason(event) for event in result.all_events if event.is_step_failure]


def _reason(event: dg.DagsterEvent) -> str:
    """What went wrong in one paragraph; where it went wrong in the code is in the Dagster UI."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description is not None:
        return data.user_failure_data.description  # a step's own words
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "failed without a word"
