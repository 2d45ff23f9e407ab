"""Runs that a command executes in its own process: Dagster cannot see that such a process was killed, its lock can."""

import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg

from data_platform import locks

OWNER_TAG = "data_platform/process"
IN_PROGRESS = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@contextmanager
def owner(instance: dg.DagsterInstance) -> Iterator[str]:
    """What this process writes into the tag of its runs; a lock that dies with it says that it is alive."""
    folder = _folder(instance)
    path = folder / f"{uuid.uuid4().hex}.lock"
    with ExitStack() as alive:
        # So that nobody takes the new lock for a dead one's before it is held.
        with locks.held(folder):
            path.touch()
            alive.callback(path.unlink)
            alive.enter_context(locks.held(path))
        yield f"{socket.gethostname()}/{path.name}"


def free_dead_runs(instance: dg.DagsterInstance) -> None:
    """Closes runs of commands that were killed: they would look as if under way, and hold others back, for ever."""
    folder = _folder(instance)
    with locks.held(folder):
        for path in folder.glob("*.lock"):
            if not locks.is_held(path):
                path.unlink()
    for run in instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS)):
        host, _, name = run.tags.get(OWNER_TAG, "").partition("/")
        if host != socket.gethostname() or (folder / Path(name).name).exists():
            continue
        # Looked at again: a process that ended well closed its runs before it took its lock away.
        now = instance.get_run_by_id(run.run_id)
        if now is not None and now.status in IN_PROGRESS:
            instance.report_run_failed(now, "the process that ran it is gone")


def _folder(instance: dg.DagsterInstance) -> Path:
    folder = Path(instance.root_directory) / "processes"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
