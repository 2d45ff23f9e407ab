"""A dataset's tables as Dagster assets with their checks. Thin: the work is done in `steps`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from data_platform.components import metadata
from data_platform.components.loading import Dataset
from data_platform.components.metadata import asset_key
from data_platform.components.partitions import mapping, partitions_def, requested_partitions
from data_platform.contracts.contract import NotReconciled
from data_platform.lake.errors import LakeError
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable
from data_platform.planning.stale import Waiting, wanted
from data_platform.planning.versions import Versions, code_version, combined
from data_platform.sources.errors import SourceError
from data_platform.steps.audit import Audit, AuditFailed
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.receive import Received, receive

Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def dataset_assets(catalog: Catalog, dataset: Dataset) -> dg.Definitions:
    """An asset for each table and view of the dataset."""
    assets: list[dg.AssetsDefinition] = []
    for table in catalog:
        if table.dataset != dataset.name:
            continue
        if isinstance(table, RawTable):
            assets.append(_raw_asset(catalog, table))
        elif table.is_view:
            assets.append(_view_asset(catalog, table))
        else:
            assets.append(_model_asset(catalog, table))
    return dg.Definitions(assets=assets)


def _raw_spec(catalog: Catalog, table: RawTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(table.name),
        description=table.description,
        group_name=table.dataset,
        owners=list(table.owners),
        kinds={table.name.layer, table.format, "file" if table.source.is_local else "http"},
        tags={"layer": table.name.layer},
        metadata=metadata.definition_metadata(table),
        skippable=True,
        partitions_def=partitions_def(catalog, table.name),
    )


def _model_spec(catalog: Catalog, table: ModelTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(table.name),
        description=table.contract.description,
        group_name=table.dataset,
        owners=list(table.owners),
        kinds=_kinds(table),
        tags={"layer": table.name.layer},
        metadata=metadata.definition_metadata(table),
        skippable=True,
        partitions_def=partitions_def(catalog, table.name),
        deps=[
            dg.AssetDep(asset_key(read), partition_mapping=mapping(table, catalog.tables[read])) for read in table.reads
        ],
        code_version=code_version(catalog, table)[:12],
    )


def _kinds(table: ModelTable) -> set[str]:
    """The layer is one of them: the graph shows only the last part of a key, and `raw` and `staged` share names."""
    if table.is_view:
        return {table.name.layer, "view", "duckdb"}
    return {table.name.layer, "python" if isinstance(table.model, PythonModel) else "sql", "duckdb"}


def _check(
    catalog: Catalog, table: RawTable | ModelTable, name: str, description: str, *, blocking: bool
) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name,
        asset=asset_key(table.name),
        description=description,
        blocking=blocking,
        partitions_def=partitions_def(catalog, table.name),
    )


def _raw_asset(catalog: Catalog, table: RawTable) -> dg.AssetsDefinition:
    checks = [
        _check(catalog, table, "schema_drift", "The source has the declared columns and no others", blocking=False),
        _check(catalog, table, "source_is_readable", "What the source has is what it claims to be", blocking=False),
    ]

    @dg.multi_asset(
        name=f"raw__{table.name.table}",
        specs=[_raw_spec(catalog, table)],
        check_specs=checks,
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def receive_asset(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        partitions = requested_partitions(context, table)
        try:
            results = receive(platform.lake, table, partitions, run_id=context.run.run_id, now=datetime.now(UTC))
        except (SourceError, LakeError) as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        for result in results:
            if result.outcome in ("absent", "refused"):
                _observe(context, table, result.partition, result.text)
        yield from _raw_checks(context, table, results)
        yield from _raw_result(table, results)

    return receive_asset


def _raw_checks(
    context: dg.AssetExecutionContext, table: RawTable, results: Sequence[Received]
) -> Iterator[dg.AssetCheckResult]:
    drifts = {result.partition: result.drift for result in results if result.current}
    missing = any(drift.missing for drift in drifts.values())
    drifted = missing or any(drift.unknown for drift in drifts.values())
    told = {key: drift.text for key, drift in drifts.items() if drift.text}
    if drifts:
        yield from _if_selected(
            context,
            table,
            "schema_drift",
            passed=not drifted,
            severity=dg.AssetCheckSeverity.ERROR if missing else dg.AssetCheckSeverity.WARN,
            description="; ".join(f"{key}: {text}" for key, text in told.items()) or "as declared",
        )
    refused = [result for result in results if result.outcome == "refused"]
    if refused or drifts:
        yield from _if_selected(
            context,
            table,
            "source_is_readable",
            passed=not refused,
            severity=dg.AssetCheckSeverity.ERROR,
            description="; ".join(result.text for result in refused) or "readable",
        )


def _raw_result(table: RawTable, results: Sequence[Received]) -> Iterator[dg.MaterializeResult[None]]:
    there = {result.partition: result.data_version for result in results if result.data_version is not None}
    if len(there) == len(results):
        yield dg.MaterializeResult(
            asset_key=asset_key(table.name),
            metadata=metadata.received_metadata(results),
            data_version=dg.DataVersion(_one_version(there)),
        )
    elif there:
        _refuse_range(table, [result.partition for result in results if result.data_version is None])


def _view_asset(catalog: Catalog, table: ModelTable) -> dg.AssetsDefinition:
    """A view holds nothing: its step says what it would read, and puts its readers behind its inputs."""

    @dg.multi_asset(
        name=f"{table.name.layer}__{table.name.table}",
        specs=[_model_spec(catalog, table)],
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def view_asset(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        versions = Versions(platform.catalog, platform.lake)
        found: dict[str, str] = {}
        for partition in requested_partitions(context, table):
            want = wanted(platform.catalog, table, partition, versions)
            if isinstance(want, Waiting):
                _observe(context, table, partition, want.reason)
            else:
                found[partition] = want.fingerprint
        if found:
            yield dg.MaterializeResult(
                asset_key=asset_key(table.name),
                metadata={"outcome": "a view: its SELECT runs inside each of its readers"},
                data_version=dg.DataVersion(_one_version(found)),
            )

    return view_asset


def _model_asset(catalog: Catalog, table: ModelTable) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"{table.name.layer}__{table.name.table}",
        specs=[_model_spec(catalog, table)],
        check_specs=_model_checks(catalog, table),
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def build_asset(context: dg.AssetExecutionContext) -> Events:
        found: dict[str, Built | UpToDate] = {}
        waiting = []
        for partition in requested_partitions(context, table):
            try:
                made = build(context.resources.platform, table, partition, run_id=context.run.run_id)
            except AuditFailed as failed:
                yield from _audit_results(context, table, failed.audits)
                raise dg.Failure(str(failed), allow_retries=False) from failed
            except (StepError, LakeError) as error:
                raise dg.Failure(str(error), allow_retries=False) from error
            if isinstance(made, Waiting):
                _observe(context, table, partition, made.reason)
                waiting.append(partition)
            else:
                found[partition] = made
        if found and waiting:
            _refuse_range(table, waiting)
        if found:
            yield from _model_result(context, table, found)

    return build_asset


def _model_checks(catalog: Catalog, table: ModelTable) -> list[dg.AssetCheckSpec]:
    contract = table.contract
    bounds = "Rejected rows and row counts stay within the contract's bounds"
    found = []
    if table.name.layer == "staged":
        text = "Every row that arrived is clean, quarantined or dropped by name: compared by identity per source file"
        found.append(_check(catalog, table, "rows_accounted_for", text, blocking=True))
    else:
        bounds = "Every column keeps what the contract says of it"
    found.append(_check(catalog, table, "contract_bounds", bounds, blocking=True))
    if contract.grain:
        text = f"No two rows share {', '.join(contract.grain)}"
        found.append(_check(catalog, table, "grain_is_unique", text, blocking=True))
    if contract.reconciles and not isinstance(contract.reconciles, NotReconciled):
        text = "; ".join(f"{rule.name}: {rule.this} = {rule.that} of {rule.of}" for rule in contract.reconciles)
        found.append(_check(catalog, table, "reconciles", text, blocking=True))
    return found


def _model_result(context: dg.AssetExecutionContext, table: ModelTable, found: dict[str, Built | UpToDate]) -> Events:
    versions = {
        key: made.fingerprint if isinstance(made, Built) else made.state.fingerprint for key, made in found.items()
    }
    last = _last_built(list(found.values()))
    yield from _audit_results(context, table, last.audits if isinstance(last, Built) else _kept(context, last))
    yield dg.MaterializeResult(
        asset_key=asset_key(table.name),
        metadata=_result_metadata(list(found.values())),
        data_version=dg.DataVersion(_one_version(versions)),
    )


def _last_built(found: Sequence[Built | UpToDate]) -> Built | UpToDate:
    return next((made for made in reversed(found) if isinstance(made, Built)), found[-1])


def _kept(context: dg.AssetExecutionContext, found: UpToDate) -> list[Audit]:
    """What stands passed its audit when it was committed; were a run that left it alone silent about that, the UI
    would show its checks as skipped.
    """
    text = f"held at commit {found.state.version}, which still stands"
    return [Audit(check.name, passed=True, text=text) for check in sorted(context.selected_asset_check_keys)]


def _result_metadata(found: Sequence[Built | UpToDate]) -> dict[str, Any]:
    """Of the last one that was built; of several partitions in one run the rows are added up."""
    last = _last_built(found)
    shown = metadata.built_metadata(last) if isinstance(last, Built) else metadata.unchanged_metadata(last)
    if len(found) > 1:
        rows = [made.rows if isinstance(made, Built) else made.state.provenance["rows"] for made in found]
        shown |= {
            "dagster/row_count": sum(rows),
            "outcome": f"{len(found)} partitions; the rest is of {last.partition}",
        }
    return shown


def _audit_results(
    context: dg.AssetExecutionContext, table: ModelTable, audits: Sequence[Audit]
) -> Iterator[dg.AssetCheckResult]:
    for audit in audits:
        yield from _if_selected(
            context,
            table,
            audit.check,
            passed=audit.passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=audit.text,
            numbers=dict(audit.numbers),
        )


def _if_selected(
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


def _observe(context: dg.AssetExecutionContext, table: RawTable | ModelTable, partition: str, reason: str) -> None:
    """Says why a partition is not there, without failing the run: downstream is skipped."""
    context.log.info(f"{table.name} {partition}: {reason}")
    context.log_event(
        dg.AssetObservation(
            asset_key(table.name),
            partition=partition if table.partitions is not None else None,
            metadata={"reason": reason},
        )
    )


def _refuse_range(table: RawTable | ModelTable, lacking: Sequence[str]) -> None:
    """Dagster would mark every partition of a range as materialized, also those that are not there."""
    raise dg.Failure(
        f"{table.name}: of this range {', '.join(lacking)} cannot be made yet. What could be made is committed; "
        "launch a backfill with one run per partition, so that the others are shown as missing",
        allow_retries=False,
    )


def _one_version(versions: dict[str, str]) -> str:
    return next(iter(versions.values())) if len(versions) == 1 else combined(versions)
