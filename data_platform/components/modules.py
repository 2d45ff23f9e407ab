"""Loads a Python file that an author put beside the YAML; its own mistakes are told with file and line."""

import ast
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from data_platform.contracts.errors import ContractError
from data_platform.contracts.yaml_file import read_text


class _Compiling(SourceFileLoader):
    """Compiles the text that it is given, or what the file holds now. Python's own cache knows a file by its size and
    the second of its change: code edited within a second would get a new version, and the old function would run.
    """

    def __init__(self, name: str, path: str, text: str | None) -> None:
        super().__init__(name, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path) if self._text is None else self._text, path)


def own_modules(path: Path, text: str) -> dict[str, str]:
    """Name → text of the modules beside `defs.yaml` that a model's file imports, directly and through each other.

    They are loaded here from these texts, so that the file that imports them runs no other: Python itself would go on
    with what this process imported first. Raises ContractError.
    """
    dataset = path.parent.parent
    package = f"data_platform.datasets.{dataset.name}."
    found: dict[str, str] = {}
    _load_imported(dataset, package, text, found)
    return dict(sorted(found.items()))


def _load_imported(dataset: Path, package: str, text: str, found: dict[str, str]) -> None:
    for name in _imports(text):
        own = dataset / f"{name.removeprefix(package)}.py"
        if not name.startswith(package) or name in found or not own.is_file():
            continue
        found[name] = read_text(own)
        # What it imports comes first: it is run with it.
        _load_imported(dataset, package, found[name], found)
        sys.modules[name] = _module(name, own, found[name])


def _imports(text: str) -> list[str]:
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return []  # told when the file itself is loaded
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return [*plain, *(node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module)]


def load_module(path: Path, text: str | None = None) -> ModuleType:
    """Runs the file as a module of its own. Raises ContractError when it cannot be imported.

    `text` is what the file held when its version was taken: no other code may run under that version.
    """
    return _module(f"data_platform_{path.parent.parent.name}_{path.parent.name}_{path.stem}", path, text)


def _module(name: str, path: Path, text: str | None) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, path, loader=_Compiling(name, str(path), text))
    assert specification is not None  # every path here ends in .py
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        raise ContractError(path, error.lineno or 1, f"cannot be read as Python: {error.msg}") from error
    except (Exception, SystemExit) as error:  # an author's module may raise anything
        raise ContractError(path, _line(path, error), f"cannot be imported: {_told(error)}") from error
    return module


def _told(error: BaseException) -> str:
    """The error in one line, and what to do."""
    words = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return f"{words}. Install it, or leave the import away"
    return f"{type(error).__name__}: {words}. Only imports, constants and functions belong at the top of the file"


def _line(path: Path, error: BaseException) -> int:
    """The last line of the file on the way to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(path) and frame.lineno), 1)


def function_of(module: ModuleType, path: Path, name: str, what: str) -> Callable[..., Any]:
    """The function of that name. Raises ContractError when there is none; `what` says what it is for."""
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        others = [f"'{other}'" for other, value in vars(module).items() if _is_own(value, module)]
        there = f" (there is {', '.join(others)})" if others else ""
        raise ContractError(path, 1, f"has no function '{name}'{there}; define it, {what}")
    return function


def _is_own(value: object, module: ModuleType) -> bool:
    return inspect.isfunction(value) and value.__module__ == module.__name__


def line_of(function: Callable[..., Any]) -> int:
    """The line on which a function begins."""
    return inspect.getsourcelines(function)[1]
