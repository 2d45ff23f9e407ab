"""What a table's step tells Dagster besides its materialization: check results, observations, refusals."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from data_platform.components.metadata import asset_key
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.planning.versions import combined
from data_platform.steps.audit import Audit

Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def check_result(
    context: dg.AssetExecutionContext,
    table: RawTable | ModelTable,
    name: str,
    *,
    passed: bool,
    severity: dg.AssetCheckSeverity,
    description: str,
    numbers: dict[str, Any] | None = None,
) -> Iterator[dg.AssetCheckResult]:
    """A run may leave checks out; a result that was not asked for is an error to Dagster."""
    key = dg.AssetCheckKey(asset_key(table.name), name)
    if key in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            passed=passed,
            asset_key=key.asset_key,
            check_name=name,
            severity=severity,
            description=description,
            metadata=numbers or {},
        )


def audit_results(
    context: dg.AssetExecutionContext, table: ModelTable, audits: Sequence[Audit]
) -> Iterator[dg.AssetCheckResult]:
    for audit in audits:
        yield from check_result(
            context,
            table,
            audit.check,
            passed=audit.passed,
            severity=dg.AssetCheckSeverity.WARN if audit.warns else dg.AssetCheckSeverity.ERROR,
            description=audit.text,
            numbers=dict(audit.numbers),
        )


def observe(context: dg.AssetExecutionContext, table: RawTable | ModelTable, partition: str, reason: str) -> None:
    """Says why a partition is not there, without failing the run: downstream is skipped."""
    context.log.info(f"{table.name} {partition}: {reason}")
    context.log_event(
        dg.AssetObservation(
            asset_key(table.name),
            partition=partition if table.partitions is not None else None,
            metadata={"reason": reason},
        )
    )


def refuse_range(table: RawTable | ModelTable, lacking: Sequence[str]) -> None:
    """Dagster would mark every partition of a range as materialized, also those that are not there."""
    raise dg.Failure(
        f"{table.name}: of this range {', '.join(lacking)} cannot be made yet. What could be made is committed; "
        "launch a backfill with one run per partition, so that the others are shown as missing",
        allow_retries=False,
    )


def data_version(versions: dict[str, str]) -> dg.DataVersion:
    """Of one partition its version, of several the version of all of them together."""
    return dg.DataVersion(next(iter(versions.values())) if len(versions) == 1 else combined(versions))
