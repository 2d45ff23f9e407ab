"""Staged and curated tables and views as assets. Thin: the work is done in `steps.build`."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from data_platform.components import metadata
from data_platform.components.events import Events, audit_results, data_version, observe, refuse_range
from data_platform.components.metadata import asset_key
from data_platform.components.partitions import requested_partitions
from data_platform.components.specs import model_checks, model_spec
from data_platform.lake.errors import LakeError
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.findings import Waiting
from data_platform.planning.stale import wanted
from data_platform.planning.versions import Versions
from data_platform.steps.audit import WARNS, Audit, AuditFailed, audit_warned
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform


def view_asset(catalog: Catalog, table: ModelTable) -> dg.AssetsDefinition:
    """A view holds nothing: its step says what it would read, and puts its readers behind its inputs."""

    @dg.multi_asset(
        name=f"{table.name.layer}__{table.name.table}",
        specs=[model_spec(catalog, table)],
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def pass_on(context: dg.AssetExecutionContext) -> Events:
        platform: Platform = context.resources.platform
        versions = Versions(platform.catalog, platform.lake)
        found: dict[str, str] = {}
        for partition in requested_partitions(context, table):
            want = wanted(platform.catalog, table, partition, versions)
            if isinstance(want, Waiting):
                observe(context, table, partition, want.reason)
            else:
                found[partition] = want.fingerprint
        if found:
            yield dg.MaterializeResult(
                asset_key=asset_key(table.name),
                metadata={"outcome": "a view: its SELECT runs inside each of its readers"},
                data_version=data_version(found),
            )

    return pass_on


def model_asset(catalog: Catalog, table: ModelTable) -> dg.AssetsDefinition:
    """Builds what is stale; an audit that failed shows its checks red, and nothing as materialized."""

    @dg.multi_asset(
        name=f"{table.name.layer}__{table.name.table}",
        specs=[model_spec(catalog, table)],
        check_specs=model_checks(catalog, table),
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
                yield from audit_results(context, table, failed.audits)
                raise dg.Failure(str(failed), allow_retries=False) from failed
            except (StepError, LakeError) as error:
                raise dg.Failure(str(error), allow_retries=False) from error
            if isinstance(made, Waiting):
                observe(context, table, partition, made.reason)
                waiting.append(partition)
            else:
                found[partition] = made
        if found and waiting:
            refuse_range(table, waiting)
        if found:
            yield from _results(context, table, found)

    return build_asset


def _results(context: dg.AssetExecutionContext, table: ModelTable, found: dict[str, Built | UpToDate]) -> Events:
    versions = {
        key: made.fingerprint if isinstance(made, Built) else made.state.fingerprint for key, made in found.items()
    }
    last = _last_built(list(found.values()))
    yield from audit_results(context, table, last.audits if isinstance(last, Built) else _kept(context, table, last))
    yield dg.MaterializeResult(
        asset_key=asset_key(table.name),
        metadata=_result_metadata(list(found.values())),
        data_version=data_version(versions),
    )


def _last_built(found: Sequence[Built | UpToDate]) -> Built | UpToDate:
    return next((made for made in reversed(found) if isinstance(made, Built)), found[-1])


def _kept(context: dg.AssetExecutionContext, table: ModelTable, found: UpToDate) -> list[Audit]:
    """What stands passed its audit when it was committed; were a run that left it alone silent about that, the UI
    would show its checks as skipped.
    """
    text = f"held at commit {found.state.version}, which still stands"
    kept = [check.name for check in sorted(context.selected_asset_check_keys) if check.name != WARNS]
    # What was warned of then is so still.
    warned = audit_warned(found.state.provenance["flagged"], table.contract)
    return [*(Audit(name, passed=True, text=text) for name in kept), *warned]


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
