"""Tables as values, without files: for what planning decides from a catalog alone."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from data_platform.contracts.contract import Contract
from data_platform.contracts.partitions import Kind, Partitions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Expected, ModelTable, RawTable
from data_platform.planning.stale import Stale
from data_platform.sources.http_file import HttpFile
from data_platform.sql.model import parse


def raw(name: str, kind: Kind | None = None, *, dataset: str = "town") -> RawTable:
    """A raw table from 2024 on, or an unpartitioned one."""
    return RawTable(
        name=TableName("raw", name),
        dataset=dataset,
        path=Path(f"{dataset}/defs.yaml"),
        line=1,
        description="Invented.",
        owners=(),
        partitions=_partitions(kind),
        sources=(HttpFile("file:///nowhere/{partition:%Y-%m-%d}" if kind else "file:///nowhere"),),
        format="parquet",
        columns={},
        expected=Expected(),
        check_every=None,
    )


def model(
    name: str,
    *reads: str,
    kind: Kind | None = None,
    view: bool = False,
    dataset: str = "town",
    offsets: Mapping[str, Sequence[int]] | None = None,
) -> ModelTable:
    """`layer.table` that reads some tables, of some of them other partitions than its own."""
    table = TableName.parse(name)
    path = Path(f"{dataset}/{table}.yaml")
    contract = {"description": "Invented.", "view": view, "columns": {"a": {"type": "BIGINT"}}, "reads": offsets or {}}
    return ModelTable(
        name=table,
        dataset=dataset,
        path=path,
        contract=Contract.model_validate(contract),
        model=parse(path.with_suffix(".sql"), f"SELECT a FROM {' CROSS JOIN '.join(reads)}"),
        reads=tuple(TableName.parse(read) for read in reads),
        threaded=None,
        driving=(),
        partitions=_partitions(kind),
        owners=(),
    )


def stale(name: str, partition: str = "all") -> Stale:
    """That partition, for some reason."""
    return Stale(TableName.parse(name), partition, "because", "a version")


def _partitions(kind: Kind | None) -> Partitions | None:
    return None if kind is None else Partitions(kind, date(2024, 1, 6 if kind == "weekly" else 1), "UTC")
