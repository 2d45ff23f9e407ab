"""When things run: a job, schedules and a sensor for each dataset, all of which ask what is stale and nothing else."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import dagster as dg

from data_platform.components.announcing import announce
from data_platform.components.command_runs import IN_PROGRESS, free_dead_runs
from data_platform.components.decisions import Ended, Request, decide, key_of, rests
from data_platform.components.jobs import DatasetJob
from data_platform.components.loading import Dataset
from data_platform.components.metadata import asset_key
from data_platform.lake.names import TableName
from data_platform.planning.batches import batches
from data_platform.planning.catalog import Catalog
from data_platform.planning.stale import stale
from data_platform.sources.push import Push
from data_platform.sources.slot import Source
from data_platform.steps.platform import Platform

BATCH_TAG = "data_platform/batch"
_MOST_REQUESTS = 10
_SENSOR_SECONDS = 15


def dataset_automation(catalog: Catalog, dataset: Dataset) -> dg.Definitions:
    """Job, schedules and sensor. Both are off until somebody turns them on."""
    tables = catalog.by_dataset.get(dataset.name, ())
    made = [table.name for table in tables]
    job = DatasetJob(
        dataset.name,
        selection=dg.AssetSelection.assets(*(asset_key(name) for name in made)),
        description=f"Everything of {dataset.name}: what is stale in a partition is made again, the rest is left.",
    )
    here = frozenset(made)
    return dg.Definitions(
        jobs=[job],
        schedules=[
            _schedule(catalog, dataset, here, cron)
            for cron in sorted({table.check_every for table in dataset.raw if table.check_every})
        ],
        sensors=[_sensor(catalog, dataset, here)],
    )


def _schedule(catalog: Catalog, dataset: Dataset, here: frozenset[TableName], cron: str) -> dg.ScheduleDefinition:
    ask = [table.name for table in dataset.raw if table.check_every == cron]
    number = sorted({table.check_every for table in dataset.raw if table.check_every}).index(cron)
    zones = {table.partitions.timezone for table in dataset.raw if table.partitions}

    @dg.schedule(
        name=f"{dataset.name}_check{number or ''}",
        cron_schedule=cron,
        job_name=dataset.name,
        execution_timezone=next(iter(zones), "UTC"),
        required_resource_keys={"platform"},
        description=f"Asks the sources of {', '.join(map(str, ask))} what they have, and runs what is stale.",
    )
    def check(context: dg.ScheduleEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
        return _requests(context.instance, context.resources.platform, catalog, here, ask, among=None)

    return check


def _sensor(catalog: Catalog, dataset: Dataset, here: frozenset[TableName]) -> dg.SensorDefinition:
    # Asking a folder costs nothing; a server is asked by the schedule, as often as its author says.
    ask = [table.name for table in dataset.raw if any(source.is_local for source in table.sources)]
    pushed = [table.name for table in dataset.raw if any(isinstance(source, Push) for source in table.sources)]

    @dg.sensor(
        name=f"{dataset.name}_is_stale",
        job_name=dataset.name,
        minimum_interval_seconds=_SENSOR_SECONDS,
        required_resource_keys={"platform"},
        description="Runs what is stale: new and corrected files in folders, moved inputs, changed code.",
    )
    def look(context: dg.SensorEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
        platform: Platform = context.resources.platform
        # What others push is in the ledger already, and no run of Dagster's receives it.
        announce(context.instance, platform, pushed)
        return _requests(context.instance, platform, catalog, here, ask, among=lambda source: source.is_local)

    return look


def _requests(
    instance: dg.DagsterInstance,
    platform: Platform,
    catalog: Catalog,
    here: frozenset[TableName],
    ask: Iterable[TableName],
    among: Callable[[Source], bool] | None,
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    now = datetime.now(UTC)
    answer = stale(catalog, platform.lake, now, ask=ask, tables=here, among=among)
    todo = answer.stale
    while True:
        found = batches(catalog, todo)
        ended = ended_runs(instance, [key_of(batch) for batch in found])
        # What failed and rests must not hold back those who read it: they go on with the version before.
        resting = {cause for batch in found if rests(key_of(batch), ended, now) for cause in batch.causes}
        if not resting:
            break
        todo = tuple(item for item in todo if item not in resting)
    free_dead_runs(instance)
    requests = decide(found, running=running_runs(instance), ended=ended, now=now, most=_MOST_REQUESTS)
    if requests:
        return [_run_request(request) for request in requests]
    told = [f"{item.table} {item.partition}: {item.error}" for item in answer.unanswered]
    if answer.stale:
        told.append(f"{len(answer.stale)} stale partitions wait for other runs, or for a while after they failed")
    told += [f"{item.table} {item.partition}: {item.reason}" for item in answer.waiting if item.overdue]
    return dg.SkipReason("; ".join(told[:5]) or "nothing is stale")


def _run_request(request: Request) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=request.run_key,
        partition_key=request.batch.partition,
        asset_selection=[asset_key(name) for name in request.batch.tables],
        tags={BATCH_TAG: request.key},
    )


def running_runs(instance: dg.DagsterInstance) -> list[tuple[str | None, frozenset[str]]]:
    """Partition and assets (as `layer/table`) of each run that is queued or under way."""
    runs = instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS))
    return [
        (
            run.tags.get("dagster/partition"),
            frozenset("/".join(key.path) for key in run.asset_selection or ()),
        )
        for run in runs
    ]


def ended_runs(instance: dg.DagsterInstance, keys: Sequence[str]) -> dict[str, Ended]:
    """The finished runs of each request key."""
    records = instance.get_run_records(dg.RunsFilter(tags={BATCH_TAG: list(keys)})) if keys else []
    ends: dict[str, list[float]] = {}
    for record in records:
        if record.dagster_run.is_finished:
            end = record.end_time or record.update_timestamp.timestamp()
            ends.setdefault(record.dagster_run.tags[BATCH_TAG], []).append(end)
    return {key: Ended(len(found), datetime.fromtimestamp(max(found), UTC)) for key, found in ends.items()}
