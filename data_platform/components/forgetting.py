"""The job `forget`: people are taken out of everything, by values that are read when a run begins and kept nowhere."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from pydantic import Field

from data_platform.components.announcing import announce
from data_platform.components.command_runs import IN_PROGRESS, free_dead_runs
from data_platform.lake.errors import LakeError
from data_platform.resources.environment import settings
from data_platform.steps.certificate import Certificate
from data_platform.steps.dashboards import Dashboard
from data_platform.steps.errors import StepError
from data_platform.steps.forget import FOLLOWED, Held, Request, forget, would_forget
from data_platform.steps.forget_derived import forgotten_in, made_of
from data_platform.steps.platform import Platform

Tell = Callable[[Certificate | list[Held]], None]


class ForgetConfig(dg.Config):
    """Whom to forget. The values stand in a file or a variable, one a line: Dagster keeps the configuration."""

    column: str = Field(description="The key column, such as staged.customers.email")
    file: str | None = Field(
        default=None, description="A file on the machine of the run, outside of the platform's home"
    )
    variable: str | None = Field(default=None, description="Or the name of a variable in the environment of the run")
    follow: list[str] = Field(default=list(FOLLOWED), description="Kinds of data that lead on to other rows")
    dry_run: bool = Field(default=False, description="Only say what would go")


def _no_one(_: Certificate | list[Held]) -> None:
    """The run's own record is enough."""


def forget_job(dashboards: Sequence[Dashboard], *, given: str | None = None, tell: Tell = _no_one) -> dg.JobDefinition:
    """The job. `given`: the values, by a command that has read them; `tell` hears what came of it."""

    @dg.op(required_resource_keys={"platform"}, out=dg.Out(dg.Nothing))
    def forget_people(context: dg.OpExecutionContext, config: ForgetConfig) -> None:
        platform: Platform = context.resources.platform
        try:
            request = Request.of(config.column, _values(config) if given is None else given, config.follow)
            if config.dry_run:
                held = would_forget(platform, request)
                for one in held:
                    context.log.info(
                        f"{one.table}: {one.removed} rows in {one.files} files, {one.changed} would change"
                    )
                tell(held)
                return
            _refuse_runs(context)
            certificate = forget(platform, request, run_id=context.run_id, now=datetime.now(UTC), dashboards=dashboards)
        except (StepError, LakeError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        raw = forgotten_in(platform)
        announce(context.instance, platform, [*raw, *made_of(platform.catalog, raw)])
        context.log.info(certificate.text)
        tell(certificate)

    @dg.job(
        name="forget",
        description="Takes people out of raw, staged, quarantined and curated rows and out of all history, publishes "
        "again, and refuses their return. Leaves a certificate in the folder `forgotten` of the home.",
    )
    def job() -> None:
        forget_people()

    return job


def _values(config: ForgetConfig) -> str:
    """Raises StepError without repeating anything that may be a value."""
    if (config.file is None) is (config.variable is None):
        raise StepError("say where the values are: a file, or the name of a variable")
    if config.variable is not None:
        text = settings().secret(config.variable)
        if text is None:
            raise StepError(f"the variable {config.variable} is not set; it should hold the values, one a line")
        return text
    return read_values(Path(config.file or ""))


def read_values(path: Path) -> str:
    """The values in a file, one a line. Raises StepError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StepError(f"{path}: cannot be read as text ({type(error).__name__}); write a value a line") from None


def _refuse_runs(context: dg.OpExecutionContext) -> None:
    """What is being made now would come out with the people in it, and its files would be deleted under its hands."""
    free_dead_runs(context.instance)
    others = [
        run.run_id
        for run in context.instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS))
        if run.run_id != context.run_id
    ]
    if others:
        raise StepError(f"{len(others)} runs are at work, such as {others[0]}: forget when they are done")
