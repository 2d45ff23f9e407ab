"""Reads a dataset's folder into tables: `defs.yaml`, `staged/` and `curated/`. Every mistake has a file and a line."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from data_platform.components.checking import check_curated, check_staged, check_view
from data_platform.components.located import located
from data_platform.components.modules import function_of, line_of, load_module
from data_platform.components.places import LAYERS, MODELS, check_places
from data_platform.components.proofs import Proofs
from data_platform.components.python_models import load_python_model
from data_platform.components.raw_tables import Span, raw_table
from data_platform.components.sinks import target_of
from data_platform.components.source_kinds.context import Installation
from data_platform.components.spec import DatasetSpec, DefsFile
from data_platform.contracts.contract import Contract
from data_platform.contracts.errors import ContractError, Gathering, closest, nearest
from data_platform.contracts.quoting import identifier
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.engines.duckdb import volatile_functions
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, PythonModel, RawTable
from data_platform.site.dashboards.page import About
from data_platform.sql.identity import Threaded, thread
from data_platform.sql.model import Model, ModelError, check_deterministic, parse
from data_platform.steps.dashboards import Dashboard

_MODEL = TypeAdapter(Model)
_THREADED = TypeAdapter[Threaded | None](Threaded | None)


@dataclass(frozen=True)
class Dataset:
    """A dataset's folder, read: its raw tables, and its models in no particular order."""

    name: str
    folder: Path
    description: str
    raw: tuple[RawTable, ...]
    models: tuple[ModelTable, ...]
    dashboards: tuple[Dashboard, ...]
    units: tuple[str, ...] = ()
    """Nouns that it counts, beside those that the platform knows."""


def load_dataset(folder: Path, *, installation: Installation, span: Span, proofs: Proofs) -> Dataset:
    """The dataset in a folder. `installation`: what its `{{ … }}` and secrets stand for.

    Models come without partitions: these depend on what they read, perhaps in another dataset (see `catalog`).
    Raises ContractError or ModelError for a mistake, Mistakes for several.
    """
    mistakes = Gathering(ModelError)
    with mistakes.going_on():
        check_places(folder)
    file = YamlFile.read(folder / "defs.yaml")
    spec = DatasetSpec.model_construct(raw={})  # where there is none that can be read
    with mistakes.going_on():
        spec = file.parse(DefsFile).attributes
    raw: list[RawTable] = []
    for name in spec.raw:
        with mistakes.going_on():
            raw.append(raw_table(file, spec, name, installation=installation, span=span, proofs=proofs))
    known = None if mistakes else raw
    models: list[ModelTable] = []
    for layer in LAYERS:
        for stem in _stems(folder / layer):
            with mistakes.going_on():
                found = _model(stem, layer, folder.name, spec.owners, known, proofs)
                models += [replace(table, sink=target_of(table, installation)) for table in found]
    dashboards: list[Dashboard] = []
    for path in sorted((folder / "dashboards").glob("*.py")):
        if path.stem != "__init__":
            with mistakes.going_on():
                dashboards.append(_dashboard(path))
    mistakes.tell()
    return Dataset(folder.name, folder, spec.description, tuple(raw), tuple(models), tuple(dashboards), spec.units)


def _dashboard(path: Path) -> Dashboard:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem) or path.stem == "index":
        text = f"'{path.stem}' is no name of a dashboard: use snake_case, and not index, which is the page of all"
        raise ContractError(path, 1, text)
    text = read_text(path)
    module = load_module(path, text)
    function = function_of(module, path, "dashboard", "it draws from the read-only warehouse")
    if len(inspect.signature(function).parameters) != 1:
        taken = ", ".join(inspect.signature(function).parameters)
        wrong = f"dashboard({taken}) must take one argument: warehouse, which runs SELECTs"
        raise ContractError(path, line_of(function), wrong)
    title, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
    if not title:
        raise ContractError(path, 1, "has no title; the first line of its docstring is what the page is called")
    about = About(path.stem, title.rstrip("."), rest.strip(), dataset=path.parent.parent.name)
    return Dashboard(about, path, text, function)


def _stems(directory: Path) -> list[Path]:
    """The models of a layer, each as the path of its files without what follows the dot."""
    found = directory.iterdir() if directory.is_dir() else ()
    files = sorted(path for path in found if path.suffix in MODELS and not path.name.startswith((".", "__")))
    return list(dict.fromkeys(path.with_suffix("") for path in files))


