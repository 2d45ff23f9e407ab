"""What processes do that are to be killed: a whole day of work, and its parts; each in a forked process of its own."""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# Imported before the fork, so that no victim spends its time on it; deltalake must not be used before.
import deltalake
import pandas
import pyarrow.compute
import pyarrow.parquet
from dagster._core.storage import sqlite_storage

from data_platform.lake import tables
from data_platform.steps import making
from data_platform.steps.maintenance import maintain_platform
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.cli.driven import drive, instance_in
from data_platform_tests.proof.kill_rain import gauges
from data_platform_tests.small_dataset import SmallDataset

PRELOADED = (deltalake, pandas, pyarrow.compute, pyarrow.parquet, sqlite_storage)


def prepare(root: str) -> None:
    """What is done once before all forks: the datasets are read."""
    assert rain_in(root, root).datasets


def rain_in(root: str, home: str) -> SmallDataset:
    return gauges(Path(root), Path(home))


def work(root: str, home: str) -> None:
    """A whole day: all that is stale is made and published, and then maintained."""
    make_and_publish(root, home)
    maintain(root, home)


def make_and_publish(root: str, home: str) -> None:
    """A day without maintenance."""
    small = rain_in(root, home)
    small.run()
    publish_warehouse(small.platform, now=datetime.now(UTC))


def maintain(root: str, home: str) -> None:
    """Maintenance as it is in eight days, when nothing that is there now is too young for it."""
    _maintain(rain_in(root, home), oldest_run_started=None)


def maintain_beside(root: str, home: str, started: str) -> None:
    """The same while a run is at work that began then: it has been at work for eight days."""
    _maintain(rain_in(root, home), oldest_run_started=datetime.fromisoformat(started))


def drive_command(root: str, home: str) -> None:
    """`make run`."""
    small = rain_in(root, home)
    with instance_in(small) as instance:
        done, printed = drive(small, instance)
    assert done.failed == [], printed


def lengthen_ledger(root: str, home: str, files: str) -> None:
    """Many arrivals of the places, an even number, so that the last is as the first."""
    small = rain_in(root, home)
    first = (small.source / "places.csv").read_bytes()
    for number in range(int(files)):
        small.put_file("places.csv", first + (b"3,Mill\n" if number % 2 == 0 else b""))
        small.receive("places")


def die_after_copy(root: str, home: str) -> None:
    """Dies when rows are written, and nothing is known about them yet."""
    die_instead_of(making, "audit_account")
    work(root, home)


def die_after_audit(root: str, home: str) -> None:
    """Dies when what was written has passed all audits, before the commit."""
    die_instead_of(tables.LakeTable, "commit")
    work(root, home)


def die_after_commit(root: str, home: str) -> None:
    """Dies when the first table is committed, before anybody is told: Dagster's event would come next."""
    commit = tables.LakeTable.commit

    def commit_and_die(*arguments: Any, **named: Any) -> None:
        commit(*arguments, **named)
        die()

    tables.LakeTable.commit = commit_and_die  # type: ignore[method-assign, assignment] # there is no other place
    work(root, home)


def die_instead_of(owner: object, name: str) -> None:
    setattr(owner, name, lambda *_, **__: die())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _maintain(small: SmallDataset, *, oldest_run_started: datetime | None) -> None:
    in_eight_days = datetime.now(UTC) + timedelta(days=8)
    # The second deletes what the first compacted.
    for _ in range(2):
        maintain_platform(small.platform, oldest_run_started=oldest_run_started, now=in_eight_days)
