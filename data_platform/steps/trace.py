"""Tracing: from a row of a staged or curated table to the source files and row numbers behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from data_platform.contracts.errors import nearest
from data_platform.engines import tracing
from data_platform.engines.partition import define
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable
from data_platform.planning.findings import Waiting
from data_platform.planning.stale import wanted
from data_platform.planning.versions import Versions, input_partitions
from data_platform.privacy.discretion import engine_error
from data_platform.steps.errors import StepError
from data_platform.steps.narrowing import Narrowing, narrowings
from data_platform.steps.origins import Origins
from data_platform.steps.platform import Platform

MOST_ROWS = 1000
Key = Mapping[str, str | None]


@dataclass(frozen=True)
class TracedFile:
    """Rows of a source file that went into what was asked for, through a staged table.

    `rows` are the first of their numbers (from 0), `count` how many there are.
    """

    through: TableName
    partition: str
    uri: str
    source_file: str
    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class QuarantinedRow:
    """A row of the same key that was kept out of the table."""

    partition: str
    uri: str
    row: int
    rules: tuple[str, ...]


@dataclass
class Traced:
    """What lies behind a key: how many rows of the table have it, the source rows behind them, and how far that is to
    be believed: `notes` say where an input could not be narrowed, so that more rows are told than are behind it, or
    where values come from elsewhere too.
    """

    table: TableName
    matched: int = 0
    files: list[TracedFile] = field(default_factory=list)
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(file.count for file in self.files)

    def note(self, text: str) -> None:
        """Told once, whatever the number of partitions that it is true of."""
        self.notes[text] = None


def trace(platform: Platform, table: str, key: Key, partition: str | None = None) -> Traced:
    """Finds the source rows behind the rows of a table that have these values: text as its types read it, None is NULL.

    Raises StepError for a table, column, value or partition that does not exist, and where no row has the key.
    """
    target = _target(platform, table)
    names = {name.lower(): name for name in target.contract.columns}
    for name in key:
        if name.lower() not in names:
            raise StepError(f"{target.name.sql} has no column '{name}'{nearest(name, names.values())}")
    if not key:
        raise StepError(f"trace {target.name.sql} by values of its columns, such as {_example(target)}")
    with platform.engine.connect() as connection:
        run = _Run(platform, connection, Traced(target.name))
        found = run.trace(target, {names[name.lower()]: value for name, value in key.items()}, partition)
    if not (found.matched or found.quarantined):
        told = ", ".join(f"{name} NULL" if value is None else f"{name} '{value}'" for name, value in key.items())
        raise StepError(f"{target.name.sql} has no row, clean or quarantined, with {told}")
    return found


def _target(platform: Platform, text: str) -> ModelTable:
    known = [t.name.sql for t in platform.catalog if isinstance(t, ModelTable)]
    try:
        name = TableName.parse(text)
    except ValueError as error:
        raise StepError(str(error)) from error
    if name.sql not in known:
        raise StepError(f"{name.sql} is no staged or curated table{nearest(name.sql, known)}")
    return platform.catalog.model(name)


def _example(table: ModelTable) -> str:
    return " ".join(f"{name}=…" for name in table.contract.grain or list(table.contract.columns)[:1])


class _Run:
    """One trace: goes down from table to table, and keeps what it found."""

    def __init__(self, platform: Platform, connection: duckdb.DuckDBPyConnection, found: Traced) -> None:
        self.platform = platform
        self.connection = connection
        self.found = found
        self.versions = Versions(platform.catalog, platform.lake)
        self.origins = Origins(self.versions)
        self._relations = 0

    def trace(self, table: ModelTable, key: Key, partition: str | None) -> Traced:
        for name, value in key.items():
            type_ = dict(table.columns)[name]
            if value is not None and not tracing.fits(self.connection, value, type_):
                raise StepError(f"{table.name.sql}: column '{name}' is {type_}, which '{value}' is not")
        for one in self._partitions(table, partition):
            relation = self._new()
            if table.is_view:
                # It keeps no rows: what its key leads to is looked for at once.
                tracing.key_row(self.connection, relation, table.columns, key)
                self._down(table, one, relation, list(key))
                continue
            where = tracing.matches(table.columns, key)
            matched = self._find(relation, table, one, where)
            self.found.matched += matched
            if matched:
                self._behind(table, one, relation)
            if table.name.layer == "staged":
                self._quarantined(table, one, where)
        if table.is_view:
            self.found.matched = self.found.count
        return self.found

    def _partitions(self, table: ModelTable, partition: str | None) -> list[str]:
        stored = self.platform.catalog.stored([table.name])
        built = sorted({key for name in stored for key in self.versions.of(name)})
        if partition is None:
            return built
        if partition not in built:
            has = f"; it has {built[0]} to {built[-1]}" if built else ""
            raise StepError(f"{table.name.sql} has no partition {partition}{has}")
        return [partition]

    def _behind(self, table: ModelTable, partition: str, relation: str) -> None:
        """Source rows behind the rows of a stored table in a relation."""
        self._note_staleness(table, partition)
        if table.name.layer == "curated":
            self._down(table, partition, relation, list(table.contract.columns))
            return
        lookups = [name.sql for name in table.reads if name not in table.driving and table.driving]
        if lookups:
            self.found.note(f"{table.name.sql} looks values up in {', '.join(lookups)}, whose rows are not listed")
        for rows in tracing.file_rows(self.connection, relation, MOST_ROWS):
            origin = self.origins.of(partition, rows.source_file)
            uri = origin.uri if origin else rows.source_file
            self.found.files.append(TracedFile(table.name, partition, uri, rows.source_file, rows.count, rows.rows))

    def _down(self, table: ModelTable, partition: str, relation: str, given: Sequence[str]) -> None:
        """From rows of a curated table or view to those of its inputs."""
        catalog = self.platform.catalog
        define(self.connection, table.partitions.bounds(partition) if table.partitions else None)
        before = len(self.found.files)
        if isinstance(table.model, PythonModel):
            self.found.note(f"{table.name.sql} is made by Python, which no lineage looks into")
        for narrowing in narrowings(catalog, table, given):
            read = catalog.tables[narrowing.input]
            assert not isinstance(read, RawTable)  # a curated table reads no raw one
            self._note_narrowing(table, narrowing, given)
            for key in input_partitions(table, partition, read, self.versions.of(read.name)):
                if key not in self.versions.of(read.name):
                    continue
                below = self._new()
                columns, files = self._columns(read), self._files(read, key)
                try:
                    found = tracing.follow(self.connection, relation, below, columns, files, narrowing.ways)
                except duckdb.Error as error:
                    # A filter of the model may have kept the rows out that its expressions fail on.
                    self.found.note(
                        f"{table.name.sql}: all rows of {read.name.sql} are told, as its keys fail: "
                        f"{engine_error(error) if catalog.is_discreet(table.name) else error}"
                    )
                    found = tracing.follow(self.connection, relation, below, columns, files, [tracing.Way()])
                if found:
                    self._behind(read, key, below)
        if len(self.found.files) == before and not table.is_view:
            self.found.note(f"{table.name.sql} {partition}: none of its inputs has a row that agrees with it")

    def _note_narrowing(self, table: ModelTable, narrowing: Narrowing, given: Sequence[str]) -> None:
        name, by = narrowing.input.sql, narrowing.by
        wanted_keys = [name for name in table.contract.grain if name in given] or list(given)
        lacking = [name for name in wanted_keys if name not in by]
        if not by:
            self.found.note(f"{table.name.sql}: nothing narrows {name}; all of its rows are told")
        elif lacking:
            self.found.note(
                f"{table.name.sql}: {', '.join(lacking)} cannot narrow {name}; rows that share "
                f"{', '.join(by)} are told, which may be more than are behind it"
            )
        if narrowing.leaves_out:
            self.found.note(
                f"{table.name.sql} leaves rows of {name} out by joins or conditions that are not applied here; such "
                "rows are told too"
            )
        if narrowing.looks_further:
            self.found.note(
                f"{table.name.sql} has window functions over {name}: values may come from rows with another key too"
            )

    def _note_staleness(self, table: ModelTable, partition: str) -> None:
        state = self.versions.snapshot(table.name).partitions[partition]
        want = wanted(self.platform.catalog, table, partition, self.versions)
        if isinstance(want, Waiting) or want.fingerprint != state.fingerprint:
            self.found.note(
                f"{table.name.sql} {partition} is stale: its inputs or its code have changed since it was made, and "
                "what they are now is told"
            )

    def _quarantined(self, table: ModelTable, partition: str, where: str) -> None:
        local = self.platform.lake.storage.local
        files = [local(key) for key in self.versions.snapshot(table.name).files([partition]).rejected]
        for source_file, row, rules in tracing.quarantined(self.connection, table.columns, files, where, MOST_ROWS):
            origin = self.origins.of(partition, source_file)
            uri = origin.uri if origin else source_file
            self.found.quarantined.append(QuarantinedRow(partition, uri, row, rules))

    def _find(self, relation: str, table: ModelTable, partition: str, where: str) -> int:
        return tracing.find(self.connection, relation, self._columns(table), self._files(table, partition), where)

    def _columns(self, table: ModelTable) -> tuple[tuple[str, str], ...]:
        return tracing.with_identity(table.columns) if table.name.layer == "staged" else table.columns

    def _files(self, table: ModelTable, partition: str) -> list[Path]:
        local = self.platform.lake.storage.local
        return [local(key) for key in self.versions.snapshot(table.name).files([partition]).clean]

    def _new(self) -> str:
        self._relations += 1
        return f"traced_{self._relations}"