def _model(
    stem: Path, layer: str, dataset: str, owners: tuple[str, ...], raw: Sequence[RawTable] | None, proofs: Proofs
) -> list[ModelTable]:
    """The one model of that name; none where it has no SQL and the raw tables cannot be read."""
    sql, python, yaml = (stem.with_name(stem.name + suffix) for suffix in (".sql", ".py", ".yaml"))
    if not yaml.exists():
        present = sql if sql.exists() else python
        raise ContractError(present, 1, f"has no contract: write {yaml.name} beside it, with description and columns")
    if sql.exists() and python.exists():
        raise ContractError(python, 1, f"{sql.name} and {python.name} both make {stem.name}; keep one")
    file = YamlFile.read(yaml)
    mistakes = Gathering(ModelError)
    with mistakes.going_on(), located(file):
        name = TableName(layer, stem.name)
    with mistakes.going_on():
        contract = file.parse(Contract)
    if sql.exists():
        with mistakes.going_on():
            selected = _parsed(sql, read_text(sql), proofs)
            if mistakes:
                _check_alone(selected, layer, file)
    mistakes.tell()
    model: Model | PythonModel
    if python.exists():
        model = load_python_model(python, file, contract)
        reads = tuple(TableName.parse(text) for text in contract.inputs)
    elif sql.exists():
        model, reads = selected, selected.tables
    elif raw is not None:
        model = _pass_through(file, name, contract, raw, proofs)
        reads = model.tables
    else:
        return []
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
        owners=contract.owners or owners,
    )
    return [_checked(file, table, proofs)]


def _parsed(path: Path, text: str, proofs: Proofs) -> Model:
    found = proofs.once(lambda: _MODEL.dump_python(parse(path, text), mode="json"), "parse", text)
    return _MODEL.validate_python({**found, "path": path})


def _check_alone(model: Model, layer: str, file: YamlFile) -> None:
    """What can be said of a SELECT whose contract cannot be read."""
    check_deterministic(model, volatile_functions())
    if layer == "staged" and not file.data.get("view"):
        thread(model)


def _checked(file: YamlFile, table: ModelTable, proofs: Proofs) -> ModelTable:
    of = (str(table.name), file.text, type(table.model).__name__, table.model.text)
    threaded = _THREADED.validate_python(proofs.once(lambda: _threaded(file, table), "checked", *of))
    if threaded is not None:
        return replace(table, threaded=threaded, driving=threaded.driving)
    is_staged = table.name.layer == "staged" and not table.is_view
    return replace(table, driving=tuple(read for read in table.reads if is_staged and read.layer == "raw"))


def _threaded(file: YamlFile, table: ModelTable) -> dict[str, Any] | None:
    """The SELECT of a staged table with row identity, as JSON can hold it; None for any other table."""
    if table.is_view:
        check_view(file, table)
    elif table.name.layer == "curated":
        check_curated(file, table)
    else:
        check_staged(file, table)
        if isinstance(table.model, Model):
            return asdict(thread(table.model))
    return None


def _pass_through(
    file: YamlFile, name: TableName, contract: Contract, raw: Sequence[RawTable], proofs: Proofs
) -> Model:
    """A staged contract without SQL takes the raw table of the same name as it is."""
    source = next((table for table in raw if table.name.table == name.table), None)
    if name.layer != "staged" or source is None:
        close = "" if name.layer != "staged" else closest(name.table, [table.name.table for table in raw])
        other = f", or call it {close}.yaml to take raw.{close} as it is" if close else ""
        raise ContractError(file.path, 1, f"has no model: write {name.table}.sql (or .py) beside it{other}")
    mistakes = Gathering()
    for column in contract.columns:
        with mistakes.going_on():
            if column not in source.columns:
                text = f"column '{column}' is not declared in {source.name}{nearest(column, source.columns)}"
                raise ContractError(
                    file.path, file.line("columns", column), f"{text}. Declare it there or drop it here"
                )
    mistakes.tell()
    columns = ", ".join(identifier(column) for column in contract.columns)
    return _parsed(file.path, f"SELECT {columns} FROM {source.name.sql}", proofs)
