"""Faults at the platform's own seams: what the engine is given, what it reads and writes, what is committed.

No model is changed here. Each fault is one that a bug, a disk or a library could make.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import duckdb

from data_platform.contracts.quoting import identifier, literal
from data_platform.engines.inputs import Input, RawInput, TableInput, as_read
from data_platform.planning.catalog import ModelTable
from data_platform.steps.errors import StepError
from data_platform.steps.reading import Reading
from data_platform_tests.proof.losses_models import READ, Fingerprint, Verdict, judged
from data_platform_tests.proof.losses_rows import NUMBERED, altered_select
from data_platform_tests.proof.losses_sample import Sample, partitions

HANDED = "files handed to the engine"
BYTES = "bytes of an input file"
WRITTEN = "the written file"
CLEAN = "clean rows"


def of_reading(sample: Sample) -> Iterator[Verdict]:
    """The list of files that a model is given, and the bytes of those files."""
    for table in sample.stored():
        reads = sample.reading(table)
        original = _original(sample, table, reads)
        for position, item in enumerate(reads.inputs):
            if not isinstance(item, RawInput | TableInput) or not item.files:
                continue
            for what, files in _other_files(sample, table, item):
                verdict = Verdict(table.name, HANDED, what, item.name.sql, "", moves_rows=True)
                try:
                    changed: Input = replace(cast(Any, item), files=files)
                except ValueError:
                    yield replace(verdict, by="reading")
                    continue
                inputs = (*reads.inputs[:position], changed, *reads.inputs[position + 1 :])
                yield _read(sample, table, replace(reads, inputs=inputs), original, verdict)
            for what, moves, rewrite in _rewrites():
                if rewrite is _flip and len(item.files) > 1:
                    continue  # what one byte hits in staged weeks is not the same in every run
                verdict = Verdict(table.name, BYTES, what, item.name.sql, "", moves_rows=moves)
                yield _reread(sample, table, item, rewrite, original, verdict)


def _other_files(sample: Sample, table: ModelTable, item: RawInput | TableInput) -> Iterator[tuple[str, Sequence[Any]]]:
    yield "a file dropped", item.files[1:]
    yield "a file doubled", (*item.files, item.files[0])
    if len(item.files) > 1:
        yield "a file dropped, another doubled", (item.files[1], *item.files[1:])
    read = sample.catalog.tables[item.name]
    if read.partitions is not None and table.partitions is not None:
        before = sample.reading(table, partitions(table)[0])
        (other,) = (each for each in before.inputs if each.name == item.name)
        assert isinstance(other, RawInput | TableInput)
        yield "the partition before", other.files
        yield "the partition before as well", (*item.files, *other.files)


def _paths(item: RawInput | TableInput) -> list[Path]:
    return [file.path for file in item.files] if isinstance(item, RawInput) else list(item.files)


def _rewrites() -> Iterator[tuple[str, bool, Callable[[Path, Path], None]]]:
    yield "truncated", True, _truncate
    yield "one byte flipped", False, _flip
    for what, select in NUMBERED.items():
        yield what, True, _rewrite(select.format(t="here", n="n_"))


def _truncate(old: Path, new: Path) -> None:
    new.write_bytes(old.read_bytes()[: old.stat().st_size // 2])


def _flip(old: Path, new: Path) -> None:
    data = bytearray(old.read_bytes())
    data[len(data) // 3] ^= 0x10
    new.write_bytes(data)


def _rewrite(select: str) -> Callable[[Path, Path], None]:
    def change(old: Path, new: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(
                f"CREATE TABLE here AS SELECT *, row_number() OVER () AS n_ FROM "
                f"read_parquet({literal(old)}, hive_partitioning=false)"
            )
            connection.execute(f"COPY (SELECT * EXCLUDE (n_) FROM ({select})) TO {literal(new)} (FORMAT parquet)")

    return change


def _reread(
    sample: Sample,
    table: ModelTable,
    item: RawInput | TableInput,
    rewrite: Callable[[Path, Path], None],
    original: Fingerprint,
    verdict: Verdict,
) -> Verdict:
    """The verdict when a file's bytes have changed in its place; afterwards they are as before."""
    path = _paths(item)[0]
    kept = sample.folder / "kept"
    path.rename(kept)
    try:
        rewrite(kept, path)
        try:
            reads = sample.reading(table)
        except StepError:
            return replace(verdict, by="reading")
        return _read(sample, table, reads, original, verdict)
    finally:
        kept.replace(path)


def _read(sample: Sample, table: ModelTable, reads: Reading, original: Fingerprint, verdict: Verdict) -> Verdict:
    try:
        with sample.bound(reads) as connection:
            return judged(sample, connection, table, reads, original, verdict)
    except duckdb.Error:
        return replace(verdict, by="the engine")


def _original(sample: Sample, table: ModelTable, reads: Reading) -> Fingerprint:
    with sample.bound(reads) as connection:
        return Fingerprint.of(connection, sample.make(connection, table, reads), table)


