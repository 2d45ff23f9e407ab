"""What the lake's commits say of a table: its size now, the account of its rows, quarantine by rule, its history."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_platform.lake.tables import Commit, PartitionState

_MOST_PARTITIONS = 24
_MOST_COMMITS = 40


@dataclass(frozen=True)
class PartitionLine:
    """One partition as its last commit left it; None is what it does not tell: a curated table has no account."""

    partition: str
    version: int
    committed_at: datetime
    rows: int
    bytes: int | None
    arrived: int | None
    rejected: int | None
    dropped: int | None


@dataclass(frozen=True)
class RuleCount:
    """Rows that break a rule now, over all partitions. `since`: when the oldest of them were first rejected."""

    rule: str
    rows: int
    since: datetime | None


@dataclass(frozen=True)
class CommitLine:
    """A partition in a commit. `why` is what had changed since the partition's commit before."""

    version: int
    committed_at: datetime
    partition: str
    why: str
    rows: int
    rejected: int | None
    fingerprint: str
    run_id: str


@dataclass(frozen=True)
class Stored:
    """A table as the lake has it. `bytes` are those of its clean rows' files; counts are over all partitions.

    `partitions` and `history` are the newest ones, `partitions_in_all` and `commits_in_all` how many there are.
    """

    rows: int
    bytes: int
    partitions: tuple[PartitionLine, ...]
    partitions_in_all: int
    last: PartitionLine
    arrived: int | None
    rejected: int | None
    dropped: int | None
    quarantined: tuple[RuleCount, ...]
    dropped_by: tuple[RuleCount, ...]
    flagged: tuple[RuleCount, ...]
    history: tuple[CommitLine, ...]
    commits_in_all: int


def stored(
    states: Mapping[str, PartitionState], history: Sequence[Commit], since: Mapping[str, datetime]
) -> Stored | None:
    """`states`: the partitions that the table has, `history`: all its commits, newest first, `since`: rule → when its
    oldest rejection began. None where nothing was committed.
    """
    if not states:
        return None
    lines = [_partition(state) for _, state in sorted(states.items(), reverse=True)]
    accounts = [state.provenance["account"] for state in states.values() if "account" in state.provenance]
    commits = [(commit, partition) for commit in history for partition in commit.partitions]
    return Stored(
        rows=sum(line.rows for line in lines),
        bytes=sum(line.bytes or 0 for line in lines),
        partitions=tuple(lines[:_MOST_PARTITIONS]),
        partitions_in_all=len(lines),
        last=max(lines, key=lambda line: line.version),
        arrived=sum(account["arrived"] for account in accounts) if accounts else None,
        rejected=sum(account["rejected"] for account in accounts) if accounts else None,
        dropped=sum(account["dropped"] for account in accounts) if accounts else None,
        quarantined=_counts([account["rejected_by"] for account in accounts], since),
        dropped_by=_counts([account["dropped_by"] for account in accounts], {}),
        flagged=_counts([state.provenance.get("flagged", {}) for state in states.values()], {}),
        history=_history(commits),
        commits_in_all=len(commits),
    )


def _partition(state: PartitionState) -> PartitionLine:
    told = state.provenance
    account = told.get("account")
    return PartitionLine(
        state.partition,
        state.version,
        state.committed_at,
        told["rows"],
        told.get("clean_bytes"),
        account and account["arrived"],
        account and account["rejected"],
        account and account["dropped"],
    )


def _counts(found: Sequence[Mapping[str, int]], since: Mapping[str, datetime]) -> tuple[RuleCount, ...]:
    """Those with most rows first."""
    together: Counter[str] = Counter()
    for counts in found:
        together.update(counts)
    return tuple(RuleCount(rule, rows, since.get(rule)) for rule, rows in together.most_common() if rows)


def _history(commits: Sequence[tuple[Commit, str]]) -> tuple[CommitLine, ...]:
    """The newest commits, each with what had changed since the one before it of the same partition."""
    before: dict[str, Mapping[str, Any]] = {}
    lines = []
    # From the oldest on: the one before has been seen by then.
    for commit, partition in reversed(commits):
        told = commit.provenance
        account = told.get("account")
        lines.append(
            CommitLine(
                commit.version,
                commit.committed_at,
                partition,
                _why(before.get(partition), told),
                told["rows"],
                account and account["rejected"],
                commit.fingerprints[partition],
                told.get("run_id", ""),
            )
        )
        before[partition] = told
    return tuple(reversed(lines[-_MOST_COMMITS:]))


def _why(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    if before is None:
        return "first commit"
    changed = ["code changed"] if before.get("code") != now.get("code") else []
    then, inputs = before.get("inputs", {}), now.get("inputs", {})
    others = sorted(name for name in {*then, *inputs} if then.get(name) != inputs.get(name))
    changed += [f"{name.replace('/', '.')} changed" for name in others]
    return ", ".join(changed) or "made again"
