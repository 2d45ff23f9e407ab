"""Raw tables as assets: receiving from their sources. Thin: the work is done in `steps.receive`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from data_platform.components import metadata
from data_platform.components.events import Events, check_result, data_version, observe, refuse_range
from data_platform.components.metadata import asset_key
from data_platform.components.partitions import requested_partitions
from data_platform.components.specs import raw_checks, raw_spec
from data_platform.lake.errors import LakeError
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.sources.errors import SourceError
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.receive import Received, receive


def raw_asset(catalog: Catalog, table: RawTable) -> dg.AssetsDefinition:
    """Receives what its source has; one that is not there yet is an observation, not a failure."""

    @dg.multi_asset(
        name=f"raw__{table.name.table}",
        specs=[raw_spec(catalog, table)],
        check_specs=raw_checks(catalog, table),
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def receive_asset(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        partitions = requested_partitions(context, table)
        try:
            results = receive(platform.lake, table, partitions, run_id=context.run.run_id, now=datetime.now(UTC))
        except (SourceError, StepError, LakeError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        for result in results:
            if result.outcome in ("absent", "refused"):
                observe(context, table, result.partition, result.text)
        yield from _check_results(context, table, results)
        yield from _result(table, results)

    return receive_asset


def _check_results(
    context: dg.AssetExecutionContext, table: RawTable, results: Sequence[Received]
) -> Iterator[dg.AssetCheckResult]:
    drifts = {result.partition: result.drift for result in results if result.current}
    missing = any(drift.missing for drift in drifts.values())
    unwanted = table.unknown_columns != "keep" and any(drift.unknown for drift in drifts.values())
    drifted = missing or unwanted
    told = {key: drift.text for key, drift in drifts.items() if drift.text}
    if drifts:
        yield from check_result(
            context,
            table,
            "schema_drift",
            passed=not drifted,
            severity=dg.AssetCheckSeverity.ERROR if missing else dg.AssetCheckSeverity.WARN,
            description="; ".join(f"{key}: {text}" for key, text in told.items()) or "as declared",
        )
    refused = [text for result in results for text in result.refused]
    if refused or drifts:
        yield from check_result(
            context,
            table,
            "source_is_readable",
            passed=not refused,
            severity=dg.AssetCheckSeverity.ERROR,
            description="; ".join(refused) or "readable",
        )


def _result(table: RawTable, results: Sequence[Received]) -> Iterator[dg.MaterializeResult[None]]:
    there = {result.partition: result.data_version for result in results if result.data_version is not None}
    if len(there) == len(results):
        yield dg.MaterializeResult(
            asset_key=asset_key(table.name),
            metadata=metadata.received_metadata(results),
            data_version=data_version(there),
        )
    elif there:
        refuse_range(table, [result.partition for result in results if result.data_version is None])
