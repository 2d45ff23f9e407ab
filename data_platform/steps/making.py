"""How a table's rows are made: staged ones by the streaming statements, curated ones by one SELECT; then audited."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from data_platform.contracts.account import RowAccount, account
from data_platform.contracts.contract import NotReconciled, Reconcile
from data_platform.contracts.quoting import identifier
from data_platform.contracts.rules import conditions
from data_platform.engines.copies import Copied, arrived, identities_of
from data_platform.engines.curating import (
    Checksum,
    Masks,
    broken,
    checksum,
    count,
    curate,
    reconcile,
    repeated_grains,
    written_view,
)
from data_platform.engines.inputs import TableInput, as_read
from data_platform.engines.partition import define
from data_platform.engines.sampled import as_arrow, as_batches
from data_platform.engines.staging import Staged, Staging, stage
from data_platform.engines.typing import ModelColumnsError
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel
from data_platform.privacy import discretion
from data_platform.privacy.applying import Masking
from data_platform.privacy.key import PersonalKey
from data_platform.sql.expressions import columns_of
from data_platform.sql.identity import Threaded
from data_platform.sql.row_path import HIDDEN
from data_platform.steps.audit import (
    Audit,
    audit_account,
    audit_broken,
    audit_grain,
    audit_reconciles,
    audit_rejected,
    audit_warned,
)
from data_platform.steps.errors import StepError
from data_platform.steps.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa

# Rows of a batch that a Python model is given: some hundred kilobytes of the texts that people write.
_BATCH = 2048


@dataclass(frozen=True)
class Made:
    """Written and audited, not yet committed."""

    clean: Copied | None
    rejected: Copied | None
    rows: int
    account: RowAccount | None
    audits: tuple[Audit, ...]
    flagged: Mapping[str, int]
    statements: tuple[str, ...]
    checksum: Checksum | None = None
    """Of a curated table's values."""


def make(
    connection: duckdb.DuckDBPyConnection,
    table: ModelTable,
    partition: str,
    reads: Reading,
    *,
    key: PersonalKey,
    clean: Path,
    rejected: Path,
) -> Made:
    """Writes the rows of a partition; a curated table's masked, hashes under the `key`.

    Raises StepError, naming the model's file, when DuckDB cannot run it.
    """
    bounds = table.partitions.bounds(partition) if table.partitions else None
    if bounds is not None:
        define(connection, bounds)

    def made() -> Made:
        _check_inputs(connection, f"{table.name} {partition}", reads)
        if table.name.layer == "staged":
            return _make_staged(connection, table, bounds, reads, clean, rejected)
        return _make_curated(connection, table, bounds, reads, clean, key)

    return _discreetly(made, table, partition) if reads.discreet else _plainly(made, table, partition)


def _plainly(made: Callable[[], Made], table: ModelTable, partition: str) -> Made:
    try:
        return made()
    except ModelColumnsError as error:
        raise _other_columns(table, error) from error
    except duckdb.Error as error:
        raise StepError(f"{table.name} {partition}: {table.model.path} cannot run: {error}") from error


def _discreetly(made: Callable[[], Made], table: ModelTable, partition: str) -> Made:
    """The same over personal data: what goes wrong is told without values, and so is what a Python model prints."""
    is_python = isinstance(table.model, PythonModel)
    try:
        with discretion.unheard() if is_python else contextlib.nullcontext():
            return made()
    except StepError:
        raise
    except ModelColumnsError as error:
        fault = _other_columns(table, error)
    except duckdb.Error as error:
        text = f"{table.name} {partition}: {table.model.path} cannot run: {discretion.engine_error(error)}"
        fault = StepError(text)
    except Exception as error:  # a model's own, whatever it is
        if not is_python:
            raise
        fault = StepError(f"{table.name} {partition}: {discretion.model_error(error, table.model.path)}")
    # Here and not above: an error that it came from would be logged with its message.
    raise fault


def _other_columns(table: ModelTable, error: ModelColumnsError) -> StepError:
    return StepError(f"{table.model.path}: {error} (contract: {table.path})")


def _make_staged(
    connection: duckdb.DuckDBPyConnection,
    table: ModelTable,
    bounds: tuple[datetime, datetime] | None,
    reads: Reading,
    clean: Path,
    rejected: Path,
) -> Made:
    contract = table.contract
    if table.threaded is not None:
        _check_lookups(connection, table, table.threaded, discreet=reads.discreet)
    staging = Staging(
        _select(connection, table, identity=True),
        table.columns,
        conditions(contract, bounds),
        # By name: their order puts rows of one grain in order where nothing else does.
        dict(sorted(reads.records.items())),
        contract.grain,
        contract.deduplicate.first_by if contract.deduplicate else (),
        reads.unparsed,
    )
    staged = stage(connection, staging, clean=clean, rejected=rejected)
    rows = _account(connection, staged, reads.records)
    written = sum(copied.rows for copied in (staged.clean, staged.rejected) if copied)
    audits = [audit_account(rows, written), audit_rejected(rows, contract)]
    if contract.grain:
        audits.append(audit_grain(staged.repeated_grains, contract.grain, removed=contract.deduplicate is not None))
    return Made(staged.clean, staged.rejected, rows.clean, rows, tuple(audits), staged.flagged, staged.statements)


