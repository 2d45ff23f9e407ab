"""Reads a dataset's folder into tables: `defs.yaml`, `staged/` and `curated/`. Every mistake has a file and a line."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from data_platform.components.checking import check_curated, check_staged, check_view
from data_platform.components.expressions import check_raw_types
from data_platform.components.modules import function_of, load_module
from data_platform.components.python_models import load_python_model
from data_platform.components.spec import DatasetSpec, RawTableSpec
from data_platform.contracts.contract import Contract
from data_platform.contracts.errors import ContractError
from data_platform.contracts.partitions import Partitions, parse_key
from data_platform.contracts.quoting import identifier
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable
from data_platform.sources.http_file import HttpFile
from data_platform.sql.identity import thread
from data_platform.sql.model import Model, parse
from data_platform.steps.charts import Chart

_LAYERS = ("staged", "curated")
_SUFFIXES = {".sql", ".py", ".yaml"}


@dataclass(frozen=True)
class Span:
    """The partitions that are loaded here: all that a dataset has, or only those from `first` to `last`."""

    first: str | None = None
    last: str | None = None

    def clip(self, partitions: Partitions) -> Partitions:
        first, last = (parse_key(partitions.kind, key) if key is not None else None for key in (self.first, self.last))
        start = max(partitions.start, first) if first else partitions.start
        return replace(partitions, start=start, end=last)


@dataclass(frozen=True)
class Dataset:
    """A dataset's folder, read: its raw tables, and its models in no particular order."""

    name: str
    folder: Path
    description: str
    raw: tuple[RawTable, ...]
    models: tuple[ModelTable, ...]
    charts: tuple[Chart, ...]


def load_dataset(folder: Path, *, resolve: Callable[[str], str], span: Span) -> Dataset:
    """The dataset in a folder. `resolve` fills `{{ variables }}` in addresses.

    Models come without partitions: these depend on what they read, perhaps in another dataset (see `catalog`).
    Raises ContractError or ModelError at the first mistake.
    """
    file = YamlFile.read(folder / "defs.yaml")
    spec = file.parse(DatasetSpec, ("attributes",), file.data.get("attributes") or {})
    raw = tuple(_raw_table(file, folder.name, spec, name, table, resolve, span) for name, table in spec.raw.items())
    models = tuple(model for layer in _LAYERS for model in _models(folder, layer, spec, raw))
    charts = tuple(_chart(path) for path in sorted((folder / "dashboards").glob("*.py")) if path.stem != "__init__")
    return Dataset(folder.name, folder, spec.description, raw, models, charts)


def _chart(path: Path) -> Chart:
    module = load_module(path)
    function = function_of(module, path, "chart", "it draws from the read-only warehouse")
    return Chart(
        name=path.stem,
        dataset=path.parent.parent.name,
        description=inspect.cleandoc(function.__doc__ or module.__doc__ or ""),
        path=path,
        text=read_text(path),
        function=function,
    )


def _raw_table(
    file: YamlFile,
    dataset: str,
    spec: DatasetSpec,
    name: str,
    table: RawTableSpec,
    resolve: Callable[[str], str],
    span: Span,
) -> RawTable:
    at = ("attributes", "raw", name)
    with _located(file, *at):
        table_name = TableName("raw", name)
    check_raw_types(file, at, table.columns)
    with _located(file, *at, "source", "http_file", "url"):
        http = table.source.http_file
        source = HttpFile(
            resolve(http.url),
            timeout_seconds=http.timeout_seconds,
            attempts=http.attempts,
            absent=frozenset(http.absent),
        )
    with _located(file, *at, "start"):
        partitions = _raw_partitions(spec, table, span)
    if (partitions is not None) != source.is_partitioned:
        wanted = "lacks" if partitions else "has"
        repair = "write {partition:%Y-%m} in the url" if partitions else "write `partitions:` for the dataset"
        line = file.line(*at, "source", "http_file", "url")
        raise ContractError(file.path, line, f"raw table '{name}': the url {wanted} a partition; {repair}")
    return RawTable(
        name=table_name,
        dataset=dataset,
        description=table.description,
        owners=table.owners or spec.owners,
        partitions=partitions,
        source=source,
        format=table.format or _format(http.url),
        columns=table.columns,
        expected=table.expected.expected,
        check_every=table.check_every,
    )


