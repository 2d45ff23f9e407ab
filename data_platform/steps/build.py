"""Building: one partition of one table is written, audited, and only then committed."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from data_platform.contracts.account import RowAccount
from data_platform.contracts.quoting import identifier
from data_platform.engines.copies import Copied
from data_platform.engines.inputs import bind
from data_platform.lake.errors import PartitionMoved
from data_platform.lake.schema import Column
from data_platform.lake.storage import NewFile
from data_platform.lake.tables import LakeTable, PartitionState, Rows, WrittenFile
from data_platform.lineage.stored import lineage_of
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.findings import Waiting
from data_platform.planning.stale import Wanted, wanted
from data_platform.planning.versions import Versions
from data_platform.privacy.discretion import engine_error
from data_platform.sql.lineage import ColumnLineage
from data_platform.steps.audit import Audit, AuditFailed
from data_platform.steps.errors import StepError
from data_platform.steps.making import Made, make
from data_platform.steps.measure import Cost, Meter
from data_platform.steps.platform import Platform
from data_platform.steps.preview import Preview, preview
from data_platform.steps.reading import Reading, reading
from data_platform.steps.space import told_if_full

# Somebody else may replace the partition meanwhile: start again from its inputs, but not for ever.
_ATTEMPTS = 5
HIDDEN = (("_source_file", "VARCHAR"), ("_source_row", "BIGINT"))
_BOUNDS = ("min", "max")
QUARANTINE = (("_rules", "VARCHAR[]"), ("_original", "VARCHAR"), ("_duplicate_of", "VARCHAR"))


@dataclass(frozen=True)
class Built:
    """A partition that now stands as its inputs and code want it."""

    table: ModelTable
    partition: str
    fingerprint: str
    version: int
    rows: int
    account: RowAccount | None
    audits: tuple[Audit, ...]
    flagged: Mapping[str, int]
    bytes: int
    files: int
    cost: Cost
    statements: tuple[str, ...]
    preview: Preview
    lineage: Mapping[str, ColumnLineage]


@dataclass(frozen=True)
class UpToDate:
    """A partition whose last commit is what would be made now: nothing was done."""

    table: ModelTable
    partition: str
    state: PartitionState


def build(platform: Platform, table: ModelTable, partition: str, *, run_id: str) -> Built | UpToDate | Waiting:
    """Makes one partition if it is stale and its inputs are there.

    Raises AuditFailed when what was written does not keep the contract, StepError when it cannot be made (DiskFull
    for want of space); the version before stays in all cases.
    """
    folder, spill = platform.lake.storage.local(str(table.name)), platform.engine.temp_directory
    moved: PartitionMoved
    for _ in range(_ATTEMPTS):
        try:
            with told_if_full(f"{table.name} {partition}", folder, spill=spill):
                return _build(platform, table, partition, run_id)
        except PartitionMoved as error:
            moved = error
    raise moved


def _build(platform: Platform, table: ModelTable, partition: str, run_id: str) -> Built | UpToDate | Waiting:
    meter = Meter()
    target = platform.lake.table(table.name)
    # Noted before the inputs are read: a commit based on older inputs than another's must not win.
    base = target.begin([partition])
    versions = Versions(platform.catalog, platform.lake)
    want = wanted(platform.catalog, table, partition, versions)
    if isinstance(want, Waiting):
        return want
    state = target.partitions().get(partition)
    if state is not None and state.fingerprint == want.fingerprint:
        return UpToDate(table, partition, state)
    # Before hours of work and not after them.
    target.check_columns(_columns(table))
    reads = reading(platform, table, partition, versions)
    with platform.engine.connect() as connection, _places(target, partition) as (clean, rejected):
        _bind(connection, table, partition, reads)
        made = make(
            connection, table, partition, reads, key=platform.personal_key, clean=clean.path, rejected=rejected.path
        )
        if any(audit.blocks for audit in made.audits):
            raise AuditFailed(table.name, partition, made.audits)
        shown = preview(connection, table, clean.path if made.clean else None)
        lineage = lineage_of(platform.catalog, table)
        files = _written(platform, table, partition, clean, rejected, made)
    cost = meter.read()
    # Everything else that can fail is done: an error after the commit would leave a new version and a failed run.
    # An interrupt may come when it has succeeded: from here on nobody but maintenance may delete the files.
    commit = target.commit(
        base,
        files,
        columns=_columns(table),
        fingerprints={partition: want.fingerprint},
        provenance=_provenance(want, made, run_id, cost, reads.bytes),
        rows=Rows(made.rows, made.account.rejected if made.account else 0),
    )
    return Built(
        table=table,
        partition=partition,
        fingerprint=want.fingerprint,
        version=commit.version,
        rows=made.rows,
        account=made.account,
        audits=made.audits,
        flagged=made.flagged,
        bytes=sum(file.bytes for file in files),
        files=len(files),
        cost=cost,
        statements=made.statements,
        preview=shown,
        lineage=lineage,
    )


def _bind(connection: duckdb.DuckDBPyConnection, table: ModelTable, partition: str, reads: Reading) -> None:
    """Raises StepError where DuckDB finds an input that it cannot open: a footer may be right and the rest not."""
    try:
        bind(connection, reads.inputs)
    except duckdb.Error as error:
        told = engine_error(error) if reads.discreet else str(error)
        cause = None if reads.discreet else error
        raise StepError(f"{table.name} {partition}: an input cannot be read: {told}. Ask its source for it") from cause


@contextlib.contextmanager
def _places(target: LakeTable, partition: str) -> Iterator[tuple[NewFile, NewFile]]:
    """Where clean and rejected rows are written; what an error leaves there is deleted (a kill's, by maintenance)."""
    places = target.new_file(partition, rejected=False), target.new_file(partition, rejected=True)
    try:
        yield places
    except (Exception, KeyboardInterrupt):
        for place in places:
            place.path.unlink(missing_ok=True)
        raise


def _written(
    platform: Platform, table: ModelTable, partition: str, clean: NewFile, rejected: NewFile, made: Made
) -> list[WrittenFile]:
    sides: list[tuple[NewFile, Copied | None, bool]] = [(clean, made.clean, False), (rejected, made.rejected, True)]
    return [
        WrittenFile(
            partition,
            is_rejected,
            place.key,
            copied.rows,
            platform.lake.storage.keep(place),
            _harmless(platform.catalog, table, copied),
        )
        for place, copied, is_rejected in sides
        if copied is not None
    ]


def _harmless(catalog: Catalog, table: ModelTable, copied: Copied) -> dict[str, dict[str, Any]]:
    """The statistics of a file without the bounds of personal columns: these are values, and a log is not masked."""
    hidden = {identifier(name) for name in table.contract.columns if table.conceals(name)}
    if catalog.is_discreet(table.name):
        hidden.add(identifier("_original"))
    return {
        name: {key: value for key, value in stats.items() if name not in hidden or key not in _BOUNDS}
        for name, stats in copied.stats.items()
    }


def _columns(table: ModelTable) -> list[Column]:
    hidden = (*HIDDEN, *QUARANTINE) if table.name.layer == "staged" else ()
    return [Column(name, type_) for name, type_ in (*table.columns, *hidden)]


def _provenance(want: Wanted, made: Made, run_id: str, cost: Cost, bytes_read: int) -> dict[str, Any]:
    """What a commit was made from: kept in the Delta log, so that the lake explains itself without Dagster."""
    return {
        "inputs": dict(want.inputs),
        "code": want.code,
        "run_id": run_id,
        "engine": f"duckdb {duckdb.__version__}",
        "rows": made.rows,
        "bytes_read": bytes_read,
        "clean_bytes": made.clean.bytes if made.clean else 0,
        "bytes_written": sum(copied.bytes for copied in (made.clean, made.rejected) if copied),
        "wall_seconds": cost.wall_seconds,
        "cpu_seconds": cost.cpu_seconds,
        "peak_mb": cost.peak_mb,
        "flagged": dict(made.flagged),
        **({"account": made.account.as_json()} if made.account else {}),
        # Text: it exceeds what JSON readers keep exactly.
        **({"hash_sum": str(made.checksum.hash_sum)} if made.checksum else {}),
    }
