"""Writing back: what a curated table's target lacks is what is sent, whatever anybody remembers."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_platform.engines.inputs import TableInput
from data_platform.engines.keyed import in_two_partitions, row_batches
from data_platform.lake.sent import SentPartition
from data_platform.lake.tables import PartitionState
from data_platform.planning.catalog import ModelTable
from data_platform.planning.versions import Versions
from data_platform.sinks.database import connected
from data_platform.sinks.errors import SinkError
from data_platform.sinks.sending import Receipt, Sending, prepare, send
from data_platform.sinks.standing import Standing, standing
from data_platform.sinks.tables import Tables
from data_platform.sinks.target import Target
from data_platform.sources.errors import SourceError
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform

if TYPE_CHECKING:
    import sqlalchemy as sa

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unsent:
    """A partition that stands in the target otherwise than in the table, and how."""

    partition: str
    reason: str


@dataclass(frozen=True)
class WrittenBack:
    """What a target has of a table now, and which partitions it got just now, each with why."""

    rows: int
    rows_there: int
    sent: Mapping[str, str]


def unsent(platform: Platform, table: ModelTable) -> tuple[Unsent, ...]:
    """What sending would change. Raises StepError when the target cannot tell, or does not fit."""
    states = _states(table, Versions(platform.catalog, platform.lake))
    if not states:
        return ()
    with _opened(table) as (engine, tables), engine.connect() as connection:
        return tuple(_unsent(states, standing(connection, tables, table.name.sql), tables.target))


def write_back(platform: Platform, table: ModelTable, *, now: datetime, run_id: str) -> WrittenBack:
    """Sends each partition that the target has otherwise, each in a transaction of its own, and notes it in the lake.

    A partition that fails does not hold back the others. Raises StepError naming all that failed.
    """
    versions = Versions(platform.catalog, platform.lake)
    states = _states(table, versions)
    sent: dict[str, str] = {}
    failed: list[str] = []
    with _opened(table) as (engine, tables):
        prepare(engine, tables, table.name.sql)
        with engine.connect() as connection:
            wanted = tuple(_unsent(states, standing(connection, tables, table.name.sql), tables.target))
        if wanted:
            _refuse_shared_keys(platform, table, versions)
        for one in wanted:
            try:
                receipt = _send(platform, table, versions, engine, tables, one.partition, now)
            except SinkError as error:
                failed.append(f"{table.name} {one.partition}: {error}")
                continue
            if receipt.changed:
                _log.info("%s %s: %d rows sent to %s", table.name, one.partition, receipt.rows, tables.target.shown)
                sent[one.partition] = one.reason
        with engine.connect() as connection:
            there = standing(connection, tables, table.name.sql)
    stand = {key: there[key] for key, state in states.items() if key in there and _is_of(there[key], state)}
    _note(platform, table, stand, run_id)
    if failed:
        raise StepError("; ".join(failed))
    return WrittenBack(
        rows=sum(int(state.provenance["rows"]) for state in states.values()),
        rows_there=sum(found.rows_there for found in stand.values()),
        sent=sent,
    )


def _is_of(found: Standing, state: PartitionState) -> bool:
    return found.is_whole and found.fingerprint == state.fingerprint


def _states(table: ModelTable, versions: Versions) -> Mapping[str, PartitionState]:
    """The last commit of each partition that the table has."""
    snapshot = versions.snapshot(table.name)
    return {key: snapshot.partitions[key] for key in sorted(versions.of(table.name))}


def _unsent(states: Mapping[str, PartitionState], there: Mapping[str, Standing], target: Target) -> Iterator[Unsent]:
    """What the target has of partitions that the table does not have is left there: a lake that is being filled anew
    must not empty it.
    """
    for key, state in states.items():
        found = there.get(key)
        if found is None:
            yield Unsent(key, "never sent, or the target was made anew")
        elif found.shape != target.shape:
            yield Unsent(key, "its columns are other ones now")
        elif found.fingerprint != state.fingerprint:
            yield Unsent(key, f"the target has commit {found.version}, the table {state.version}")
        elif found.rows_there != found.rows:
            yield Unsent(key, f"the target has {found.rows_there:,} of the {found.rows:,} rows that were sent")
        elif not found.is_whole:
            yield Unsent(key, "rows have other values in the target than were sent")


def _refuse_shared_keys(platform: Platform, table: ModelTable, versions: Versions) -> None:
    """Of two rows with one key, in two partitions, the one that is sent later would stay."""
    target = _target(table)
    key = [column.of for column in target.columns if column.is_key]
    snapshot = versions.snapshot(table.name)
    local = platform.lake.storage.local
    files = {name: [local(file) for file in snapshot.files([name]).clean] for name in versions.of(table.name)}
    with platform.engine.connect() as connection:
        found = in_two_partitions(connection, table.columns, key, files)
    if found is not None:
        count, first, second = found
        raise StepError(
            f"{table.name}: {count:,} keys ({', '.join(key)}) are in several partitions, such as {first} and {second}; "
            f"nothing was sent to {target.shown}. Add a column to the sink's key that tells them apart"
        )


def _send(
    platform: Platform,
    table: ModelTable,
    versions: Versions,
    engine: "sa.Engine",
    tables: Tables,
    partition: str,
    now: datetime,
) -> Receipt:
    snapshot = versions.snapshot(table.name)
    state = snapshot.partitions[partition]
    paths = tuple(platform.lake.storage.local(key) for key in snapshot.files([partition]).clean)
    what = Sending(table.name.sql, partition, state.version, state.fingerprint)
    columns: Sequence[str] = [column.of for column in tables.target.columns]
    with platform.engine.connect() as connection:
        batches = row_batches(connection, TableInput(table.name, table.columns, paths), columns)
        return send(engine, tables, what, batches, now=now)


def _note(platform: Platform, table: ModelTable, there: Mapping[str, Standing], run_id: str) -> None:
    """Notes in the lake what the target has and the lake does not know of: also what a killed run sent."""
    target, ledger = _target(table).shown, platform.lake.sent(table.name)
    known = {(one.target, one.partition): (one.hash, one.sent_at) for one in ledger.read()}
    new = [
        SentPartition(
            table=str(table.name),
            partition=partition,
            version=found.version,
            fingerprint=found.fingerprint,
            rows=found.rows,
            hash=found.hash,
            target=target,
            sent_at=found.sent_at,
            run_id=run_id,
        )
        for partition, found in there.items()
        if known.get((target, partition)) != (found.hash, found.sent_at)
    ]
    if new:
        ledger.append(new)


def _target(table: ModelTable) -> Target:
    assert table.sink is not None  # nobody asks for another one's
    return table.sink


@contextmanager
def _opened(table: ModelTable) -> Iterator[tuple["sa.Engine", Tables]]:
    """Raises StepError for what keeps rows from a target."""
    target = _target(table)
    try:
        with connected(target) as engine:
            yield engine, Tables(target)
    except (SinkError, SourceError) as error:
        raise StepError(f"{table.name}: {error}") from None
