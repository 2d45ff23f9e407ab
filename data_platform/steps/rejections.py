"""Since when rows are rejected: how old what nobody has mended is, by rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data_platform.engines.rejected import rejected_by_rule
from data_platform.lake.tables import Commit
from data_platform.planning.catalog import ModelTable
from data_platform.planning.versions import Versions
from data_platform.steps.origins import Origins, file_key
from data_platform.steps.platform import Platform

ANY = "any"
Rejecting = tuple[str, str]
"""A source file (its lake key) and a rule that rejects rows of it."""


@dataclass(frozen=True)
class OpenRejections:
    """What a rule rejects and nobody has mended: the oldest, and how many are older than the bound.

    `row` (from 0) of `uri` is the first of the oldest; `days` is its age; `most_days` None where the contract has no
    bound for the rule.
    """

    rule: str
    rows: int
    opened_at: datetime
    days: int
    most_days: int | None
    overdue_rows: int
    partition: str
    uri: str
    row: int

    @property
    def is_overdue(self) -> bool:
        return self.overdue_rows > 0


def opened(history: Iterable[Commit]) -> Mapping[str, Mapping[Rejecting, datetime]]:
    """Partition → (source file, rule) → since when: the first commit since which, without a commit in between that
    says otherwise, rows of the file are rejected and rows are rejected by the rule.

    Known from the commits' accounts alone, which count rules over all files of a partition: a rejection is never
    younger than is said here. `history` is newest first.
    """
    found: dict[str, dict[Rejecting, datetime]] = {}
    still: dict[str, set[Rejecting]] = {}
    for commit in history:
        now = set(_rejecting(commit.provenance))
        for partition in commit.partitions:
            still[partition] = now if partition not in still else still[partition] & now
            for each in still[partition]:
                found.setdefault(partition, {})[each] = commit.committed_at
    return found


def sources_of_rejected(provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """The source files of which a commit has rejected rows."""
    files = provenance.get("account", {}).get("files", ())
    return tuple(file["source_file"] for file in files if "rejected" in file)


def _rejecting(provenance: Mapping[str, Any]) -> Iterable[Rejecting]:
    for source_file in sources_of_rejected(provenance):
        for rule in provenance["account"]["rejected_by"]:
            yield file_key(source_file), rule


def open_rejections(platform: Platform, table: ModelTable, *, now: datetime) -> tuple[OpenRejections, ...]:
    """The rules that reject rows of a staged table as it stands, the oldest rejection first."""
    versions = Versions(platform.catalog, platform.lake)
    snapshot, origins = versions.snapshot(table.name), Origins(versions)
    since = opened(platform.lake.table(table.name).history())
    # Partitions that the table no longer has are out of sight.
    files = {
        platform.lake.storage.local(file.key): file.partition or ""
        for file in snapshot.live
        if file.rejected and file.partition in versions.of(table.name)
    }
    found: dict[str, list[_Rejected]] = {}
    with platform.engine.connect() as connection:
        for path, source_file, rule, rows, row in rejected_by_rule(connection, list(files)):
            partition = files[Path(path)]
            # Of a commit that came between the two looks, the history may say that this is no more.
            last = snapshot.partitions[partition].committed_at
            at = since.get(partition, {}).get((file_key(source_file), rule), last)
            found.setdefault(rule, []).append(_Rejected(at, partition, source_file, row, rows))
    told = [_told(table, rule, rejected, origins, now) for rule, rejected in found.items()]
    return tuple(sorted(told, key=lambda one: (one.opened_at, one.rule)))


@dataclass(frozen=True, order=True)
class _Rejected:
    """What a rule rejects of one file."""

    opened_at: datetime
    partition: str
    source_file: str
    row: int
    rows: int


def _told(
    table: ModelTable, rule: str, rejected: Sequence[_Rejected], origins: Origins, now: datetime
) -> OpenRejections:
    bounds = table.contract.audit.max_rejection_age_days
    most = bounds.get(rule, bounds.get(ANY))
    first = min(rejected)
    late = [one for one in rejected if most is not None and now - one.opened_at > timedelta(days=most)]
    origin = origins.of(first.partition, first.source_file)
    return OpenRejections(
        rule,
        rows=sum(one.rows for one in rejected),
        opened_at=first.opened_at,
        days=(now - first.opened_at).days,
        most_days=most,
        overdue_rows=sum(one.rows for one in late),
        partition=first.partition,
        uri=origin.uri if origin else first.source_file,
        row=first.row,
    )
