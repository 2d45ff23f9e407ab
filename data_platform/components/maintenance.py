"""The job that keeps the lake small: compaction, checkpoints, and what nobody needs any more."""

from datetime import UTC, datetime

import dagster as dg

from data_platform.components.command_runs import IN_PROGRESS, free_dead_runs
from data_platform.steps.errors import StepError
from data_platform.steps.maintenance import maintain_platform
from data_platform.steps.platform import Platform


def maintenance_definitions() -> dg.Definitions:
    """The job and its nightly schedule, off until somebody turns it on."""

    @dg.op(required_resource_keys={"platform"}, out=dg.Out(dg.Nothing))
    def maintain_lake(context: dg.OpExecutionContext) -> None:
        platform: Platform = context.resources.platform
        try:
            report = maintain_platform(
                platform,
                oldest_run_started=_oldest_run_started(context.instance, context.run_id),
                now=datetime.now(UTC),
            )
        except StepError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.log.info(
            f"compacted {len(report.compacted)} ledgers, checkpointed {len(report.checkpointed)} tables, deleted "
            f"{len(report.replaced)} replaced files and {len(report.orphans)} orphans: "
            f"{report.bytes_freed / 1e6:.1f} MB"
        )
        for key in report.unclaimed:
            context.log.warning(f"nobody claims {key}; look at it and delete it by hand if it is of no use")

    @dg.job(description="Compacts ledgers, writes checkpoints, deletes files that nothing has needed for seven days.")
    def maintenance() -> None:
        maintain_lake()

    nightly = dg.ScheduleDefinition(name="maintenance_nightly", job=maintenance, cron_schedule="17 3 * * *")
    return dg.Definitions(jobs=[maintenance], schedules=[nightly])


def _oldest_run_started(instance: dg.DagsterInstance, ours: str) -> datetime | None:
    """When the oldest run that may still be writing was created; files since then are in flight."""
    free_dead_runs(instance)
    records = instance.get_run_records(dg.RunsFilter(statuses=IN_PROGRESS))
    created = [record.create_timestamp for record in records if record.dagster_run.run_id != ours]
    return min((moment.replace(tzinfo=UTC) for moment in created), default=None)
