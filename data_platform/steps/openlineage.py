"""Sending the lake's history as OpenLineage events: all commits each time, each with the run id that it always has."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.lake.tables import Commit
from data_platform.lineage.graph import column_graph
from data_platform.lineage.openlineage import Exporter
from data_platform.lineage.seen import all_seen
from data_platform.planning.catalog import RawTable
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

# What a receiver may take to answer: it writes to a database.
_SECONDS = 20.0
_MOST_OF_AN_ANSWER = 300


def write_events(platform: Platform, path: Path, *, namespace: str, since: datetime | None = None) -> int:
    """Writes one event a line to a file, in one step, in the place of what was there; returns how many."""
    from openlineage.client.serde import Serde

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    new, count = Path(name), 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as lines:
            for event in _events(platform, namespace, since):
                lines.write(Serde.to_json(event) + "\n")
                count += 1
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return count


def send_events(platform: Platform, url: str, key: str | None, *, namespace: str, since: datetime | None = None) -> int:
    """Sends one event a commit to `<url>/api/v1/lineage`, oldest first; returns how many were accepted.

    Raises StepError at the first that the receiver does not take, with its answer. What it took before stays there, and
    may be sent again: the run ids are the same. `key` is sent as a bearer token and told to nobody else.
    """
    emit = _transport(url, key)
    sent = 0
    for event in _events(platform, namespace, since):
        _send(emit, event, url, key, sent)
        sent += 1
    return sent


def _events(platform: Platform, namespace: str, since: datetime | None) -> "Iterator[RunEvent]":
    graph = column_graph(platform.catalog, all_seen(platform.catalog, platform.lake.notes))
    exporter = Exporter(platform.catalog, graph, namespace, platform.lake.hashed_with)
    for commit in _commits(platform):
        if since is None or commit.committed_at >= since:
            yield exporter.event(commit)


def _commits(platform: Platform) -> Sequence[Commit]:
    """Of all tables that there are now, oldest first."""
    found = [
        commit
        for table in platform.catalog
        if not isinstance(table, RawTable) and not table.is_view
        for commit in platform.lake.table(table.name).history()
    ]
    return sorted(found, key=lambda commit: (commit.committed_at, commit.table, commit.version))


def _transport(url: str, key: str | None) -> "Callable[[RunEvent], Any]":
    """The client's own transport. Not its client, which takes its address, and whether it sends at all, from variables
    of the environment that nobody here knows of.
    """
    from openlineage.client.transport.http import HttpConfig, HttpTransport, get_session

    auth = {"type": "api_key", "apiKey": key} if key else {}
    config = HttpConfig.from_dict({"url": f"{url}/", "auth": auth, "timeout": _SECONDS, "retry": {"total": 2}})
    config.session = get_session()
    # A POST that is sent elsewhere becomes a GET, whose answer would pass for an acceptance.
    config.session.max_redirects = 0
    return HttpTransport(config).emit


def _send(emit: "Callable[[RunEvent], Any]", event: "RunEvent", url: str, key: str | None, sent: int) -> None:
    try:
        answer = emit(event)
    except OSError as error:  # what its HTTP library raises, for refusals too
        response = getattr(error, "response", None)
        told = str(error) if response is None else f"{response.status_code} {response.reason}"
    else:
        if answer.status_code // 100 == 2:
            return
        told = f"{answer.status_code} {answer.reason}"
    secret = key or "\0"
    raise StepError(
        f"{url} does not take the event of {event.job.name} at {event.eventTime}: "
        f"{told.replace(secret, '…')[:_MOST_OF_AN_ANSWER]}. {sent} were taken before it; mend the receiver, "
        "DATA_PLATFORM_OPENLINEAGE or its key, and send again: what it has it will not have twice"
    )
