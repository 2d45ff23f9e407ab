"""How long rejected rows have been waiting for somebody: a check for each table whose contract has a bound for it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from data_platform.components.metadata import asset_key, table_of
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.steps.platform import Platform
from data_platform.steps.rejections import OpenRejections, open_rejections

CHECK = "rejections_are_recent"


def has_age_bound(table: object) -> bool:
    """Whether a table's contract says how long a rejection may stay open."""
    return isinstance(table, ModelTable) and bool(table.contract.audit.max_rejection_age_days)


def age_check(table: ModelTable) -> dg.AssetChecksDefinition:
    """A step of its own: a rejection gets older while nothing is built."""

    @dg.asset_check(
        name=CHECK,
        asset=asset_key(table.name),
        description="No rejected row has been waiting for longer than the contract allows for its rule",
        blocking=False,
        required_resource_keys={"platform"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        platform: Platform = context.resources.platform
        found = open_rejections(platform, table, now=datetime.now(UTC))
        return dg.AssetCheckResult(
            passed=not any(one.is_overdue for one in found),
            severity=dg.AssetCheckSeverity.WARN,
            description=_words(found),
            metadata={"open_rejections": _table(found)},
        )

    return check


def ages_definitions(catalog: Catalog) -> dg.Definitions:
    """The job that looks at all ages, and its daily schedule, off until somebody turns it on."""
    keys = [dg.AssetCheckKey(asset_key(table.name), CHECK) for table in catalog if has_age_bound(table)]
    if not keys:
        return dg.Definitions()
    job = dg.define_asset_job(
        "rejection_ages",
        selection=dg.AssetSelection.checks(*keys),
        description="Checks how long rejected rows have been waiting, against the bounds of their contracts.",
    )
    daily = dg.ScheduleDefinition(name="rejection_ages_daily", job=job, cron_schedule="47 5 * * *")
    return dg.Definitions(jobs=[job], schedules=[daily])


def _words(found: Sequence[OpenRejections]) -> str:
    late = [one for one in found if one.is_overdue]
    if late:
        return "; ".join(
            f"{one.rule}: {one.overdue_rows} rows open for longer than {one.most_days} days, "
            f"the oldest for {one.days}: row {one.row} of {one.uri}"
            for one in late
        )
    bounded = [one for one in found if one.most_days is not None]
    if not bounded:
        return "no row is rejected by a rule with a bound"
    oldest = bounded[0]
    return f"the oldest: {oldest.rule}, open for {oldest.days} days of {oldest.most_days}"


def _table(found: Sequence[OpenRejections]) -> dg.TableMetadataValue:
    columns = ["rows", "overdue_rows", "rule", "days", "most_days", "open_since", "partition", "row", "file"]
    return table_of(
        columns,
        [
            [
                *(one.rows, one.overdue_rows, one.rule, one.days, "" if one.most_days is None else str(one.most_days)),
                *(one.opened_at.isoformat(timespec="seconds"), one.partition, one.row, one.uri),
            ]
            for one in found
        ],
    )