def _check_inputs(connection: duckdb.DuckDBPyConnection, what: str, reads: Reading) -> None:
    """Rows that are lost or doubled before the model sees them are missing on both sides of its reconciles."""
    columns = {item.name: item.columns for item in reads.inputs if isinstance(item, TableInput)}
    for name, held in reads.held.items():
        found = count(connection, _relation(name))
        if found != held.rows:
            raise StepError(f"{what}: {name.sql} has {held.rows} rows by its commits, but {found} are read; run again")
        same = True
        if held.identities is not None:
            same = identities_of(connection, as_read(name)) == held.identities
        elif held.checksum is not None:
            same = checksum(connection, _relation(name), columns[name]) == held.checksum
        if not same:
            raise StepError(f"{what}: {name.sql} has {found} rows, but not those that were committed; run again")


def _account(connection: duckdb.DuckDBPyConnection, staged: Staged, records: Mapping[str, int]) -> RowAccount:
    return account(
        arrived(connection, records),
        staged.clean_rows,
        staged.rejected_rows,
        staged.dropped_rows,
        rejected_by=staged.rejected_by,
        dropped_by=staged.dropped_by,
        flagged=staged.flagged,
    )


def _make_curated(
    connection: duckdb.DuckDBPyConnection,
    table: ModelTable,
    bounds: tuple[datetime, datetime] | None,
    reads: Reading,
    path: Path,
    key: PersonalKey,
) -> Made:
    contract = table.contract
    masks = {name: masking for name, spec in contract.columns.items() if (masking := Masking.of(spec)) is not None}
    curated = curate(connection, _select(connection, table, identity=False), table.columns, path, Masks(masks, key))
    rows = curated.file.rows if curated.file else 0
    written = written_view(connection, table.columns, path if curated.file else None)
    rules = conditions(contract, bounds)
    kept = [rule for rule in rules if rule.kind not in ("flag", "warn")]
    found = checksum(connection, written, table.columns)
    audits = [audit_broken(broken(connection, written, kept), contract, made=curated.checksum, found=found, told=rows)]
    if contract.grain:
        audits.append(audit_grain(repeated_grains(connection, written, contract.grain), contract.grain, removed=False))
    if not isinstance(contract.reconciles, NotReconciled):
        differences = reconcile(connection, written, contract.reconciles)
        audits.append(audit_reconciles(differences, hidden=_personal_groups(contract.reconciles, reads.personal)))
    flagged = broken(connection, written, [rule for rule in rules if rule not in kept])
    audits += audit_warned(flagged, contract)
    return Made(curated.file, None, rows, None, tuple(audits), flagged, (curated.statement,), found)


def _personal_groups(rules: Sequence[Reconcile], personal: frozenset[str]) -> frozenset[str]:
    """The groups of reconciles whose values are made of personal data."""
    return frozenset(
        name
        for rule in rules
        for this, that, name in rule.groups
        if personal and any(column.lower() in personal for side in (this, that) for column in columns_of(side))
    )


def _select(connection: duckdb.DuckDBPyConnection, table: ModelTable, *, identity: bool) -> str:
    if isinstance(table.model, PythonModel):
        return _call(connection, table, table.model, identity=identity)
    return table.threaded.sql if identity and table.threaded is not None else table.model.text


def _call(connection: duckdb.DuckDBPyConnection, table: ModelTable, model: PythonModel, *, identity: bool) -> str:
    """Runs a Python model over its inputs, and makes its result readable as a relation as often as it is asked for."""
    with contextlib.ExitStack() as cursors:
        inputs = {name.table: _given(connection, model, name, cursors) for name in table.reads}
        result = _arrow(table, model, model.function(**inputs))
        names = result.schema.names
        lacking = [name for name in HIDDEN if identity and name not in names]
        if lacking:
            raise StepError(
                f"{model.path}: {table.name.table}() must hand on {' and '.join(lacking)} with each row, "
                "so that every source row can be found again, with the texts that did not fit its types"
            )
        if not model.in_batches:
            connection.register("model_result", result)
        else:
            # What comes batch by batch can be read once; DuckDB keeps it within its memory, or on the disk.
            connection.register("model_batches", result)
            connection.execute("CREATE OR REPLACE TEMP TABLE model_result AS SELECT * FROM model_batches")
            connection.unregister("model_batches")
    return "SELECT * FROM model_result"


def _given(
    connection: duckdb.DuckDBPyConnection, model: PythonModel, name: TableName, cursors: contextlib.ExitStack
) -> "pa.Table | pa.RecordBatchReader":
    """An input as the model takes it: whole, or as batches from a cursor that is open until `cursors` are closed."""
    select = f"SELECT * FROM {_relation(name)}"
    if name.table not in model.in_batches:
        return connection.sql(select).to_arrow_table()
    return cursors.enter_context(connection.cursor()).sql(select).to_arrow_reader(_BATCH)


def _arrow(table: ModelTable, model: PythonModel, result: Any) -> "pa.Table | pa.RecordBatchReader":
    try:
        return as_batches(result) if model.in_batches else as_arrow(result)
    except TypeError as error:
        raise StepError(f"{model.path}: {table.name.table}() {error}") from error


def _check_lookups(
    connection: duckdb.DuckDBPyConnection, table: ModelTable, threaded: Threaded, *, discreet: bool
) -> None:
    """A lookup row that matches twice would double the rows that join it."""
    for lookup in threaded.lookups:
        row = connection.execute(f"{threaded.repeated_keys(lookup)} LIMIT 1").fetchone()
        if row is not None:
            *values, times = row
            shown = [discretion.HIDDEN if discreet else repr(value) for value in values]
            told = ", ".join(f"{key} {value}" for key, value in zip(lookup.keys, shown, strict=True))
            raise StepError(
                f"{table.model.path}:{lookup.line}: {lookup.table or lookup.relation} has {times} rows for {told}; "
                "joining it would repeat rows. Make the lookup unique on its key"
            )


def _relation(name: TableName) -> str:
    return f"{identifier(name.layer)}.{identifier(name.table)}"
