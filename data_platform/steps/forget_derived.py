"""What was made of forgotten rows is made again without them; then whatever still has them as history goes."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from data_platform.lake.errors import LakeError
from data_platform.lake.maintenance import MaintenanceReport, sweep_arrivals, vacuum
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.stale import stale
from data_platform.site.replacing import remove_older
from data_platform.steps.audit import AuditFailed
from data_platform.steps.build import Built, build
from data_platform.steps.catalogue import catalogue, catalogue_page
from data_platform.steps.dashboards import Dashboard, dashboards_folder, draw
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.publish import publish_warehouse
from data_platform.warehouse.publication import current, needed_files
from data_platform.warehouse.publish import drop_previous

# What somebody pushes may be on its way, and is no run: what is younger is left, and told if it holds a value.
_LONGEST_ARRIVAL = timedelta(hours=1)


def made_of(catalog: Catalog, raw: Collection[TableName]) -> tuple[TableName, ...]:
    """All tables that are made of some raw ones, each after those that it reads."""
    found = set(raw)
    for table in catalog:
        if not isinstance(table, RawTable) and found.intersection(table.reads):
            found.add(table.name)
    return tuple(name for name in catalog.order if name in found and name not in raw)


def forgotten_in(platform: Platform) -> tuple[TableName, ...]:
    """The raw tables of which rows or texts were ever forgotten."""
    ledger = platform.lake.ledger
    raw = [table.name for table in platform.catalog if isinstance(table, RawTable)]
    return tuple(n for n in raw if any(s.forgotten is not None for s in ledger(n.table).read().all()))


def make_again(platform: Platform, tables: Sequence[TableName], *, run_id: str, now: datetime) -> Iterator[Built | str]:
    """Each partition that was made, and why one could not be: it then stands as it was."""
    tried: set[tuple[TableName, str, str]] = set()
    while True:
        found = stale(platform.catalog, platform.lake, now, tables=tables, ask=()).stale
        todo = [one for one in found if (one.table, one.partition, one.wanted) not in tried]
        if not todo:
            return
        for one in todo:
            tried.add((one.table, one.partition, one.wanted))
            try:
                made = build(platform, platform.catalog.model(one.table), one.partition, run_id=run_id)
            except (StepError, LakeError, AuditFailed) as error:
                yield str(error)
            else:
                if isinstance(made, Built):
                    yield made


def show_again(platform: Platform, dashboards: Sequence[Dashboard], *, now: datetime) -> Iterator[str]:
    """Publishes and draws what readers see, where they see anything, and deletes what they saw before.

    Yields why a page could not be drawn: it then stands as it was.
    """
    if current(platform.warehouse) is not None:
        publish_warehouse(platform, now=now)
    drop_previous(platform.warehouse, now=now)
    if dashboards_folder(platform).exists():
        _, failed = draw(platform, dashboards)
        yield from (f"{one.dashboard.path}: {one.reason}" for one in failed)
        remove_older(dashboards_folder(platform))
    if catalogue_page(platform).exists():
        catalogue(platform, now=now)
        remove_older(catalogue_page(platform).parent)


def forget_history(platform: Platform, tables: Sequence[TableName], *, now: datetime) -> MaintenanceReport:
    """Deletes what only former versions of some tables have. Readers see the publication that stands."""
    stored = [
        str(name)
        for name in tables
        if isinstance(table := platform.catalog.tables[name], ModelTable) and not table.is_view
    ]
    keep = needed_files(platform.warehouse)
    report = vacuum(platform.lake, stored, keep=keep, now=now)
    raw = [table.name.table for table in platform.catalog if isinstance(table, RawTable)]
    arrivals = sweep_arrivals(platform.lake, raw, keep=keep, before=now - _LONGEST_ARRIVAL)
    report.orphans += arrivals.orphans
    report.bytes_freed += arrivals.bytes_freed
    return report
