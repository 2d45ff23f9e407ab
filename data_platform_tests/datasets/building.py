"""Making everything that is stale, without Dagster; and looking at what stands then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data_platform.components.datasets import Datasets
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED, PartitionState
from data_platform.planning.batches import batches
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.planning.stale import Answer, stale
from data_platform.settings import Settings
from data_platform.steps.build import Built, build
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive


@dataclass(frozen=True)
class House:
    """A platform under a home of its own, at a fixed time."""

    settings: Settings
    datasets: Datasets
    platform: Platform
    now: datetime

    def stale(self) -> Answer:
        return stale(self.platform.catalog, self.platform.lake, self.now)

    def make(self) -> list[Built]:
        """Makes what is stale until nothing is; returns what was built."""
        built = []
        while found := batches(self.platform.catalog, self.stale().stale):
            for batch in found:
                for name in batch.tables:
                    table = self.platform.catalog.tables[name]
                    partition = batch.partition or UNPARTITIONED
                    if isinstance(table, RawTable):
                        receive(self.platform.lake, table, [partition], run_id="test", now=self.now)
                    elif not table.is_view:
                        made = build(self.platform, table, partition, run_id="test")
                        built += [made] if isinstance(made, Built) else []
        return built

    def stored(self, dataset: str) -> list[ModelTable]:
        """The tables of a dataset that hold rows."""
        tables = [table for table in self.platform.catalog if table.dataset == dataset]
        return [table for table in tables if isinstance(table, ModelTable) and not table.is_view]

    def states(self, name: TableName) -> dict[str, PartitionState]:
        return dict(self.platform.lake.table(name).partitions())

    def paths(self, table: str, partition: str | None = None, *, rejected: bool = False) -> list[Path]:
        """Files of a table's clean rows, or of the rejected ones."""
        files = self.platform.lake.table(TableName.parse(table)).files(None if partition is None else [partition])
        return [self.platform.lake.storage.local(key) for key in (files.rejected if rejected else files.clean)]

    def ask(self, sql: str, paths: Sequence[Path]) -> pd.DataFrame:
        """A SELECT over `rows`, the rows of some files."""
        with duckdb.connect() as connection:
            names = [str(path) for path in paths]
            connection.read_parquet(names, union_by_name=True, hive_partitioning=False).create_view("rows")
            return connection.execute(sql).df()

    def schema(self, path: Path) -> list[tuple[Any, ...]]:
        """(name, type) of a file's columns."""
        with duckdb.connect() as connection:
            found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)", [str(path)])
            return [(name, type_) for name, type_, *_ in found.fetchall()]

    def written(self) -> dict[Path, int]:
        """Every file and folder of lake and warehouse with its time of change in nanoseconds."""
        folders = (self.settings.lake_path, self.platform.warehouse)
        return {path: path.stat().st_mtime_ns for folder in folders for path in (folder, *folder.rglob("*"))}
