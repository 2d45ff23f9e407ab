"""Keeping a lake small and quick without ever taking what somebody may still need. `now` comes from outside.

A file goes only if it is certain what it is: replaced longer ago than the retention, or named by nothing and
older than the retention and than every run still at work. What it cannot name, it reports and leaves.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_platform.lake.commit import Change, DeltaFolder
from data_platform.lake.lake import Lake
from data_platform.lake.log import LOG_FOLDER, read_log
from data_platform.lake.old_bounds import without_old_bounds
from data_platform.lake.raw import raw_folder
from data_platform.lake.storage import StoredFile, written_at
from data_platform.lake.tables import HORIZON

RETENTION = timedelta(days=7)
_FILES_IN_LEDGER = 20  # a file costs a reader about 0.5 ms
_VERSIONS_BETWEEN_CHECKPOINTS = 10
# What delta-rs writes before a version or a checkpoint gets its name: `….json#1`.
_UNNAMED = re.compile(rf"/{LOG_FOLDER}/[^/]+#\d+$")


@dataclass
class MaintenanceReport:
    """What was done: names of tables, keys of files. `unclaimed` files are left for a person to judge."""

    compacted: list[str] = field(default_factory=list)
    checkpointed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    bytes_freed: int = 0


def maintain(
    lake: Lake,
    *,
    keep: Collection[str],
    oldest_run_started: datetime | None,
    now: datetime,
    retention: timedelta = RETENTION,
) -> MaintenanceReport:
    """Compacts ledgers, writes checkpoints, and deletes what nobody needs any more.

    `keep`: keys that something outside the lake still reads (a publication's views). `oldest_run_started`: when the
    oldest run that is still at work began, None if none is; nothing written since then is touched. After this,
    versions older than `retention` raise VersionGone.
    """
    report = MaintenanceReport()
    # Names tell whole seconds: what was begun later in the run's first second is not older than the run.
    cutoff = min(now - retention, oldest_run_started or now).replace(microsecond=0)
    sweep = _Sweep(lake, frozenset(keep), cutoff, report)
    # First what frees space and needs none: on a full disk the rest would fail, and nothing ever go.
    old = []
    for layer in lake.storage.folders(""):
        for name in lake.storage.folders(layer):
            if layer == "raw":
                sweep.raw(name)
            else:
                old.append(sweep.table(f"{layer}/{name}"))
    for replaced in old:
        sweep.delete(replaced)
    for table in lake.ledgers():
        if lake.ledger(table).compact(beyond=_FILES_IN_LEDGER):
            report.compacted.append(table)
    for folder in [*(f"ledger/{table}" for table in lake.ledgers()), *map(str, lake.tables())]:
        sweep.checkpoint(folder)
    return report


def vacuum(lake: Lake, tables: Sequence[str], *, keep: Collection[str], now: datetime) -> MaintenanceReport:
    """Deletes at once what only the history of some tables (`layer/table`) has, and what killed writers left there: for
    what must not stay for a week, while nothing is at work. Only the present can be read then.
    """
    report = MaintenanceReport()
    # Names tell whole seconds: what was written in this one goes as well.
    sweep = _Sweep(lake, frozenset(keep), now + timedelta(seconds=1), report)
    for folder in tables:
        sweep.delete(sweep.table(folder))
        if without_old_bounds(lake.storage, folder):
            _writer(lake, folder).checkpoint(every=0)
    return report


def sweep_arrivals(lake: Lake, tables: Sequence[str], *, keep: Collection[str], before: datetime) -> MaintenanceReport:
    """Deletes what came for some raw tables before a moment, and was never received: half of a download, or a file of a
    killed process that the ledger does not name.
    """
    report = MaintenanceReport()
    sweep = _Sweep(lake, frozenset(keep), before, report)
    for name in tables:
        sweep.raw(name)
    return report


@dataclass(frozen=True)
class _Replaced:
    """Files of a table that versions before `horizon` alone have."""

    folder: str
    horizon: int
    files: Sequence[StoredFile] = ()


@dataclass(frozen=True)
class _Sweep:
    lake: Lake
    keep: frozenset[str]
    cutoff: datetime
    report: MaintenanceReport

    def checkpoint(self, folder: str) -> None:
        if _writer(self.lake, folder).checkpoint(every=_VERSIONS_BETWEEN_CHECKPOINTS):
            self.report.checkpointed.append(folder)

    def table(self, folder: str) -> _Replaced:
        """The files of a Delta table, or of a ledger: deletes orphans, and returns what was replaced."""
        everything = list(self.lake.storage.list(folder))
        listed = [file for file in everything if f"/{LOG_FOLDER}/" not in file.key]
        # Read after the listing: whatever was committed in the meantime is known, and stays.
        log = read_log(self.lake.storage, folder)
        if log is None:
            # Without its log it cannot be told from a table whose log was lost.
            self.report.unclaimed.extend(file.key for file in listed)
            return _Replaced(folder, 0)
        ever = {file.key for version in log.versions for file in version.adds}
        horizon = max((v.number for v in log.versions if v.at <= self.cutoff), default=0)
        gone = {key for v in log.versions[: horizon + 1] for key in v.removes} - log.live.keys() - self.keep
        for file in listed:
            if file.key not in ever and file.key not in self.keep:
                self._orphan(file, written_at(file.key))
        for file in everything:
            if _UNNAMED.search(file.key):
                self._orphan(file, file.modified_at)
        return _Replaced(folder, horizon, [file for file in listed if file.key in gone])

    def delete(self, replaced: _Replaced) -> None:
        """Replaced files, once the log says which versions can no longer be read."""
        if replaced.files:
            self._raise_horizon(replaced.folder, replaced.horizon)
        for file in replaced.files:
            self.lake.storage.delete(file.key)
            self._freed(file, self.report.replaced)

    def raw(self, table: str) -> None:
        """Bytes as received: those that no sighting names. Their names carry no time, only incoming ones do."""
        listed = list(self.lake.storage.list(raw_folder(table)))
        if read_log(self.lake.storage, f"ledger/{table}") is None:
            # Without its ledger it cannot be told from a table whose ledger was lost.
            self.report.unclaimed.extend(file.key for file in listed)
            return
        named = {
            key for s in self.lake.ledger(table).read().all() for key in (s.key, s.data_key, s.unparsed_key)
        } | self.keep
        for file in listed:
            if file.key not in named:
                self._orphan(file, written_at(file.key) or file.modified_at)

    def _orphan(self, file: StoredFile, since: datetime | None) -> None:
        if since is None:
            self.report.unclaimed.append(file.key)
        elif since < self.cutoff and self.lake.storage.delete_unchanged(file):
            self._freed(file, self.report.orphans)

    def _freed(self, file: StoredFile, where: list[str]) -> None:
        where.append(file.key)
        self.report.bytes_freed += file.bytes

    def _raise_horizon(self, folder: str, horizon: int) -> None:
        log = read_log(self.lake.storage, folder)
        if log is not None and horizon > (log.transaction(HORIZON) or 0):
            mark = Change(adds=(), transactions={HORIZON: horizon}, note={"maintenance": "vacuum"})
            _writer(self.lake, folder).commit(lambda _: mark)


def _writer(lake: Lake, folder: str) -> DeltaFolder:
    return DeltaFolder(lake.storage, folder, partitioned=not folder.startswith("ledger/"))
