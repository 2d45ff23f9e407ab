"""JSON: an array of objects, an object that holds one, or an object a line. Values stay the text they were."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_platform.sources.dialect import SOURCE_ROW
from data_platform.sources.encoding import Encoding, utf8
from data_platform.sources.errors import Refused
from data_platform.sources.lines import check_count, numbered_lines
from data_platform.sources.records import LONGEST_RECORD, Odd
from data_platform.sources.rows_file import RowsFile
from data_platform.sources.unpack import Part

_AT_ONCE = 5_000
_AT_ONCE_CHARACTERS = 4_000_000
_BLANKS = " \t\r\n"


class _Number(str):
    """A number as it was written: 1.50 stays 1.50."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwiceError
    return found


class _KeyTwiceError(ValueError):
    def __str__(self) -> str:
        return "a key stands twice in one object"


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number, object_pairs_hook=_object)


@dataclass(frozen=True)
class _Value:
    line: int
    value: Any
    text: str
    error: str = ""


def read_json(
    parts: list[Part], encodings: list[Encoding], into: RowsFile, *, by_line: bool, declared: Collection[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """Adds the objects' values; returns how many records there are and the columns: all keys, as they come.

    Everything is read twice, as the keys are not known before the end. A value that is an array or an object becomes
    its JSON. Lines of which none holds anything are no records, of the columns that are declared. Raises Refused, and
    NotUtf8 for lines.
    """
    keys: dict[str, None] = {}
    some = False
    odd = ""
    for part, encoding in zip(parts, encodings, strict=True):
        for each in _values(part, encoding, by_line):
            some = True
            if isinstance(each.value, dict):
                keys.update(dict.fromkeys(each.value))
            elif not odd:
                odd = f" (line {each.line}: {_wrong(each)})"
    columns = list(keys) if some or not by_line else sorted(declared)
    if not columns:
        raise Refused(f"holds no object with a key{odd}. Expected an array of objects, or an object a line.")
    if len({column.lower() for column in columns}) < len(columns) or SOURCE_ROW in map(str.lower, columns):
        raise Refused(f"keys cannot be told apart without their case, or are {SOURCE_ROW}: {columns}. Rename them.")
    into.columns(columns)
    records = 0
    for part, encoding in zip(parts, encodings, strict=True):
        records = _add(_values(part, encoding, by_line), columns, into, records, part.name * (len(parts) > 1))
    return records, tuple(columns)


def _add(values: Iterator[_Value], columns: list[str], into: RowsFile, records: int, shown: str) -> int:
    rows: list[list[str | None]] = []
    characters = 0
    for each in values:
        if isinstance(each.value, dict):
            rows.append([_text(each.value.get(column)) for column in columns])
            characters += len(each.text)
            if len(rows) < _AT_ONCE and characters < _AT_ONCE_CHARACTERS:
                continue
        into.add_rows(rows, records)
        records, rows, characters = records + len(rows), [], 0
        if not isinstance(each.value, dict):
            into.odd(Odd(records, each.line, each.text or _written(each.value), _wrong(each)), shown)
            records += 1
    into.add_rows(rows, records)
    return records + len(rows)


def _wrong(each: _Value) -> str:
    return each.error or f"is {_kind(each.value)}, expected an object"


def _values(part: Part, encoding: Encoding, by_line: bool) -> Iterator[_Value]:
    if by_line:
        yield from _of_lines(part, encoding)
        return
    text = _Text(utf8(part, encoding))
    first = text.peek()
    if first == "[":
        yield from _counted(text.elements(), lambda: utf8(part, encoding))
    elif first == "{":
        yield from _of_object(part, encoding)
    else:
        raise Refused(f"is no JSON document, it starts with {first!r}. Check the format.")


def _of_lines(part: Part, encoding: Encoding) -> Iterator[_Value]:
    lines = 0
    for number, line in numbered_lines(utf8(part, encoding), damaged=encoding.damaged):
        lines += 1
        if isinstance(line, Odd):
            yield _Value(number, None, line.text, line.error)
            continue
        try:
            yield _Value(number, _DECODER.decode(line), line)
        except (ValueError, RecursionError) as error:
            yield _Value(number, None, line, str(error))
    check_count(lines, utf8(part, encoding))


def _of_object(part: Part, encoding: Encoding) -> Iterator[_Value]:
    """A document that is one object: its one array of objects; or, where more documents follow, an object a line."""
    size = 0
    pieces = []
    for chunk in utf8(part, encoding):
        pieces.append(chunk)
        size += len(chunk)
        if size > LONGEST_RECORD:
            break
    text = b"".join(pieces).decode("utf-8", "replace")
    try:
        _, end = _DECODER.raw_decode(text, _skip(text, 0))
    except (ValueError, RecursionError) as error:
        if size > LONGEST_RECORD:
            raise Refused(f"is one object of more than {LONGEST_RECORD:,} bytes. Deliver an object a line.") from error
        raise Refused(f"is no JSON document: {error}. Fetch it again, or ask the source.") from error
    if text[_skip(text, end) :]:
        yield from _of_lines(part, encoding)
        return
    arrays = {key: slice_ for key, value, slice_ in _members(text) if _is_array_of_objects(value)}
    if len(arrays) != 1:
        found = f"arrays of objects under {list(arrays)}" if arrays else "no array of objects"
        raise Refused(f"is an object with {found}, expected an array of objects or an object with one. Ask for that.")
    (array,) = arrays.values()
    yield from _counted(
        _Text(iter([array.encode("utf-8", "surrogatepass")])).elements(),
        lambda: iter([array.encode("utf-8", "surrogatepass")]),
    )


def _members(text: str) -> Iterator[tuple[str, Any, str]]:
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        value, at = _DECODER.raw_decode(text, start)
        yield key, value, text[start:at]
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _is_array_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


class _Text:
    """A JSON array that is decoded element by element, as its text comes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        import codecs

        self.chunks = chunks
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.text = ""
        self.at = 0
        self.line = 1
        self.ended = False

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            end = _skip(self.text, self.at)
            self._pass(end)
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def elements(self) -> Iterator[_Value]:
        """Raises Refused, naming the line, where the array is broken or ends too early."""
        self._expect("[")
        if self.peek() == "]":
            self._expect("]")
        else:
            while True:
                yield self._element()
                if self.peek() != ",":
                    break
                self._expect(",")
            self._expect("]")
        if self.peek():
            raise Refused(f"line {self.line}: more follows the array. Deliver one document, or an object a line.")

    def _element(self) -> _Value:
        self.peek()
        line = self.line
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended or not self._more():
                    break
            except _KeyTwiceError as error:
                raise Refused(f"line {line}: {error}. Mend the file.") from error
            except (ValueError, RecursionError) as error:
                if len(self.text) - self.at > LONGEST_RECORD or not self._more():
                    raise Refused(f"the array is broken or cut off in the element at line {line}: {error}.") from error
        self._pass(end)
        return _Value(line, value, "")

    def _expect(self, wanted: str) -> None:
        found = self.peek()
        if found != wanted:
            told = f"{found!r} stands where" if found else "the file ends where"
            raise Refused(f"line {self.line}: {told} {wanted!r} is expected. Fetch it again.")
        self._pass(self.at + 1)

    def _pass(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def _more(self) -> bool:
        """Reads on; at least as much as is there, so that a large element is not decoded too often."""
        if self.ended:
            return False
        kept = self.text[self.at :]
        pieces, size = [kept], 0
        for chunk in self.chunks:
            pieces.append(self.decoder.decode(chunk))
            size += len(chunk)
            if size >= len(kept):
                break
        else:
            self.ended = True
            self.decoder.decode(b"", final=True)
        self.text, self.at = "".join(pieces), 0
        return size > 0


def _counted(values: Iterator[_Value], chunks: Any) -> Iterator[_Value]:
    """The values; Refused at their end where another way of counting finds another number."""
    found = 0
    for value in values:
        found += 1
        yield value
    counted = count_elements(chunks())
    if counted != found:
        raise Refused(f"{counted:,} elements were counted, but {found:,} read. Mend the file.")


def count_elements(chunks: Iterable[bytes]) -> int:
    """The elements of a JSON array, by its brackets and commas outside strings."""
    commas, depth, inside = 0, 0, 0
    some = False
    kept = b""
    for chunk in chunks:
        text = kept + chunk
        ends = len(text) - len(text.rstrip(b"\\"))
        kept = text[len(text) - ends :] if ends else b""
        text = (text[: len(text) - ends] if ends else text).replace(b"\\\\", b"").replace(b'\\"', b"")
        data = np.frombuffer(text, np.uint8)
        quotes = np.cumsum(data == 34) + inside
        outside = quotes % 2 == 0
        steps = (((data == 91) | (data == 123)) & outside).astype(np.int64)
        steps -= ((data == 93) | (data == 125)) & outside
        depths = np.cumsum(steps) + depth
        commas += int(((data == 44) & outside & (depths == 1)).sum())
        some = some or bool((((depths > 1) | ((depths == 1) & (steps == 0))) & (data > 32)).any())
        if len(data):
            depth, inside = int(depths[-1]), int(quotes[-1]) % 2
    return commas + some


def _text(value: Any) -> str | None:
    return None if value is None else value if type(value) is str else _written(value)


def _written(value: Any) -> str:
    """As JSON, numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a text", _Number: "a number", bool: "true or false"}
    return names.get(type(value), "null")
