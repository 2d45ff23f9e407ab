"""The event log whose files stay open: other processes see each event at once, and no file stays open for ever."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events.log import EventLogEntry

from data_platform.dagster_home import prepare
from data_platform.operations.event_log import OpenEventLog
from data_platform.settings import Settings

# Writes an event of a run for each line that it is given, and stays.
_WRITER = """\
import sys
import dagster as dg
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    for line in sys.stdin:
        instance.report_engine_event(line.strip(), run_id=sys.argv[2], job_name="job")
        print("written", flush=True)
"""


@dg.job(name="job")
def nothing() -> None:
    """A job without a step."""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(prepare(Settings(home=tmp_path)))) as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        yield instance


def _messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [event.message for event in instance.all_logs(run_id)]


def test_who_watches_a_run_is_told_of_each_event_while_its_process_goes_on(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    run = instance.create_run_for_job(nothing)
    seen: list[str] = []
    more = threading.Condition()

    def note(event: EventLogEntry, _: str) -> None:
        with more:
            seen.append(event.message)
            more.notify_all()

    command = [sys.executable, "-c", _WRITER, str(tmp_path / "dagster"), run.run_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin
        assert writer.stdout
        instance.watch_event_logs(run.run_id, None, note)
        for number in range(3):
            writer.stdin.write(f"event {number}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "written\n"
            with more:
                assert more.wait_for(lambda: len(seen) > number, timeout=30), seen  # noqa: B023 - it is called within its round
        instance.end_watch_event_logs(run.run_id, note)
        assert writer.poll() is None
        writer.kill()
    assert _messages(instance, run.run_id) == ["event 0", "event 1", "event 2"]


def test_after_many_runs_few_files_are_open(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    runs = [instance.create_run_for_job(nothing).run_id for _ in range(12)]
    for run_id in runs:
        instance.report_engine_event(f"of {run_id}", run_id=run_id, job_name="job")
    opened = {path.resolve() for path in Path("/proc/self/fd").iterdir() if path.exists()}
    mine = {path for path in opened if path.suffix == ".db" and path.is_relative_to(tmp_path / "dagster" / "history")}
    assert 0 < len(mine) <= 4
    for run_id in runs:
        assert _messages(instance, run_id) == [f"of {run_id}"]


def test_what_was_wiped_is_gone_and_new_events_are_kept(instance: dg.DagsterInstance) -> None:
    run_id = instance.create_run_for_job(nothing).run_id
    instance.report_engine_event("before", run_id=run_id, job_name="job")
    instance.event_log_storage.wipe()
    instance.report_engine_event("after", run_id=run_id, job_name="job")
    assert _messages(instance, run_id) == ["after"]
