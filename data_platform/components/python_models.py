"""Loads a model that is a pure Python function; its code version covers its source and the packages it imports."""

import ast
import importlib.metadata
import inspect
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from data_platform.components.modules import function_of, line_of, load_module, own_modules
from data_platform.contracts.contract import Contract
from data_platform.contracts.errors import ContractError
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.lake.names import TableName
from data_platform.planning.catalog import PythonModel


def load_python_model(path: Path, file: YamlFile, contract: Contract) -> PythonModel:
    """The function of the file's name. Raises ContractError when it is not there or takes other inputs."""
    if not contract.inputs:
        raise ContractError(file.path, 1, f"{path.name} needs `inputs: [layer.table, …]`: what the function is given")
    text = read_text(path)
    modules = own_modules(path, text)
    function = function_of(load_module(path, text), path, path.stem, "it makes the table")
    names = [_table(file, index, text) for index, text in enumerate(contract.inputs)]
    taken = inspect.signature(function).parameters
    if sorted(taken) != sorted(names):
        text = f"{path.stem}({', '.join(taken)}) must take its inputs by their table names: {', '.join(names)}"
        raise ContractError(path, line_of(function), text)
    packages: dict[str, str] = {}
    for each in (text, *modules.values()):
        packages |= _packages(each)
    in_batches = frozenset(name for name, parameter in taken.items() if _is_reader(parameter.annotation))
    return PythonModel(path, text, function, dict(sorted(packages.items())), modules, in_batches)


def _is_reader(annotation: object) -> bool:
    """Whether a parameter is annotated as a reader, as a class or as a text that needs no import of pyarrow."""
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return name.rpartition(".")[2] == "RecordBatchReader"


def _table(file: YamlFile, index: int, text: str) -> str:
    try:
        return TableName.parse(text).table
    except ValueError as error:
        raise ContractError(file.path, file.line("inputs", index), str(error)) from error


def _packages(text: str) -> Mapping[str, str]:
    """Installed version of each distribution that the module imports."""
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
    by_module = _distributions()
    return {
        distribution: importlib.metadata.version(distribution)
        for module in sorted(modules - set(sys.stdlib_module_names))
        for distribution in by_module.get(module, ())
    }


@cache
def _distributions() -> Mapping[str, Sequence[str]]:
    """Which distributions give a module. Asked once: it reads the list of files of everything that is installed."""
    return importlib.metadata.packages_distributions()
