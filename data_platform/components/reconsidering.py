"""The job `reconsider`: what today's contract and model would make of quarantined and clean rows, told or done."""

from collections.abc import Callable, Iterator, Sequence

import dagster as dg
from pydantic import Field

from data_platform.components import metadata
from data_platform.components.metadata import asset_key, table_of
from data_platform.engines.comparing import Moved
from data_platform.lake.errors import LakeError
from data_platform.planning.catalog import ModelTable
from data_platform.steps.audit import Audit, AuditFailed
from data_platform.steps.build import Built
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.reconsider import Applied, Reconsidered, apply, built_partitions, reconsider, staged_table

Tell = Callable[[Reconsidered], None]
_Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation
# What the UI shows of a long history.
_MOST_ROWS = 200


class ReconsiderConfig(dg.Config):
    """What to reconsider. `apply` makes and commits the partitions; without it nothing changes."""

    table: str = Field(description="A staged table, such as staged.trips")
    partitions: list[str] = Field(default=[], description="Its partitions; none: all that were built")
    apply: bool = Field(default=False, description="Make and commit them; otherwise only say what would happen")


def _no_one(_: Reconsidered) -> None:
    """The run's own record is enough."""


def reconsider_job(tell: Tell = _no_one) -> dg.JobDefinition:
    """The job; `tell` hears of each partition as it is done."""

    # A generator: what it logged otherwise would be lost if a later partition fails.
    @dg.op(required_resource_keys={"platform"}, out=dg.Out(dg.Nothing))
    def reconsider_table(context: dg.OpExecutionContext, config: ReconsiderConfig) -> Iterator[_Event]:
        try:
            yield from _reconsider(context, config, tell)
        except (StepError, LakeError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    @dg.job(
        name="reconsider",
        description="Says how many quarantined rows of a staged table would pass under today's contract and model, "
        "and which clean ones would newly fail. With `apply` it makes exactly these partitions again from raw.",
    )
    def job() -> None:
        reconsider_table()

    return job


def _reconsider(context: dg.OpExecutionContext, config: ReconsiderConfig, tell: Tell) -> Iterator[_Event]:
    platform: Platform = context.resources.platform
    table = staged_table(platform.catalog, config.table)
    found: list[Reconsidered] = []
    failed: list[str] = []
    for partition in built_partitions(platform, table, config.partitions):
        try:
            if config.apply:
                applied = apply(platform, table, partition, run_id=context.run_id)
                yield from _made(table, applied)
                told = applied.told
            else:
                told = reconsider(platform, table, partition)
        except AuditFailed as error:
            yield from _checks(table, partition, error.audits)
            failed.append(str(error))
        except (StepError, LakeError) as error:
            # One that cannot be made leaves the others alone, as in a backfill.
            failed.append(str(error))
        else:
            found.append(told)
            tell(told)
    yield _observation(table, found, applied=config.apply)
    if failed:
        raise dg.Failure("; ".join(failed), allow_retries=False)


def _made(table: ModelTable, applied: Applied) -> Iterator[_Event]:
    """Told to Dagster as a run of the asset tells it: the checks, and the materialization."""
    if isinstance(applied.built, Built):
        partition = applied.built.partition
        yield from _checks(table, partition, applied.built.audits)
        yield dg.AssetMaterialization(
            asset_key(table.name),
            partition=None if table.partitions is None else partition,
            metadata=metadata.built_metadata(applied.built),
            tags={"dagster/data_version": applied.built.fingerprint},
        )


def _checks(table: ModelTable, partition: str, audits: Sequence[Audit]) -> Iterator[dg.AssetCheckEvaluation]:
    for audit in audits:
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(table.name),
            check_name=audit.check,
            passed=audit.passed,
            metadata={name: dg.MetadataValue.text(str(number)) for name, number in audit.numbers.items()},
            severity=dg.AssetCheckSeverity.ERROR,
            description=audit.text,
            blocking=True,
            partition=None if table.partitions is None else partition,
        )


def _observation(table: ModelTable, found: Sequence[Reconsidered], *, applied: bool) -> dg.AssetObservation:
    """The result as tables, on the run and on the asset's page."""
    passing, failing = (sum(moved.rows for moved in moves) for moves in _moves(found))
    return dg.AssetObservation(
        asset_key(table.name),
        metadata={
            "reconsidered": "applied" if applied else "nothing was changed",
            "passing": passing,
            "newly_failing": failing,
            "partitions": table_of(_PARTITION_COLUMNS, [_line(told) for told in found[:_MOST_ROWS]]),
            "rules": table_of(["rows", "rule", "outcome"], _rules(found)[:_MOST_ROWS]),
            "examples": table_of(["partition", "row", "rules", "outcome", "file"], _examples(found)[:_MOST_ROWS]),
        },
    )


def _moves(found: Sequence[Reconsidered]) -> tuple[list[Moved], list[Moved]]:
    return [told.passing for told in found], [told.failing for told in found]


_PARTITION_COLUMNS = (
    "partition", "quarantined", "passing", "clean", "newly_failing", "let_go", "taken_up", "replaced", "arrived",
    "refusal",
)  # fmt: skip


def _line(told: Reconsidered) -> list[str | int]:
    rows = [told.quarantined, told.passing.rows, told.clean, told.failing.rows, told.let_go, told.taken_up]
    return [told.partition, *rows, told.replaced, told.arrived, told.refusal]


def _rules(found: Sequence[Reconsidered]) -> list[list[str | int]]:
    rows: list[list[str | int]] = []
    for outcome, moves in zip(("passes", "newly fails"), _moves(found), strict=True):
        counts: dict[str, int] = {}
        for moved in moves:
            for rule, count in moved.by_rule.items():
                counts[rule] = counts.get(rule, 0) + count
        rows += [[count, rule, outcome] for rule, count in sorted(counts.items(), key=lambda item: -item[1])]
    return rows


def _examples(found: Sequence[Reconsidered]) -> list[list[str | int]]:
    return [
        [told.partition, example.row, ", ".join(example.rules), outcome, example.uri]
        for told in found
        for outcome, moved in (("passes", told.passing), ("newly fails", told.failing))
        for example in moved.examples
    ]
