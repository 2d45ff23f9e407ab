"""Reconsidering: what today's contract and model would make of a partition's rows, without committing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from data_platform.contracts.errors import nearest
from data_platform.engines.comparing import Moved, Side, missing, moved
from data_platform.engines.inputs import bind
from data_platform.lake.names import TableName
from data_platform.lake.tables import PartitionState
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.findings import Waiting
from data_platform.planning.stale import wanted
from data_platform.planning.versions import Versions
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.errors import StepError
from data_platform.steps.making import make
from data_platform.steps.origins import Origins
from data_platform.steps.platform import Platform
from data_platform.steps.reading import reading
from data_platform.steps.space import told_if_full

_NONE = Moved(0, {}, ())


@dataclass(frozen=True)
class Reconsidered:
    """One partition: its last commit, and what would be made of it now.

    `passing` and `failing` are rows of files that both have read; `replaced` are committed rows of files that are no
    longer current, `arrived` rows of files that came since. `refusal` says why the result could not be committed.
    `differs` is False when inputs and code are those of the commit: then the same would be made, and nothing was.
    """

    partition: str
    quarantined: int
    clean: int
    differs: bool = False
    passing: Moved = _NONE
    failing: Moved = _NONE
    let_go: int = 0
    taken_up: int = 0
    replaced: int = 0
    arrived: int = 0
    refusal: str = ""


def staged_table(catalog: Catalog, text: str) -> ModelTable:
    """The staged table of this name. Raises StepError for one that has no quarantine, or does not exist."""
    known = [t.name.sql for t in catalog if isinstance(t, ModelTable) and t.name.layer == "staged" and not t.is_view]
    try:
        name = TableName.parse(text)
    except ValueError as error:
        raise StepError(str(error)) from error
    if name.sql not in known:
        text = "quarantines no rows; staged tables do" if name in catalog.tables else "does not exist"
        raise StepError(f"{name.sql} {text}{nearest(name.sql, known)}")
    return catalog.model(name)


def built_partitions(platform: Platform, table: ModelTable, partitions: Sequence[str] = ()) -> tuple[str, ...]:
    """The chosen partitions that were committed once (none chosen: all), in order.

    Raises StepError for one that the table does not have, or that was never built: there is nothing to compare with.
    """
    built = Versions(platform.catalog, platform.lake).of(table.name)
    for partition in partitions:
        if partition not in built:
            has = f"; it has {min(built)} to {max(built)}" if built else ""
            raise StepError(f"{table.name.sql} has no partition {partition} that was built{has}")
    return tuple(sorted(set(partitions or built)))


def reconsider(platform: Platform, table: ModelTable, partition: str) -> Reconsidered:
    """Makes a partition anew beside the lake, compares it row by row with its last commit, and throws it away.

    Raises StepError when it cannot be made, or an input is missing.
    """
    versions = Versions(platform.catalog, platform.lake)
    before = _Committed.of(platform, table, partition, versions)
    want = wanted(platform.catalog, table, partition, versions)
    if isinstance(want, Waiting):
        raise StepError(f"{table.name} {partition}: {want.reason}")
    if before.state.fingerprint == want.fingerprint:
        return before.told
    reads = reading(platform, table, partition, versions)
    place = platform.engine.temp_directory
    with (
        told_if_full(f"{table.name} {partition}, reconsidered", place, spill=place),
        platform.engine.folder() as folder,
        platform.engine.connect() as connection,
    ):
        bind(connection, reads.inputs)
        clean, rejected = folder / "clean.parquet", folder / "rejected.parquet"
        made = make(connection, table, partition, reads, key=platform.personal_key, clean=clean, rejected=rejected)
        assert made.account is not None  # a staged table has one
        after = Side([clean] if made.clean else [], [rejected] if made.rejected else [])
        refusal = "; ".join(f"{audit.check}: {audit.text}" for audit in made.audits if not audit.passed)
        found = _compared(connection, before, after, made.account.as_json(), Origins(versions))
    return replace(found, refusal=refusal)


@dataclass(frozen=True)
class Applied:
    """A partition that was made anew from raw, and how its rows moved; UpToDate when there was nothing to do."""

    told: Reconsidered
    built: Built | UpToDate


def apply(platform: Platform, table: ModelTable, partition: str, *, run_id: str) -> Applied:
    """Makes and commits a partition as any run does, and compares the commit with the one before.

    Raises AuditFailed and StepError as `build` does: then the commit before stays.
    """
    before = _Committed.of(platform, table, partition, Versions(platform.catalog, platform.lake))
    built = build(platform, table, partition, run_id=run_id)
    if isinstance(built, Waiting):
        raise StepError(f"{table.name} {partition}: {built.reason}")
    if isinstance(built, UpToDate):
        return Applied(before.told, built)
    versions = Versions(platform.catalog, platform.lake)
    after = _Committed.of(platform, table, partition, versions)
    with platform.engine.connect() as connection:
        return Applied(_compared(connection, before, after.side, after.account, Origins(versions)), built)


@dataclass(frozen=True)
class _Committed:
    """What stands of a partition."""

    state: PartitionState
    side: Side

    @classmethod
    def of(cls, platform: Platform, table: ModelTable, partition: str, versions: Versions) -> "_Committed":
        snapshot, local = versions.snapshot(table.name), platform.lake.storage.local
        files = snapshot.files([partition])
        side = Side([local(key) for key in files.clean], [local(key) for key in files.rejected])
        return cls(snapshot.partitions[partition], side)

    @property
    def account(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.state.provenance["account"]
        return found

    @property
    def told(self) -> Reconsidered:
        return Reconsidered(self.state.partition, self.account["rejected"], self.account["clean"])


def _compared(
    connection: duckdb.DuckDBPyConnection,
    before: _Committed,
    after: Side,
    account: Mapping[str, Any],
    origins: Origins,
) -> Reconsidered:
    """`account` is that of `after`."""
    had, has = ({file["source_file"]: _rows(file) for file in one["files"]} for one in (before.account, account))
    both = had.keys() & has.keys()
    # A drop rule's rows are in no file: whether any left for it, or came back, takes two looks at every row.
    let_go = missing(connection, before.side, after, both) if account["dropped"] else 0
    taken_up = missing(connection, after, before.side, both) if before.account["dropped"] else 0
    return replace(
        before.told,
        differs=True,
        passing=_named(moved(connection, before.side, after), before.state.partition, origins),
        failing=_named(moved(connection, after, before.side), before.state.partition, origins),
        let_go=let_go,
        taken_up=taken_up,
        replaced=sum(rows for file, rows in had.items() if file not in both),
        arrived=sum(rows for file, rows in has.items() if file not in both),
    )


def _rows(file: Mapping[str, Any]) -> int:
    """Of one source file in a commit's account, without those that were let go."""
    return sum(file[side]["rows"] for side in ("clean", "rejected") if side in file)


def _named(found: Moved, partition: str, origins: Origins) -> Moved:
    """With the files of the examples as their sources called them."""
    named = []
    for example in found.examples:
        origin = origins.of(partition, example.source_file)
        named.append(replace(example, uri=origin.uri if origin else example.source_file))
    return replace(found, examples=tuple(named))
