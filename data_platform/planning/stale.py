"""The one question: which partitions of which tables differ from what their inputs and code would make now, and why.

Answers come from sources, ledger and commits alone; there is no cursor that could be lost.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.findings import Finding, Stale, Unanswered, Waiting
from data_platform.planning.looking import stale_raw
from data_platform.planning.settled import Settled
from data_platform.planning.versions import Versions, combined, fingerprint, input_partitions
from data_platform.sources.slot import Source

# Below the lake's notes: tables of which nothing was stale.
_SETTLED = "tables.settled"


@dataclass(frozen=True)
class Answer:
    """What is stale, what waits, and what could not be asked; oldest partitions first within a table."""

    stale: tuple[Stale, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()

    @classmethod
    def of(cls, findings: "Iterable[Finding]") -> "Answer":
        found = tuple(findings)
        return cls(
            tuple(item for item in found if isinstance(item, Stale)),
            tuple(item for item in found if isinstance(item, Waiting)),
            tuple(item for item in found if isinstance(item, Unanswered)),
        )


@dataclass(frozen=True)
class Wanted:
    """What a partition of a model would be made of now."""

    fingerprint: str
    code: str
    inputs: Mapping[str, str]
    """Input table → the version of what is read of it."""


def stale(
    catalog: Catalog,
    lake: Lake,
    now: datetime,
    *,
    tables: Collection[TableName] | None = None,
    ask: Iterable[TableName] | None = None,
    among: Callable[[Source], bool] | None = None,
) -> Answer:
    """All stale partitions of some tables (None: of all), each table after those that it reads.

    `ask` limits the raw tables whose sources are asked (None: all), `among` the sources. What is not asked is taken as
    it is.
    """
    asked = {
        name: [source for source in catalog.raw(name).sources if among is None or among(source)]
        for name in (catalog.order if ask is None else ask)
        if isinstance(catalog.tables[name], RawTable)
    }
    return Answer.of(_findings(catalog, lake, now, set(catalog.order if tables is None else tables), asked))


def _findings(
    catalog: Catalog,
    lake: Lake,
    now: datetime,
    chosen: set[TableName],
    asked: Mapping[TableName, Sequence[Source]],
) -> Iterator[Finding]:
    settled = Settled(catalog, lake.notes and lake.notes / _SETTLED)
    versions = Versions(catalog, lake, settled.marks)
    for table in catalog:
        if table.name not in chosen:
            continue
        if isinstance(table, RawTable):
            if table.name in asked:
                yield from stale_raw(lake, table, now, asked[table.name])
        elif not table.is_view:
            code = versions.code(table)
            state = settled.state(table, code, versions)
            if not settled.holds(table.name, state):
                found = list(stale_model(catalog, table, versions, code, now))
                yield from found
                if not found:
                    settled.add(table.name, state)
    settled.save(versions)


def stale_model(catalog: Catalog, table: ModelTable, versions: Versions, code: str, now: datetime) -> Iterator[Finding]:
    """The partitions whose last commit had other inputs or other code than there are now.

    What is pushed may come before its partition is over, and waits for that: most of it is still to come.
    """
    committed = versions.snapshot(table.name).partitions
    keys = _candidates(catalog, table, versions)
    # They are in order: only the last ones may be early.
    while keys and table.partitions is not None and (over := table.partitions.ends_at(keys[-1])) > now:
        yield Waiting(table.name, keys.pop(), f"waits for the end of its partition, {over:%Y-%m-%d}")
    for key in keys:
        want = wanted(catalog, table, key, versions, code)
        if isinstance(want, Waiting):
            yield want
        elif key not in committed:
            yield Stale(table.name, key, "never built", want.fingerprint)
        elif committed[key].fingerprint != want.fingerprint:
            yield Stale(table.name, key, _why(committed[key].provenance, want), want.fingerprint)


def _candidates(catalog: Catalog, table: ModelTable, versions: Versions) -> list[str]:
    """Partitions that some input has. What no input has yet is the raw tables' to report."""
    if table.partitions is None:
        return [UNPARTITIONED]
    reads = [catalog.tables[name] for name in catalog.stored(table.reads)]
    keys = {key for read in reads if read.partitions is not None for key in versions.of(read.name)}
    return sorted(key for key in keys if table.partitions.has(key))


def wanted(
    catalog: Catalog, table: ModelTable, partition: str, versions: Versions, code: str | None = None
) -> Wanted | Waiting:
    """What a partition would be made of now; Waiting when an input is not there."""
    inputs: dict[str, str] = {}
    for name in catalog.stored(table.reads):
        present = versions.of(name)
        keys = input_partitions(table, partition, catalog.tables[name], present)
        missing = [key for key in keys if key not in present]
        if missing or (not keys and table.partitions is None):
            what = f"{name} {missing[0]}" if missing and missing[0] != UNPARTITIONED else str(name)
            return Waiting(table.name, partition, f"waits for {what}")
        if keys:
            inputs[str(name)] = present[keys[0]] if keys == [partition] else combined({k: present[k] for k in keys})
    if not inputs:
        return Waiting(table.name, partition, "none of its inputs has this partition")
    code = code or versions.code(table)
    return Wanted(fingerprint(code, inputs), code, inputs)


def _why(provenance: Mapping[str, Any], want: Wanted) -> str:
    """What differs between the last commit and what would be made now, in words."""
    if provenance.get("code") != want.code:
        return "code changed"
    before: Mapping[str, str] = provenance.get("inputs", {})
    moved = [name for name, version in want.inputs.items() if before.get(name) != version]
    moved += [name for name in before if name not in want.inputs]
    return f"input moved: {', '.join(moved)}"
