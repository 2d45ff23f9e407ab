"""Reads an author's YAML: fast when it is right, with file and line when it is not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from data_platform.contracts.errors import ContractError, Mistakes, closest, nearest, shown

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
# The C loader reads 668 contracts in 0.10 s, the Python one in 0.91 s.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# In an author's words what pydantic says in its own.
_EXPECTED = {
    **dict.fromkeys(("tuple_type", "list_type"), "expected a list, such as [a, b]"),
    **dict.fromkeys(("model_type", "dict_type"), "expected a mapping of 'key: value'"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "expected true or false"),
    "string_too_short": "expected some words more",
    "string_type": "expected text; numbers and dates need quotes",
}


# In an author's words what the YAML parser says in its own.
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_PROBLEMS = {
    "expected node content": "a value is missing here, or a bracket is closed that is not open",
    "expected key": "a key was expected here; look at this line's indentation, and at the brackets before it",
    "expected ',' or": "a comma or a closing bracket is missing before this",
    "mapping values are not allowed": "no key was expected here; look at the indentation",
    "found undefined alias": "*name takes a value that &name marked before; put text that begins with * in quotes",
    "could not determine a constructor": "YAML tags (!…) are not read; write the value alone",
}


class _UniqueKeys(_Loader):  # type: ignore[misc] # the C loader has no stubs
    """Refuses a key that is written twice: YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                # `url: {{ base }}/x` without quotes is a mapping whose key is a mapping.
                raise _mistake("a key is a word", key)
            if key.value in seen and key.value != "<<":
                raise _mistake(f"'{key.value}' is written twice; keep one", key)
            seen.add(key.value)
            if key.value == "on":
                key.tag = "tag:yaml.org,2002:str"  # a key of ours, which YAML 1.1 reads as true
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result


def _mistake(message: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, message, node.start_mark)


@dataclass(frozen=True)
class YamlFile:
    """One YAML mapping and where each of its parts stands."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "YamlFile":
        """Raises ContractError when the file is no UTF-8 text."""
        return cls(path, read_text(path))

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The parsed mapping. Raises ContractError with the line when it is no YAML or no mapping."""
        try:
            data = yaml.load(self.text, Loader=_UniqueKeys)
        except yaml.MarkedYAMLError as error:
            line, told = self._unreadable(error)
            raise ContractError(self.path, line, f"this is no valid YAML: {told}") from error
        except yaml.reader.ReaderError as error:
            line = self.text.count("\n", 0, error.position) + 1
            raise ContractError(
                self.path, line, f"the character {error.character:#06x} cannot stand in YAML; delete it"
            ) from error
        if not isinstance(data, dict):
            if data is None:
                raise ContractError(self.path, 1, "the file is empty; write 'key: value' lines")
            kind = "a list" if isinstance(data, list) else "text"
            raise ContractError(self.path, 1, f"expected 'key: value' lines, found {kind}")
        return data

    def _unreadable(self, error: yaml.MarkedYAMLError) -> tuple[int, str]:
        """The line, and what to do about the usual reasons: the parser stumbles where it can go no further."""
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        lines = [*self.text.splitlines(), ""]
        written, before = lines[line - 1], lines[max(0, line - 2)]
        if "\t" in written[: len(written) - len(written.lstrip())]:
            return line, "indent with blanks, not with tabs"
        if "{{" in _QUOTED.sub("", written):
            return line, "put text that holds '{{ … }}' in quotes"
        if str(error.problem).startswith("mapping values are not allowed"):
            if re.match(r"\s*[\w-]+:\S", before):
                return line - 1, "a key is one word; write a blank behind the colon"
            if _QUOTED.sub("", written).count(": ") > 1:
                return line, "a key has one value; put text that holds ': ' in quotes"
        told = next((ours for theirs, ours in _PROBLEMS.items() if theirs in str(error.problem)), str(error.problem))
        return line, told

    def line(self, *keys: str | int) -> int:
        """The line (from 1) of the part that the keys lead to. A key that leads nowhere is passed over."""
        return self._follow(keys)[0]

    def _follow(self, keys: Sequence[str | int]) -> tuple[int, list[str | int]]:
        """The line, and the keys that stand in the file: pydantic puts words of its own between them."""
        node, line, followed = self._tree, 1, []
        for key in keys:
            found = _child(node, key)
            if found is not None:
                line, node = found
                followed.append(key)
        return line, followed

    @cached_property
    def _tree(self) -> yaml.Node | None:
        """The same with positions: read only where something is to be told."""
        tree: yaml.Node | None = yaml.compose(self.text, Loader=_Loader)
        return tree

    def parse(self, model: type[Model], at: Sequence[str | int] = (), data: Any = None) -> Model:
        """The file (or the part `data` that stands `at` some keys) as a pydantic model.

        Raises ContractError for what does not fit, with its line and the nearest valid key; Mistakes for several.
        """
        try:
            return model.model_validate(self.data if data is None else data)
        except ValidationError as error:
            mistakes = sorted(self._mistakes(error, model, at), key=lambda mistake: mistake.line)
        # Not from pydantic's error: the garbage collector cannot look into it, so that the DuckDB connections in its
        # frames would stay for ever, of which DuckDB complains for a page when the process ends.
        raise mistakes[0] if len(mistakes) == 1 else Mistakes(mistakes)

    def _mistakes(
        self, error: ValidationError, model: type[BaseModel], at: Sequence[str | int]
    ) -> Iterator[ContractError]:
        errors = error.errors()
        unknown = [each["loc"] for each in errors if each["type"] == "extra_forbidden"]
        told: set[Place] = set()
        for each in errors:
            line, followed = self._follow([*at, *each["loc"]])
            named = each["type"] in ("missing", "extra_forbidden")
            # A value that may be of two kinds is wrong for each of them.
            place = tuple(each["loc"] if named else followed)
            if place in told or (each["type"] == "missing" and _misspelt(place, unknown, model)):
                continue
            told.add(place)
            yield ContractError(self.path, line, _explain(each, model, followed[len(at) :]))


