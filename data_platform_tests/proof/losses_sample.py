"""Every dataset's sample, thinned and built once: two partitions of each table, with all that is odd in them.

Thinned, since hundreds of mutants read it: some rejected rows of each kind, those they repeat, and every so many
others stay.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow.parquet as pq

import data_platform.datasets
from data_platform.components.datasets import read_datasets
from data_platform.components.samples import ensure_sample
from data_platform.engines.inputs import bind
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.catalog import Catalog, ModelTable, RawTable, Table
from data_platform.planning.versions import Versions
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform.sources.http_file import HttpFile
from data_platform.sources.landing import Landing
from data_platform.steps.build import build
from data_platform.steps.making import Made, make
from data_platform.steps.platform import Platform
from data_platform.steps.reading import Reading, reading
from data_platform.steps.receive import receive

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DATASETS = Path(next(iter(data_platform.datasets.__path__)))
_PARTITIONS = 2
_ROWS = 3_000  # of a source file, about
_ALIKE = 3  # rejected rows of a file that break the same rules: more, and they would be more than the contract's share


@dataclass(frozen=True)
class Sample:
    """A platform in which the last partitions of every table stand."""

    platform: Platform
    folder: Path

    @property
    def catalog(self) -> Catalog:
        return self.platform.catalog

    def models(self) -> list[ModelTable]:
        return [table for table in self.catalog if isinstance(table, ModelTable)]

    def stored(self) -> list[ModelTable]:
        return [table for table in self.models() if not table.is_view]

    def partition(self, table: Table) -> str:
        """The partition on which a table's mutants run: the last."""
        return partitions(table)[-1]

    @cached_property
    def _versions(self) -> Versions:
        return Versions(self.catalog, self.platform.lake)

    def reading(self, table: ModelTable, partition: str | None = None) -> Reading:
        return reading(self.platform, table, partition or self.partition(table), self._versions)

    @contextmanager
    def bound(self, reads: Reading) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in which a model's inputs can be read."""
        with self.platform.engine.connect() as connection:
            bind(connection, reads.inputs)
            yield connection

    def make(self, connection: duckdb.DuckDBPyConnection, table: ModelTable, reads: Reading) -> "Result":
        """Writes and audits the table's partition, as a build does before it commits."""
        clean, rejected = self.folder / "clean.parquet", self.folder / "rejected.parquet"
        for path in (clean, rejected):
            path.unlink(missing_ok=True)
        key = self.platform.personal_key
        made = make(connection, table, self.partition(table), reads, key=key, clean=clean, rejected=rejected)
        return Result(made, clean if made.clean else None, rejected if made.rejected else None)


@dataclass(frozen=True)
class Result:
    """What was made of a partition: not committed, and overwritten by the next."""

    made: Made
    clean: Path | None
    rejected: Path | None

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(audit.check for audit in self.made.audits if not audit.passed)


def partitions(table: Table) -> list[str]:
    return [UNPARTITIONED] if table.partitions is None else table.partitions.keys(NOW)[-_PARTITIONS:]


def built(folder: Path) -> Sample:
    """Generates the samples of the datasets that are fed by files below `folder`, thins them, and builds them."""
    settings = Settings(home=folder / "whole", sources="sample", memory_limit="1GiB", threads=1)
    datasets = read_datasets(DATASETS, settings)
    for name, dataset in datasets.by_name.items():
        assert ensure_sample(dataset.folder, settings.samples_path / name), f"{dataset.folder} has no sample.py"
    whole = platform_of(settings, fed_by_files(datasets.catalog))
    _build(whole, [t for t in whole.catalog if isinstance(t, RawTable) or t.name.layer == "staged"])
    _thin(whole)
    # The same addresses: what was thinned is what the sources have now.
    thin = replace(whole, lake=platform_of(settings.model_copy(update={"home": folder / "thin"}), whole.catalog).lake)
    _build(thin, list(thin.catalog))
    shutil.rmtree(whole.lake.storage.local("raw").parent)
    return Sample(thin, folder)


def fed_by_files(catalog: Catalog) -> Catalog:
    """The datasets all of whose raw tables come from files: only these can be thinned, and made to lie."""
    tables = {name: list(tables) for name, tables in catalog.by_dataset.items()}
    sources = {name: [s for t in of if isinstance(t, RawTable) for s in t.sources] for name, of in tables.items()}
    fed = [name for name, of in sources.items() if all(isinstance(source, HttpFile | Landing) for source in of)]
    return Catalog.of([table for name in fed for table in tables[name]], catalog.descriptions, catalog.nouns)


def _build(platform: Platform, tables: list[Table]) -> None:
    for table in tables:
        for partition in partitions(table):
            if isinstance(table, RawTable):
                receive(platform.lake, table, [partition], run_id="proof", now=NOW)
            elif not table.is_view:
                build(platform, table, partition, run_id="proof")


def _thin(platform: Platform) -> None:
    """Rewrites the Parquet files that the sources have."""
    odd: dict[str, set[int]] = {}
    for table in platform.catalog:
        if isinstance(table, ModelTable) and table.name.layer == "staged" and not table.is_view:
            _note_odd(platform, table.name, odd)
    for table in platform.catalog:
        if isinstance(table, RawTable):
            ledger = platform.lake.ledger(table.name.table).read()
            for sighting in (s for key in ledger.partitions() for s in ledger.current(key) if s.key == s.data_key):
                path = Path(unquote(urlsplit(sighting.uri).path))
                rows = pq.read_table(path)
                step = max(1, rows.num_rows // _ROWS)
                kept = sorted({*range(0, rows.num_rows, step), *odd.get(str(sighting.key), ())})
                pq.write_table(rows.take(kept), path)


def _note_odd(platform: Platform, name: TableName, odd: dict[str, set[int]]) -> None:
    with platform.engine.connect() as connection:
        for key in platform.lake.table(name).files().rejected:
            rows = connection.execute(
                "SELECT _source_file, _source_row, _duplicate_of FROM read_parquet(?, hive_partitioning=false) "
                f"QUALIFY row_number() OVER (PARTITION BY _source_file, _rules ORDER BY _source_row) <= {_ALIKE}",
                [str(platform.lake.storage.local(key))],
            ).fetchall()
            for file, row, first in rows:
                odd.setdefault(file, set()).add(row)
                if first is not None:
                    of, _, number = first.rpartition("#")
                    odd.setdefault(of, set()).add(int(number))
