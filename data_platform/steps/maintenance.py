"""Keeping lake and warehouse small: what killed publishers left is finished, what nobody needs any more goes."""

from datetime import datetime

from data_platform.lake.maintenance import MaintenanceReport, maintain
from data_platform.steps.platform import Platform
from data_platform.steps.space import told_if_full
from data_platform.warehouse.publication import needed_files
from data_platform.warehouse.publish import settle


def maintain_platform(platform: Platform, *, oldest_run_started: datetime | None, now: datetime) -> MaintenanceReport:
    """`oldest_run_started`: of the runs that are still at work, None if none is; what is written since then stays.

    Raises DiskFull when even that needs more space than there is; what could be deleted before is.
    """
    with told_if_full("maintenance", platform.lake.storage.local(""), platform.warehouse):
        settle(platform.warehouse, now=now)
        return maintain(
            platform.lake, keep=needed_files(platform.warehouse), oldest_run_started=oldest_run_started, now=now
        )