def of_engine(sample: Sample) -> Iterator[Verdict]:
    """Rows that the engine loses, doubles or alters between the files and the model."""
    for table in sample.stored():
        reads = sample.reading(table)
        original = _original(sample, table, reads)
        for item in reads.inputs:
            if not isinstance(item, RawInput | TableInput):
                continue
            for what, moves, select in _read_faults(item):
                with sample.bound(reads) as connection:
                    _misread(connection, item, select)
                    verdict = Verdict(table.name, READ, what, item.name.sql, "", moves_rows=moves)
                    yield judged(sample, connection, table, reads, original, verdict)


def _read_faults(item: RawInput | TableInput) -> Iterator[tuple[str, bool, str]]:
    for what, select in NUMBERED.items():
        yield what, True, select.format(t="numbered", n="n_")
    columns = (
        [(name, column.type) for name, column in item.declared.items()] if isinstance(item, RawInput) else item.columns
    )
    name, type_ = next((each for each in columns if each[1] not in ("VARCHAR", "BOOLEAN")), columns[0])
    for what, pair in (("one value altered", False), ("one value up, another down", True)):
        yield f"{what}", False, altered_select("numbered", name, type_, columns, pair=pair)


def _misread(connection: duckdb.DuckDBPyConnection, item: Input, select: str) -> None:
    """Puts a faulty reader in the place of the relation that reads an input's files."""
    schema, name = identifier(item.name.layer), identifier(item.name.table)
    if isinstance(item, TableInput) and item.name.layer == "staged":
        schema, name = as_read(item.name).split(".", 1)
    (text,) = connection.execute(
        "SELECT sql FROM duckdb_views() WHERE schema_name = ? AND view_name = ?", [schema.strip('"'), name.strip('"')]
    ).fetchall()[0]
    select_true = text.partition(" AS ")[2].rstrip().rstrip(";")
    names = ", ".join(identifier(column) for (column, *_) in connection.execute(f"DESCRIBE {select_true}").fetchall())
    connection.execute(
        f"CREATE OR REPLACE VIEW {schema}.{name} AS WITH numbered AS (SELECT *, row_number() OVER (ORDER BY {names}) "
        f"AS n_ FROM ({select_true})) SELECT {names} FROM ({select})"
    )


@dataclass(frozen=True)
class _Lying:
    """A connection whose COPY writes something else than it was asked to; all else it does as told."""

    connection: duckdb.DuckDBPyConnection
    which: int
    lie: Callable[[duckdb.DuckDBPyConnection, str], Any]
    copies: list[str]

    def execute(self, sql: str, *rest: Any) -> Any:
        if sql.startswith("COPY ("):
            self.copies.append(sql)
            if len(self.copies) == self.which:
                return self.lie(self.connection, sql)
        return self.connection.execute(sql, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@dataclass(frozen=True)
class _Answer:
    row: tuple[Any, ...] | None

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.row


def of_writer(sample: Sample) -> Iterator[Verdict]:
    """A file that does not hold what COPY was asked to write, and a COPY that miscounts."""
    for table in sample.stored():
        reads = sample.reading(table)
        original = _original(sample, table, reads)
        with sample.bound(reads) as connection:
            for which, side in ((1, CLEAN), (2, "rejected rows"))[: 2 if table.name.layer == "staged" else 1]:
                for what, moves, lie in _lies(table, side):
                    verdict = Verdict(table.name, WRITTEN, what, side, "", moves_rows=moves)
                    lying = _Lying(connection, which, lie, [])
                    made = judged(sample, cast(duckdb.DuckDBPyConnection, lying), table, reads, original, verdict)
                    if len(lying.copies) >= which:
                        yield made


def _lies(table: ModelTable, side: str) -> Iterator[tuple[str, bool, Callable[[duckdb.DuckDBPyConnection, str], Any]]]:
    for what, select in NUMBERED.items():
        yield what, True, _copying(select.format(t="numbered", n="n_"))
    columns = [each for each in table.columns if each[0] not in table.contract.grain]
    numbers = [each for each in columns if each[1] not in ("VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP")]
    # Of rejected rows the account wants every row, not every value: nobody reckons with them.
    for name, type_ in dict([*numbers[:1], *columns[-1:]] if side == CLEAN else []).items():
        for told, pair in (("one value altered", False), ("one value up, another down", True)):
            yield f"{told}: {name}", False, _copying(altered_select("numbered", name, type_, table.columns, pair=pair))
    yield "one more row told than written", True, _miscounting
    yield "nothing written, all rows told", True, _writing_nothing


def _copying(select: str) -> Callable[[duckdb.DuckDBPyConnection, str], Any]:
    def lie(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
        query, _, rest = sql.removeprefix("COPY (").rpartition(") TO ")
        names = ", ".join(identifier(name) for name, *_ in connection.execute(f"DESCRIBE {query}").fetchall())
        # NOT MATERIALIZED would number the rows anew in every branch.
        numbered = f"WITH numbered AS MATERIALIZED (SELECT *, row_number() OVER () AS n_ FROM ({query}))"
        return connection.execute(f"COPY ({numbered} SELECT {names} FROM ({select})) TO {rest}")

    return lie


def _miscounting(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return _Answer(None if row is None else (row[0], row[1] + 1, *row[2:]))


def _writing_nothing(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    query, _, rest = sql.removeprefix("COPY (").rpartition(") TO ")
    connection.execute(f"COPY (SELECT * FROM ({query}) WHERE false) TO {rest}")
    return _Answer(row)
