"""The job `openlineage`: sends the lake's history to the receiver that the settings name."""

import dagster as dg

from data_platform.lake.errors import LakeError
from data_platform.resources.environment import settings
from data_platform.steps.errors import StepError
from data_platform.steps.openlineage import send_events
from data_platform.steps.platform import Platform


def openlineage_definitions() -> dg.Definitions:
    """The job and its daily schedule, off until somebody turns it on."""

    @dg.op(required_resource_keys={"platform"}, out=dg.Out(dg.Nothing))
    def send_lineage(context: dg.OpExecutionContext) -> None:
        platform: Platform = context.resources.platform
        chosen = settings()
        if chosen.openlineage is None:
            raise dg.Failure("DATA_PLATFORM_OPENLINEAGE names no receiver; set its address", allow_retries=False)
        try:
            sent = send_events(platform, chosen.openlineage, chosen.secret_key, namespace=chosen.openlineage_namespace)
        except (StepError, LakeError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        context.log.info(f"{chosen.openlineage} took {sent} events, one a commit")

    @dg.job(description="Sends one OpenLineage event a commit to DATA_PLATFORM_OPENLINEAGE. Sending again is harmless.")
    def openlineage() -> None:
        send_lineage()

    daily = dg.ScheduleDefinition(name="openlineage_daily", job=openlineage, cron_schedule="31 4 * * *")
    return dg.Definitions(jobs=[openlineage], schedules=[daily])
