"""One page of an API as it was sent: its records, each the text that it was, and what stands beside them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Where something stands in a document: names, outermost first. None at all: the document itself.
Names = tuple[str, ...]
_BLANKS = re.compile(r"[ \t\r\n]*")
# Python refuses to read longer whole numbers.
_LONGEST_NUMBER = 4000


class NoPageError(ValueError):
    """The body is not what a page is. The text says why, and quotes nothing of it: it may hold personal data."""


def _whole(text: str) -> int | str:
    return int(text) if len(text) < _LONGEST_NUMBER else text


# Numbers with a fraction stay the text that they were: a cursor is sent back as it came.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=_whole)


@dataclass(frozen=True)
class Page:
    """`beside` is the document without its records; `keys` of each record are None where it has not all of them."""

    text: str = field(repr=False)
    spans: Sequence[tuple[int, int]] = field(repr=False)
    beside: Any = field(repr=False)
    keys: Sequence[str | None] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.spans)

    def records(self) -> Iterator[bytes]:
        """Each record as one line of JSON, without its end: blanks between the lines of a record become one line."""
        for start, end in self.spans:
            text = self.text[start:end]
            if "\n" in text or "\r" in text:
                # A line break within a JSON string is always written as \n: these stand between its parts.
                text = text.replace("\r", " ").replace("\n", " ")
            yield text.encode("utf-8")

    def at(self, path: Names) -> Any:
        """What stands at a place beside the records; None where nothing does."""
        found = self.beside
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found


NOTHING = Page("", (), None, ())


def page_of(body: bytes, records: Names, key: Sequence[str], headers: Mapping[str, str]) -> Page:
    """Raises NoPageError where the body is no JSON, or has no array at `records`."""
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoPageError(f"is no UTF-8 text at byte {error.start:,}") from None
    start = _skip(text, 0)
    if start == len(text):
        raise NoPageError("is empty, expected JSON")
    if text[start] == "<":
        raise NoPageError("is a page of HTML or XML, expected JSON")
    cut = _Cut(text, key)
    try:
        beside, end = cut.value(start, records, ())
    except (json.JSONDecodeError, IndexError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else len(text)
        cut_off = " and is cut off there" if not text[at:].strip() else ""
        raise NoPageError(f"is no JSON at character {at:,} of {len(text):,}{cut_off}") from None
    except RecursionError:
        raise NoPageError("is nested too deeply") from None
    if text[_skip(text, end) :]:
        raise NoPageError(f"goes on behind its end, at character {end:,}")
    return Page(text, cut.spans, beside, cut.keys, headers)


class _Cut:
    """Reads a document once, and leaves its records where they are."""

    def __init__(self, text: str, key: Sequence[str]) -> None:
        self.text, self.key = text, key
        self.spans: list[tuple[int, int]] = []
        self.keys: list[str | None] = []

    def value(self, at: int, path: Names, done: Names) -> tuple[Any, int]:
        """A value on the way to the records, without them, and where it ends."""
        if not path:
            if self.text[at] != "[":
                raise NoPageError(f"has no array {_where(done)}")
            return [], self._elements(at + 1)
        if self.text[at] != "{":
            raise NoPageError(f"has no object {_where(done)}, where {'.'.join(path)} is expected")
        found: dict[str, Any] = {}
        at = _skip(self.text, at + 1)
        is_there = False
        while self.text[at] != "}":
            if self.text[at] != '"':
                raise json.JSONDecodeError("no name", self.text, at)
            name, at = _DECODER.raw_decode(self.text, at)
            at = _skip(self.text, self._expect(_skip(self.text, at), ":"))
            if name == path[0] and not is_there:
                found[name], at = self.value(at, path[1:], (*done, name))
                is_there = True
            elif name == path[0]:
                raise NoPageError(f"has {_where((*done, name))} twice")
            else:
                found[name], at = _DECODER.raw_decode(self.text, at)
            at = self._next(_skip(self.text, at), "}")
        if not is_there:
            raise NoPageError(f"has nothing {_where((*done, path[0]))}, where the records are expected")
        return found, at + 1

    def _elements(self, at: int) -> int:
        at = _skip(self.text, at)
        while self.text[at] != "]":
            value, end = _DECODER.raw_decode(self.text, at)
            self.spans.append((at, end))
            if self.key:
                self.keys.append(self._key_of(value))
            at = self._next(_skip(self.text, end), "]")
        return at + 1

    def _key_of(self, value: Any) -> str | None:
        if not isinstance(value, dict) or any(name not in value for name in self.key):
            return None
        return json.dumps([value[name] for name in self.key])

    def _next(self, at: int, end: str) -> int:
        """Where the next element or member begins, or `end` stands."""
        if self.text[at] == end:
            return at
        at = _skip(self.text, self._expect(at, ","))
        if self.text[at] == end:
            raise json.JSONDecodeError("a comma before the end", self.text, at)
        return at

    def _expect(self, at: int, sign: str) -> int:
        if self.text[at] != sign:
            raise json.JSONDecodeError(f"no {sign}", self.text, at)
        return at + 1


def _where(path: Names) -> str:
    return f"at {'.'.join(path)}" if path else "at its top"


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return at if blanks is None else blanks.end()
