"""Which runs to request now: a pure decision over what is stale and which runs there were."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from data_platform.planning.batches import Batch

# A run that ended without making its partitions current is asked again later and later.
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True)
class Ended:
    """The finished runs that were requested under one key: how many, and when the last one ended."""

    count: int
    last: datetime


@dataclass(frozen=True)
class Request:
    """A run to launch; `run_key` is new for every attempt."""

    batch: Batch
    key: str
    run_key: str


def key_of(batch: Batch) -> str:
    """The same for the same stale partitions wanting the same versions, whoever asks."""
    wanted = sorted(f"{cause.table} {cause.partition} {cause.wanted}" for cause in batch.causes)
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:20]


def decide(
    batches: Sequence[Batch],
    *,
    running: Sequence[tuple[str | None, frozenset[str]]],
    ended: Mapping[str, Ended],
    now: datetime,
    most: int,
) -> list[Request]:
    """At most `most` requests, in the batches' order (oldest partitions first).

    `running`: partition and tables (as text) of each run in progress; what overlaps waits for it. `ended`: by key.
    """
    requests = []
    for batch in batches:
        key = key_of(batch)
        names = {str(name) for name in batch.tables}
        busy = any(partition == batch.partition and names & tables for partition, tables in running)
        if busy or rests(key, ended, now):
            continue
        requests.append(Request(batch, key, f"{key}/{ended[key].count if key in ended else 0}"))
    return requests[:most]


def rests(key: str, ended: Mapping[str, Ended], now: datetime) -> bool:
    """Whether runs of this key ended without success so lately that the next one has to wait."""
    return key in ended and now < ended[key].last + _wait(ended[key].count)


def _wait(count: int) -> timedelta:
    doubled: int = 2 ** min(count - 1, 16)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)
