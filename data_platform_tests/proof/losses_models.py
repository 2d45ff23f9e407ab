"""What becomes of a mutated model: refused at definition, refused by the engine, caught by an audit, or neither."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

import duckdb

from data_platform.components.checking import check_curated, check_staged, check_view
from data_platform.contracts.errors import ContractError
from data_platform.contracts.quoting import identifier, literal
from data_platform.contracts.yaml_file import YamlFile
from data_platform.engines.inputs import ViewInput
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, CatalogError, ModelTable
from data_platform.sql.identity import thread
from data_platform.sql.model import Model, ModelError, parse
from data_platform.steps.errors import StepError
from data_platform.steps.reading import Reading
from data_platform_tests.proof.losses_operators import Columns, Mutant, mutants
from data_platform_tests.proof.losses_sample import Result, Sample

COMPILED = "the compiled model"
READ = "rows as the engine reads them"
REFUSED = (ContractError, ModelError, CatalogError)


@dataclass(frozen=True)
class Verdict:
    """`by` is who saw it, '' when nobody did; `differs` is what a survivor changed, '' when nothing."""

    table: TableName
    where: str
    operator: str
    place: str
    by: str
    differs: str = ""
    moves_rows: bool = False

    @property
    def survived(self) -> bool:
        return not self.by and bool(self.differs)

    @property
    def loses(self) -> bool:
        """Whether rows were lost or invented and nobody saw it."""
        return self.survived and self.moves_rows


def defined(sample: Sample, table: ModelTable, text: str) -> ModelTable:
    """The table with another SELECT, checked as at definition. Raises one of REFUSED."""
    model = parse(table.model.path, text)
    file = YamlFile.read(table.path)
    changed = replace(table, model=model, reads=model.tables)
    if table.is_view:
        check_view(file, changed)
    elif table.name.layer == "curated":
        check_curated(file, changed)
    else:
        check_staged(file, changed)
        threaded = thread(model)
        changed = replace(changed, threaded=threaded, driving=threaded.driving)
    Catalog.of([changed if each.name == table.name else each for each in sample.catalog])
    return changed


def of_models(sample: Sample) -> Iterator[Verdict]:
    """The mutants of every model's text, as if its author had written them."""
    for table in sample.models():
        if table.is_view:
            yield from _of_view(sample, table)
        elif isinstance(table.model, Model):
            yield from _of_table(sample, table, "the model", table.model.text)


def of_compiled(sample: Sample) -> Iterator[Verdict]:
    """For what the compiler makes of staged models: what moves rows and is refused at definition, let past it."""
    for table in sample.stored():
        if table.threaded is not None:
            yield from _of_table(sample, table, COMPILED, table.threaded.sql)


def columns_of(sample: Sample, table: ModelTable) -> Columns:
    found: dict[TableName, list[tuple[str, str]]] = {}
    for name in table.reads:
        read = sample.catalog.tables[name]
        found[name] = (
            [*read.columns] if isinstance(read, ModelTable) else [(n, c.type) for n, c in read.columns.items()]
        )
    return found


def _of_table(sample: Sample, table: ModelTable, where: str, sql: str) -> Iterator[Verdict]:
    reads = sample.reading(table)
    with sample.bound(reads) as connection:
        original = Fingerprint.of(connection, sample.make(connection, table, reads), table)
        for mutant in mutants(sql, columns_of(sample, table)):
            if where == COMPILED and not mutant.moves_rows:
                continue
            verdict = Verdict(table.name, where, mutant.operator, mutant.place, "", moves_rows=mutant.moves_rows)
            try:
                changed = _changed(sample, table, where, mutant)
            except REFUSED:
                yield replace(verdict, by="definition")
            else:
                yield judged(sample, connection, changed, reads, original, verdict)


def _changed(sample: Sample, table: ModelTable, where: str, mutant: Mutant) -> ModelTable:
    if where == "the model":
        return defined(sample, table, mutant.sql)
    assert table.threaded is not None
    return replace(table, threaded=replace(table.threaded, sql=mutant.sql))


def _of_view(sample: Sample, view: ModelTable) -> Iterator[Verdict]:
    """A view keeps no rows: whoever reads it has to notice. Each of its readers is asked."""
    assert isinstance(view.model, Model)
    readers = [
        _Reader.of(sample, table)
        for table in sample.stored()
        if view.name in {v.name for v in sample.catalog.views(table.reads)}
    ]
    for mutant in mutants(view.model.text, columns_of(sample, view)):
        verdict = Verdict(view.name, "the model", mutant.operator, mutant.place, "", moves_rows=mutant.moves_rows)
        try:
            changed = defined(sample, view, mutant.sql)
        except REFUSED:
            yield replace(verdict, by="definition")
            continue
        assert isinstance(changed.model, Model)
        yield _by_readers(sample, changed.name, changed.model.text, readers, verdict)


