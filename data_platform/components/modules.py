"""Loads a Python file that an author put beside the YAML; its own mistakes are told with file and line."""

import importlib.util
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from data_platform.contracts.errors import ContractError


def load_module(path: Path) -> ModuleType:
    """Runs the file as a module of its own. Raises ContractError when it cannot be imported."""
    name = f"data_platform_{path.parent.parent.name}_{path.parent.name}_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None  # every path here ends in .py
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        raise ContractError(path, error.lineno or 1, f"cannot be read as Python: {error.msg}") from error
    except ImportError as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)
        raise ContractError(path, line or 1, f"cannot be imported: {error}") from error
    return module


def function_of(module: ModuleType, path: Path, name: str, what: str) -> Callable[..., Any]:
    """The function of that name. Raises ContractError when there is none; `what` says what it is for."""
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        raise ContractError(path, 1, f"has no function '{name}'; define it, {what}")
    return function
