"""Our partitions in Dagster's words."""

from datetime import datetime

import dagster as dg

from data_platform.contracts.partitions import Partitions
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import ModelTable, RawTable

_CRON = {"monthly": "0 0 1 * *", "daily": "0 0 * * *"}


def partitions_def(partitions: Partitions | None) -> dg.TimeWindowPartitionsDefinition | None:
    """The same keys and windows; None for unpartitioned tables."""
    if partitions is None:
        return None
    return dg.TimeWindowPartitionsDefinition(
        start=partitions.start.strftime(partitions.format),
        # Dagster leaves the window that begins at `end` out.
        end=_end(partitions),
        fmt=partitions.format,
        timezone=partitions.timezone,
        cron_schedule=_CRON.get(partitions.kind) or f"0 0 * * {(partitions.start.weekday() + 1) % 7}",
    )


def _end(partitions: Partitions) -> datetime | None:
    if partitions.end is None:
        return None
    return partitions.bounds(partitions.end.strftime(partitions.format))[1]


def requested_partitions(context: dg.AssetExecutionContext, table: RawTable | ModelTable) -> list[str]:
    """The partitions of this table that a run is for. Asked of the table: a run's key may be for others."""
    return [UNPARTITIONED] if table.partitions is None else list(context.partition_keys)


def mapping(table: ModelTable, read: RawTable | ModelTable) -> dg.PartitionMapping | None:
    """How a table's partitions read another's: the same one, all of them, or the only one."""
    if read.partitions is None:
        return None
    return (
        dg.AllPartitionMapping()
        if table.partitions is None
        else dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
    )
