"""What a raw table's YAML may say of how its files are read, and the same as values."""

import codecs
import inspect
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from data_platform.components.modules import function_of, line_of, load_module
from data_platform.contracts.contract import Part
from data_platform.contracts.errors import ContractError, nearest
from data_platform.contracts.yaml_file import YamlFile, read_text
from data_platform.sources.options import Compression, Format, LineParser, Ragged, ReadOptions

_NAMED = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_QUOTES = ('"', "'", "none")


class ReadSpec(Part):
    """How files are read where detection would be wrong. What is left out is detected."""

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    header: StrictBool | Annotated[StrictInt, Field(ge=1)] | None = None
    compression: Compression | None = None
    sheet: StrictStr | Annotated[StrictInt, Field(ge=1)] | None = None
    names: tuple[str, ...] = ()
    ragged: Ragged | None = None
    parser: str | None = None

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, text: str | None) -> str | None:
        text = _NAMED.get(text or "", text)
        if text is not None and (len(text) != 1 or not text.isascii() or text in "\r\n\"'\0"):
            raise ValueError(f"{text!r} is no delimiter: write one character, or tab, comma, semicolon, pipe")
        return text

    @field_validator("quote")
    @classmethod
    def _known_quote(cls, text: str | None) -> str | None:
        if text is not None and text not in _QUOTES:
            raise ValueError(f"{text!r} is no quote: write one of {', '.join(_QUOTES)}")
        return text

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                known = codecs.lookup(text)
                "".encode(known.name)
            except LookupError as error:
                names = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp1251", "shift_jis")
                raise ValueError(f"{text!r} is no encoding of text{nearest(text, names)}") from error
            return known.name
        return text

    @model_validator(mode="after")
    def _together(self) -> "ReadSpec":
        if self.parser and (self.names or self.header is not None):
            raise ValueError("a parser names its columns itself: leave `names` and `header` away")
        if len({name.strip().lower() for name in self.names}) < len(self.names) or not all(map(str.strip, self.names)):
            raise ValueError("`names` must differ, whatever their case, and not be empty")
        return self


def read_options(file: YamlFile, at: tuple[str, ...], format_: Format | None, spec: ReadSpec) -> ReadOptions:
    """The same as values, with the dataset's parser loaded. Raises ContractError, naming file and line."""
    values: dict[str, Any] = {name: getattr(spec, name) for name in ReadSpec.model_fields if name != "parser"}
    parser = None
    if (spec.parser is None) == (format_ == "lines"):
        repair = "write `read: {parser: <file>.py}`" if spec.parser is None else "write `format: lines` for a parser"
        key = ("format",) if spec.parser is None else ("read", "parser")
        raise ContractError(file.path, file.line(*at, *key), f"lines are read by a parser: {repair}")
    if spec.parser is not None:
        parser = _parser(file, at, spec.parser)
    return ReadOptions(format=format_, parser=parser, **values)


def _parser(file: YamlFile, at: tuple[str, ...], name: str) -> LineParser:
    path = file.path.parent / name
    line = file.line(*at, "read", "parser")
    if Path(name).name != name or path.suffix != ".py":
        raise ContractError(file.path, line, f"parser '{name}' must be a Python file beside defs.yaml: write its name")
    if not path.is_file():
        there = [other.name for other in file.path.parent.glob("*.py")]
        raise ContractError(file.path, line, f"there is no {name} beside defs.yaml{nearest(name, there)}")
    text = read_text(path)
    module = load_module(path, text)
    columns = getattr(module, "COLUMNS", None)
    if not isinstance(columns, tuple) or not columns or not all(isinstance(each, str) and each for each in columns):
        raise ContractError(path, 1, "has no COLUMNS; define the names of the columns that parse() gives as a tuple")
    parse = function_of(module, path, "parse", "it takes a line and returns its records")
    if len(inspect.signature(parse).parameters) != 1:
        raise ContractError(path, line_of(parse), "parse() must take one argument: the line")
    return LineParser(columns, parse, text)
