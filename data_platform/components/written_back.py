"""Curated tables that are written back to somebody's database: an asset for each, and who notices what is not there."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from data_platform.components.automation import BATCH_TAG, ended_runs, running_runs
from data_platform.components.decisions import decide, key_of
from data_platform.components.metadata import asset_key
from data_platform.lake.names import TableName
from data_platform.planning.batches import Batch
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.findings import Stale
from data_platform.planning.versions import Versions, combined
from data_platform.sinks.target import Target
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.sending import unsent, write_back

LAYER = "sent"
CHECK = "rows_there_are_rows_sent"
_LOOK_SECONDS = 60
_MOST_TOLD = 50

Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def written_back_definitions(catalog: Catalog) -> dg.Definitions:
    """Nothing where no table has a sink."""
    tables = with_sink(catalog)
    if not tables:
        return dg.Definitions()
    job = dg.define_asset_job(
        "write_back",
        selection=dg.AssetSelection.assets(*map(sent_key, tables)),
        description="Sends what the targets of curated tables lack, and nothing else.",
    )

    @dg.sensor(
        name="targets_are_behind",
        job=job,
        minimum_interval_seconds=_LOOK_SECONDS,
        required_resource_keys={"platform"},
        description="Asks each target what it has, and sends once no run is under way what it has otherwise.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if running_runs(context.instance):
            return dg.SkipReason("runs are under way; what they commit is sent with the rest")
        lacking = behind(context.resources.platform)
        if not lacking:
            return dg.SkipReason("every target has what is committed")
        cause = Stale(TableName(LAYER, "targets"), "all", "behind", combined({str(t.name): w for t, w in lacking}))
        batch = Batch(None, (), (cause,))
        ended = ended_runs(context.instance, [key_of(batch)])
        requests = decide([batch], running=[], ended=ended, now=datetime.now(UTC), most=1)
        if not requests:
            return dg.SkipReason("the last attempt failed; waiting a while before the next")
        return dg.RunRequest(
            run_key=requests[0].run_key,
            tags={BATCH_TAG: requests[0].key},
            asset_selection=[sent_key(table) for table, _ in lacking],
        )

    return dg.Definitions(assets=[_asset(table) for table in tables], jobs=[job], sensors=[look])


def with_sink(catalog: Catalog) -> list[ModelTable]:
    """The tables that are written back."""
    return [table for table in catalog if isinstance(table, ModelTable) and table.sink is not None]


def sent_key(table: ModelTable) -> dg.AssetKey:
    return dg.AssetKey([LAYER, table.name.table])


def behind(platform: Platform) -> list[tuple[ModelTable, str]]:
    """The tables whose target stands otherwise, each with what it lacks as one text. One that cannot be asked is among
    them: a run says why.
    """
    found = []
    for table in with_sink(platform.catalog):
        try:
            lacks = "; ".join(f"{one.partition}: {one.reason}" for one in unsent(platform, table))
        except StepError as error:
            lacks = str(error)
        if lacks:
            versions = Versions(platform.catalog, platform.lake).of(table.name)
            found.append((table, f"{combined(versions)} {lacks}"))
    return found


def _asset(table: ModelTable) -> dg.AssetsDefinition:
    assert table.sink is not None  # see `with_sink`
    key = sent_key(table)
    mapping = None if table.partitions is None else dg.AllPartitionMapping()
    spec = dg.AssetSpec(
        key,
        description=f"{table.name.sql}, written back to {table.sink.shown}: each partition in one transaction, by key.",
        group_name=table.dataset,
        owners=list(table.owners),
        kinds={table.sink.dialect},
        skippable=True,
        deps=[dg.AssetDep(asset_key(table.name), partition_mapping=mapping)],
        metadata=_metadata(table, table.sink),
    )
    check = dg.AssetCheckSpec(
        CHECK, asset=key, description="The target has as many rows as the table, with its values."
    )

    @dg.multi_asset(
        name=f"{LAYER}__{table.name.table}",
        specs=[spec],
        check_specs=[check],
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def send_asset(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        if not Versions(platform.catalog, platform.lake).of(table.name):
            context.log_event(dg.AssetObservation(key, metadata={"reason": f"{table.name} is not built yet"}))
            return
        try:
            written = write_back(platform, table, now=datetime.now(UTC), run_id=context.run.run_id)
        except StepError as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "outcome": "sent" if written.sent else "unchanged",
                "rows": written.rows,
                "partitions_sent": len(written.sent),
                "reasons": dg.MetadataValue.md(_reasons(written.sent)),
            },
            data_version=dg.DataVersion(combined(Versions(platform.catalog, platform.lake).of(table.name))),
        )
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=CHECK,
            passed=written.rows_there == written.rows,
            metadata={"rows_sent": written.rows, "rows_there": written.rows_there},
        )

    return send_asset


def _metadata(table: ModelTable, sink: Target) -> dict[str, Any]:
    """Where it is, and which column of it gets which of ours."""
    columns = table.contract.columns
    schema = [dg.TableColumn(column.name, column.type, columns[column.of].description) for column in sink.columns]
    deps = {c.name: [dg.TableColumnDep(asset_key=asset_key(table.name), column_name=c.of)] for c in sink.columns}
    return {
        "target": sink.shown,
        "key": ", ".join(column.name for column in sink.columns if column.is_key),
        "dagster/column_schema": dg.TableSchema(columns=schema),
        "dagster/column_lineage": dg.TableColumnLineage(deps_by_column=deps),
    }


def _reasons(sent: Mapping[str, str]) -> str:
    """A line for each partition that was sent, the first ones of many."""
    lines = [f"- {partition}: {reason}" for partition, reason in list(sent.items())[:_MOST_TOLD]]
    more = len(sent) - len(lines)
    return "\n".join([*lines, f"- and {more} more"] if more else lines)
