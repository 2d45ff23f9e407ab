"""Verifying column lineage: a model is run over a sample of what its last commit read, one column changed at a time."""

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from data_platform.contracts.quoting import identifier
from data_platform.engines.inputs import bind
from data_platform.engines.partition import define
from data_platform.engines.sampled import SampledSelect, sampled_function
from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted, Run, SampleError, permuted
from data_platform.lineage.seen import Seen, keep, seen_of
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable
from data_platform.planning.versions import Versions, code_version
from data_platform.privacy.discretion import unheard
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.reading import reading

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 400
SECONDS = 120.0
# Of each kind of change. Three find on the labelled transforms what ten do.
TIMES = 3


def verified(platform: Platform, table: ModelTable, *, now: datetime) -> Permuted:
    """What was seen of a table as its code is now; looked at now if that is nothing. Raises as `permute` does."""
    seen = seen_of(platform.catalog, table, platform.lake.notes)
    return seen.permuted if seen is not None else permute(platform, table, now=now)


def permute(
    platform: Platform, table: ModelTable, *, now: datetime, rows: int = ROWS, seconds: float = SECONDS
) -> Permuted:
    """Runs a table's model over a sample of its last partition's inputs and keeps what was seen beside the lake.

    `rows` of each input at most, `seconds` in all. Nothing is committed, no value is kept or shown. Raises StepError
    when nothing has been built yet, or the model does not run over the sample.
    """
    versions = Versions(platform.catalog, platform.lake)
    partition = max(versions.of(table.name), default=None) if not table.is_view else None
    if partition is None:
        why = "a view has no rows of its own" if table.is_view else "nothing of it is committed yet; run it first"
        raise StepError(f"{table.name}: {why}, so that there is no sample to permute")
    reads = reading(platform, table, partition, versions)
    with platform.engine.connect() as connection:
        define(connection, table.partitions.bounds(partition) if table.partitions else None)
        try:
            bind(connection, reads.inputs)
            sample = {name: _sample(connection, platform.catalog, table, name, rows) for name in table.reads}
        except duckdb.Error as error:
            raise StepError(f"{table.name} {partition}: its inputs cannot be read: {error}") from error
    with platform.engine.connect() as connection:
        define(connection, table.partitions.bounds(partition) if table.partitions else None)
        run = _run(connection, platform.catalog, table)
        discreet = platform.catalog.is_discreet(table.name)
        try:
            with unheard() if discreet else contextlib.nullcontext():
                found = permuted(
                    run,
                    sample,
                    nullable=lambda at: _may_be_null(platform.catalog, *at),
                    times=TIMES,
                    seconds=seconds,
                    discreet=discreet,
                )
        except SampleError as error:
            raise StepError(f"{table.name} {partition}: {table.model.path}: {error}") from error
    if platform.lake.notes is not None:
        keep(platform.lake.notes, table.name, Seen(code_version(platform.catalog, table), partition, now, found))
    return found


def _run(connection: duckdb.DuckDBPyConnection, catalog: Catalog, table: ModelTable) -> Run:
    if isinstance(table.model, PythonModel):
        return sampled_function(table.model.function, table.model.in_batches)
    columns = {name: _columns(catalog, name) for name in table.reads}
    return SampledSelect(connection, table.model.text, columns)


def _sample(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, table: ModelTable, name: TableName, rows: int
) -> "pa.Table":
    """The same rows each time: half of them drawn from everywhere, half as whole series by the first column of the
    grain, as windows look at neighbours.
    """
    relation = f"{identifier(name.layer)}.{identifier(name.table)}"
    read = catalog.tables[name]
    names = [identifier(column) for column, _ in _columns(catalog, name)]
    # A Python model in staged hands on what each of its rows is.
    hidden = isinstance(table.model, PythonModel) and isinstance(read, RawTable)
    told = ", ".join([*names, *(("_source_file", "_source_row", "_uncast") if hidden else ())])
    grain = () if isinstance(read, RawTable) else read.contract.grain
    first = identifier(grain[0]) if grain else names[0]
    everywhere = f"SELECT {told} FROM {relation} ORDER BY hash({', '.join(names)}), {told} LIMIT {rows - rows // 2}"
    series = f"SELECT {told} FROM {relation} ORDER BY hash({first}), {told} LIMIT {rows // 2}"
    if connection.sql(f"SELECT count(*) FROM {relation}").fetchall()[0][0] <= rows:
        return connection.sql(f"SELECT {told} FROM {relation} ORDER BY ALL").to_arrow_table()
    return connection.sql(f"(({everywhere}) UNION ({series})) ORDER BY ALL").to_arrow_table()


def _columns(catalog: Catalog, name: TableName) -> tuple[tuple[str, str], ...]:
    table = catalog.tables[name]
    if isinstance(table, RawTable):
        return tuple((column, spec.type) for column, spec in table.columns.items())
    return table.columns


def _may_be_null(catalog: Catalog, name: TableName, column: str) -> bool:
    table = catalog.tables[name]
    return isinstance(table, RawTable) or not table.contract.columns[column].required