def _misspelt(place: Place, unknown: Sequence[Place], model: type[BaseModel]) -> bool:
    """Whether a key is missing because another stands for it: one that is most like it, or like none."""
    siblings = [str(other[-1]) for other in unknown if other[:-1] == place[:-1]]
    valid = _fields(model, place[:-1])
    return any(closest(name, valid) in (place[-1], None) for name in siblings)


def read_text(path: Path) -> str:
    """The text of an author's file. Raises ContractError, with the line, when it is not UTF-8."""
    data = path.read_bytes()
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ContractError(
            path, data.count(b"\n", 0, data.index(b"\0")) + 1, "byte 0x00: this is no text; save it as UTF-8"
        )
    try:
        # With the mark that Windows' editors put before it, or without.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = f"byte {data[error.start]:#04x} is no UTF-8; save the file as UTF-8"
        raise ContractError(path, line, text) from error


def _child(node: Any, key: str | int) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        child = node.value[key]
        return child.start_mark.line + 1, child
    return None


def _explain(error: Any, model: type[BaseModel], followed: Sequence[str | int]) -> str:
    where = ".".join(str(part) for part in followed)
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return f"unknown key '{name}'{nearest(name, _fields(model, error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"'{name}' is missing{f' in {where}' if where else ''}; it is required"
    return f"'{where}': {_reason(error, name)}" if where else _reason(error, name)


def _reason(error: Any, name: str) -> str:
    message = str(error["msg"])
    if error["type"] == "value_error":
        return message.removeprefix("Value error, ")
    if name == "[key]":
        return f"{shown(error['input'])} is no text; put the key in quotes"
    if error["type"] == "too_short":
        return "is empty; write at least one"
    return f"{_EXPECTED.get(error['type'], _bound(message))}, found {shown(error['input'])}"


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


def _bound(message: str) -> str:
    words = message.replace("Input should be", "expected")
    return words.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