def _raw_partitions(spec: DatasetSpec, table: RawTableSpec, span: Span) -> Partitions | None:
    if spec.partitions is None or table.partitions == "none":
        return None
    partitions = spec.partitions.partitions
    if table.start is not None:
        partitions = replace(partitions, start=parse_key(partitions.kind, table.start))
    return span.clip(partitions)


def _format(url: str) -> Literal["parquet", "csv"]:
    path = url.lower().partition("?")[0]
    return "csv" if path.removesuffix(".gz").endswith((".csv", ".txt")) else "parquet"


def _models(folder: Path, layer: str, spec: DatasetSpec, raw: tuple[RawTable, ...]) -> Iterator[ModelTable]:
    directory = folder / layer
    found = directory.iterdir() if directory.is_dir() else ()
    files = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    for path in files:
        if path.suffix not in _SUFFIXES:
            raise ContractError(path, 1, f"expected .sql, .py and .yaml files in {layer}/; move this one elsewhere")
    for stem in dict.fromkeys(path.stem for path in files if path.stem != "__init__"):
        yield _model(directory / stem, layer, folder.name, spec, raw)


def _model(stem: Path, layer: str, dataset: str, spec: DatasetSpec, raw: tuple[RawTable, ...]) -> ModelTable:
    sql, python, yaml = (stem.with_name(stem.name + suffix) for suffix in (".sql", ".py", ".yaml"))
    if not yaml.exists():
        present = sql if sql.exists() else python
        raise ContractError(present, 1, f"has no contract: write {yaml.name} beside it, with description and columns")
    if sql.exists() and python.exists():
        raise ContractError(python, 1, f"{sql.name} and {python.name} both make {stem.name}; keep one")
    file = YamlFile.read(yaml)
    contract = file.parse(Contract)
    with _located(file):
        name = TableName(layer, stem.name)
    model: Model | PythonModel
    if python.exists():
        model = load_python_model(python, file, contract)
        reads = tuple(TableName.parse(text) for text in contract.inputs)
    else:
        model = parse(sql, read_text(sql)) if sql.exists() else _pass_through(file, name, contract, raw)
        reads = model.tables
    table = ModelTable(
        name=name,
        dataset=dataset,
        path=yaml,
        contract=contract,
        model=model,
        reads=reads,
        threaded=None,
        driving=(),
        partitions=None,
        owners=contract.owners or spec.owners,
    )
    if contract.view:
        check_view(file, table)
        return table
    if layer == "curated":
        check_curated(file, table)
        return table
    return _staged(file, table)


def _staged(file: YamlFile, table: ModelTable) -> ModelTable:
    check_staged(file, table)
    if isinstance(table.model, PythonModel):
        return replace(table, driving=tuple(read for read in table.reads if read.layer == "raw"))
    threaded = thread(table.model)
    return replace(table, threaded=threaded, driving=threaded.driving)


def _pass_through(file: YamlFile, name: TableName, contract: Contract, raw: tuple[RawTable, ...]) -> Model:
    """A staged contract without SQL takes the raw table of the same name as it is."""
    source = next((table for table in raw if table.name.table == name.table), None)
    if name.layer != "staged" or source is None:
        raise ContractError(file.path, 1, f"has no model: write {name.table}.sql (or .py) beside it")
    for column in contract.columns:
        if column not in source.columns:
            has = ", ".join(source.columns)
            line = file.line("columns", column)
            raise ContractError(file.path, line, f"column '{column}' is not declared in {source.name}; it has {has}")
    columns = ", ".join(identifier(column) for column in contract.columns)
    return parse(file.path, f"SELECT {columns} FROM {source.name.sql}")


class _located:  # noqa: N801 - reads as a statement
    """Turns a ValueError into a ContractError at a place of a YAML file."""

    def __init__(self, file: YamlFile, *keys: str) -> None:
        self.file, self.keys = file, keys

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, ContractError):
            raise ContractError(self.file.path, self.file.line(*self.keys), str(error)) from error
