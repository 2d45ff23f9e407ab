"""Reads an author's YAML: fast when it is right, with file and line when it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from data_platform.contracts.errors import ContractError, nearest

Model = TypeVar("Model", bound=BaseModel)
# The C loader reads 668 contracts in 0.10 s, the Python one in 0.91 s.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):  # type: ignore[misc] # the C loader has no stubs
    """Refuses a key that is written twice: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.value != "<<":
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' is written twice; keep one", key.start_mark
                )
            seen.add(key.value)
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result


@dataclass(frozen=True)
class YamlFile:
    """One YAML mapping and where each of its parts stands."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "YamlFile":
        return cls(path, path.read_text(encoding="utf-8"))

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The parsed mapping. Raises ContractError with the line when it is no YAML or no mapping."""
        try:
            data = yaml.load(self.text, Loader=_UniqueKeys)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContractError(self.path, line, f"this is no valid YAML: {error.problem}") from error
        if not isinstance(data, dict):
            raise ContractError(self.path, 1, "expected 'key: value' lines, found something else")
        return data

    def line(self, *keys: str | int) -> int:
        """The line (from 1) of the part that the keys lead to; of the last part found where they lead nowhere."""
        node = yaml.compose(self.text, Loader=_Loader)
        line = 1
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            line, node = found
        return line

    def parse(self, model: type[Model], at: Sequence[str | int] = (), data: Any = None) -> Model:
        """The file (or the part `data` that stands `at` some keys) as a pydantic model.

        Raises ContractError for the first thing that does not fit, with its line and the nearest valid key.
        """
        try:
            return model.model_validate(self.data if data is None else data)
        except ValidationError as error:
            first = error.errors()[0]
            location = [*at, *(part for part in first["loc"] if not str(part).startswith("function-"))]
            raise ContractError(self.path, self.line(*location), _explain(first, model)) from error


def _child(node: Any, key: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        child = node.value[key]
        return child.start_mark.line + 1, child
    return None


def _explain(error: Any, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        name = str(error["loc"][-1])
        return f"unknown key '{name}'{nearest(name, _fields(model, error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"'{where}' is missing; it is required"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"'{where}': {message}" if where else message


def _fields(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that are valid at a location inside a model."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is None:
            return []
        field = current.model_fields.get(str(part))
        if field is not None:
            current = _nested(field.annotation)
    return list(current.model_fields) if current is not None else []


def _nested(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _nested(argument)
        if found is not None:
            return found
    return None