def _by_readers(sample: Sample, view: TableName, text: str, readers: "list[_Reader]", verdict: Verdict) -> Verdict:
    found = []
    for reader in readers:
        inputs = tuple(
            replace(item, sql=text) if isinstance(item, ViewInput) and item.name == view else item
            for item in reader.reads.inputs
        )
        reads = replace(reader.reads, inputs=inputs)
        try:
            with sample.bound(reads) as connection:
                found.append(judged(sample, connection, reader.table, reads, reader.original, verdict))
        except duckdb.Error:
            found.append(replace(verdict, by="the engine"))
    survived = [each for each in found if each.survived]
    return survived[0] if survived else next((each for each in found if each.by), found[0])


@dataclass(frozen=True)
class _Reader:
    """A table that reads a view, and what is made of it without a fault."""

    table: ModelTable
    reads: Reading
    original: "Fingerprint"

    @classmethod
    def of(cls, sample: Sample, table: ModelTable) -> Self:
        reads = sample.reading(table)
        with sample.bound(reads) as connection:
            return cls(table, reads, Fingerprint.of(connection, sample.make(connection, table, reads), table))


def judged(
    sample: Sample,
    connection: duckdb.DuckDBPyConnection,
    table: ModelTable,
    reads: Reading,
    original: "Fingerprint",
    verdict: Verdict,
) -> Verdict:
    """The verdict on a table that is made of something mutated."""
    try:
        result = sample.make(connection, table, reads)
    except StepError as error:
        return replace(verdict, by="the lookup's key" if "would repeat rows" in str(error) else "the engine")
    return told(connection, result, table, original, verdict)


def told(
    connection: duckdb.DuckDBPyConnection,
    result: Result,
    table: ModelTable,
    original: "Fingerprint",
    verdict: Verdict,
) -> Verdict:
    if result.failed:
        return replace(verdict, by=result.failed[0])
    now = Fingerprint.of(connection, result, table)
    if now == original:
        return verdict
    keys = now.keys != original.keys or now.rejected != original.rejected
    changed = ", ".join(name for name, value in now.columns.items() if value != original.columns[name])
    differs = "other rows" if keys else f"values of {changed}"
    # A staged row is found again by its identity; in a curated table a row is lost in the figures, not in the keys.
    loses = keys if table.name.layer == "staged" else verdict.moves_rows or keys
    if verdict.where == READ and not verdict.moves_rows:
        # The engine read another value than the file holds: the row is there, and stands under that value.
        loses = table.name.layer == "staged" and keys
    return replace(verdict, differs=differs, moves_rows=loses)


@dataclass(frozen=True)
class Fingerprint:
    """What was made, as sums of hashes: equal for equal rows in any order."""

    keys: str
    columns: Mapping[str, str]
    rejected: str

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, result: Result, table: ModelTable) -> "Fingerprint":
        staged = table.name.layer == "staged"
        names = [name for name, _ in table.columns]
        grain = ["_source_file", "_source_row"] if staged else [*(table.contract.grain or names)]
        key = ", ".join(map(identifier, grain))
        asked = {
            "": _sum(key),
            # Each value with its row's key: values that changed places are not the same.
            **{name: _sum(f"{key}, {identifier(name)}") for name in names},
        }
        found = dict.fromkeys(asked, "")
        if result.clean is not None:
            file = f"read_parquet({literal(result.clean)}, hive_partitioning=false)"
            row = connection.execute(f"SELECT {', '.join(asked.values())} FROM {file}").fetchone()
            assert row is not None
            found = dict(zip(asked, map(str, row), strict=True))
        rejected = ""
        if result.rejected is not None:
            rows = connection.execute(
                f"SELECT {_sum('_source_file, _source_row, _rules')} FROM "
                f"read_parquet({literal(result.rejected)}, hive_partitioning=false)"
            ).fetchone()
            rejected = str(rows)
        keys = found.pop("")
        return cls(keys, found, rejected)


def _sum(values: str) -> str:
    return f"count(*) || ':' || sum(CAST(hash({values}) AS HUGEINT))"
