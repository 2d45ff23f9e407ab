"""Our partitions in Dagster's words."""

from datetime import datetime
from functools import cache

import dagster as dg

from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Catalog, ModelTable, RawTable

_CRON = {"monthly": "0 0 1 * *", "daily": "0 0 * * *"}


def partitions_def(catalog: Catalog, name: TableName) -> dg.TimeWindowPartitionsDefinition | None:
    """The same keys and windows; None for unpartitioned tables.

    All tables of a group share one definition, also those that begin later: Dagster makes no run for tables of
    different definitions.
    """
    group = catalog.group(name)
    return _definition(catalog.group_partitions[group]) if group else None


@cache
def _definition(partitions: Partitions) -> dg.TimeWindowPartitionsDefinition:
    # One object for all: Dagster computes the first and last windows of each that it meets, 2 ms a table.
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
    """The partitions of this table that a run is for. Asked of the table: a run's key may be for others.

    Raises dg.Failure when the run names none.
    """
    if table.partitions is None:
        return [UNPARTITIONED]
    if not (context.has_partition_key or context.has_partition_key_range):
        some = table.partitions.start.strftime(table.partitions.format)
        raise dg.Failure(
            f"{table.name} is made a partition at a time, and this run names none. Launch it for one, such as {some}; "
            f'`dagster job execute` takes it as --tags \'{{"dagster/partition": "{some}"}}\'',
            allow_retries=False,
        )
    return list(context.partition_keys)


def mapping(table: ModelTable, read: RawTable | ModelTable) -> dg.PartitionMapping | None:
    """How a table's partitions read another's: the same one (and neighbours), all of them, or the only one."""
    if read.partitions is None:
        return None
    if table.partitions is None:
        return dg.AllPartitionMapping()
    offsets = table.offsets(read.name)
    return dg.TimeWindowPartitionMapping(
        start_offset=offsets[0], end_offset=offsets[-1], allow_nonexistent_upstream_partitions=True
    )
