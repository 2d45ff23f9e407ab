"""Tells Dagster what the lake holds: after a deleted instance, or a run that died between commit and event."""

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg

from data_platform.components.metadata import asset_key
from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import ModelTable
from data_platform.planning.versions import Versions
from data_platform.steps.platform import Platform

_VERSION_TAG = "dagster/data_version"


def announce(instance: dg.DagsterInstance, platform: Platform, tables: Iterable[TableName] | None = None) -> int:
    """Reports each partition of some tables (None: of all) that Dagster does not know at the lake's version; returns
    how many. One that is not over is told then: Dagster has no such partition before.

    The lake is the truth and Dagster's events a view of it: this brings the view up to date, and changes no data.
    """
    versions = Versions(platform.catalog, platform.lake)
    now = datetime.now(UTC)
    told = 0
    for table in platform.catalog if tables is None else map(platform.catalog.tables.__getitem__, tables):
        if isinstance(table, ModelTable) and table.is_view:
            continue
        known = _known(instance, table.name, table.partitions)
        for partition, version in versions.of(table.name).items():
            if known.get(partition) == version or _is_early(table.partitions, partition, now):
                continue
            instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    asset_key(table.name),
                    partition=None if table.partitions is None else partition,
                    metadata={"outcome": "found in the lake"},
                    tags={_VERSION_TAG: version},
                )
            )
            told += 1
    return told


def _is_early(partitions: Partitions | None, partition: str, now: datetime) -> bool:
    return partitions is not None and partitions.ends_at(partition) > now


def _known(instance: dg.DagsterInstance, name: TableName, partitions: Partitions | None) -> dict[str, str]:
    """Partition → data version of Dagster's last materialization event."""
    if partitions is None:
        event = instance.get_latest_materialization_event(asset_key(name))
        tags = event.asset_materialization.tags if event and event.asset_materialization else {}
        return {UNPARTITIONED: (tags or {}).get(_VERSION_TAG, "")}
    by_partition = instance.event_log_storage.get_latest_tags_by_partition(
        asset_key(name), dg.DagsterEventType.ASSET_MATERIALIZATION, [_VERSION_TAG]
    )
    return {partition: tags.get(_VERSION_TAG, "") for partition, tags in by_partition.items()}
