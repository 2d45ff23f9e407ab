"""Turns what is stale into runs: which tables are made together, in one run for one partition."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.planning.stale import Stale


@dataclass(frozen=True)
class Batch:
    """One run: tables in order, for one partition (None: unpartitioned tables)."""

    partition: str | None
    tables: tuple[TableName, ...]
    causes: tuple[Stale, ...]
    """The stale partitions that the run is for; the other tables follow from them."""


def batches(catalog: Catalog, stale: Sequence[Stale]) -> list[Batch]:
    """The runs that can start now, oldest partition first.

    A partition's run takes along the tables of its dataset that read what it makes. Tables that would read across
    partitions or datasets (or an unpartitioned table that is stale itself) come with the next question, when their
    inputs stand. Ask `stale` again afterwards, until it has nothing to say; leave out what was tried and failed, so
    that it holds nothing back.
    """
    blocked = _blocked(catalog, {item.table for item in stale})
    later = _later(catalog, stale)
    runs: dict[tuple[tuple[str, ...], str], list[Stale]] = {}
    for item in stale:
        if item.table not in blocked and (item.table, item.partition) not in later:
            runs.setdefault((catalog.group(item.table), item.partition), []).append(item)
    # Unpartitioned tables go first and alone: partitions that read them then follow in one run each.
    first = [run for run in runs if run[0] == ()] or sorted(runs, key=lambda run: run[::-1])
    found = []
    for run in first:
        causes, key = runs[run], run[1]
        waiting = blocked | {table for table, partition in later if partition == key}
        tables = _along(catalog, {cause.table for cause in causes}, key, waiting)
        found.append(Batch(None if key == UNPARTITIONED else key, tables, tuple(causes)))
    return found


def _blocked(catalog: Catalog, stale: set[TableName]) -> set[TableName]:
    """Tables below a stale table of another group: their inputs are about to move, in another run."""
    moving: set[TableName] = set()
    blocked: set[TableName] = set()
    for name in catalog.order:
        about_to_move = [read for read in catalog.stored(catalog.tables[name].reads) if read in moving]
        if name in stale or about_to_move:
            moving.add(name)
        if any(read in blocked or catalog.group(read) != catalog.group(name) for read in about_to_move):
            blocked.add(name)
    return blocked


def _later(catalog: Catalog, stale: Sequence[Stale]) -> set[tuple[TableName, str]]:
    """Partitions that read another one which is about to move, in a run of its own, and all that reads these.

    Whether a neighbour will really be there is not known here: at worst a partition comes one question later.
    """
    if not catalog.reads_neighbours:
        return set()
    moving: dict[TableName, set[str]] = defaultdict(set)
    later: dict[TableName, set[str]] = defaultdict(set)
    for item in stale:
        moving[item.table].add(item.partition)
    for table in catalog:
        if isinstance(table, RawTable) or table.is_view or table.partitions is None:
            continue
        for read in catalog.stored(table.reads):
            if catalog.tables[read].partitions is None:
                continue
            for offset in table.offsets(read):
                moving[table.name] |= _readers(table.partitions, offset, moving[read])
                later[table.name] |= _readers(table.partitions, offset, moving[read] if offset else later[read])
    return {(name, key) for name, keys in later.items() for key in keys}


def _readers(partitions: Partitions, offset: int, keys: set[str]) -> set[str]:
    """The partitions that read some partitions of an input at an offset."""
    if offset == 0:
        return keys
    shifted = (partitions.shifted(key, -offset) for key in keys)
    return {key for key in shifted if partitions.has(key)}


def _along(catalog: Catalog, tables: set[TableName], key: str, blocked: set[TableName]) -> tuple[TableName, ...]:
    """The tables and all that read them within the same partition, in order. Readers of other groups are blocked."""
    found = set(tables)
    for name in catalog.order:
        partitions = catalog.tables[name].partitions
        if name in found or name in blocked:
            continue
        has = key == UNPARTITIONED if partitions is None else partitions.has(key)
        if has and any(name in catalog.readers[made] for made in found):
            found.add(name)
    # A view between two of them takes part: it is how one is known to come before the other.
    for name in tuple(found):
        for view in catalog.views(catalog.tables[name].reads):
            if found & set(catalog.stored(view.reads)):
                found.add(view.name)
    return tuple(name for name in catalog.order if name in found)
