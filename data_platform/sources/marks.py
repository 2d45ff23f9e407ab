"""Where records begin and end in delimited text, and what separates their cells: by bytes alone, quote-aware."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LF, _CR = b"\n\r"

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Dialect:
    """One byte between cells, and one around those that hold it (or line ends); b"" where quotes are text."""

    delimiter: bytes = b","
    quote: bytes = b'"'


@dataclass
class Marks:
    """Of a text that begins with a record: where whole records begin and end, and the delimiters outside quotes.

    `stop`: where the first record begins that is not whole, or odd by its quotes. If that is at 0, `fault` says why
    and `fault_end` where the line ends.
    """

    starts: Positions
    ends: Positions
    delimiters: Positions
    line_ends: Positions
    stop: int
    ended: bool = True
    """Whether the last record has a line end."""
    fault: str = ""
    fault_end: int = 0
    unclosed: bool = False

    @classmethod
    def faulty(cls, end: int, why: str, *, unclosed: bool = False) -> "Marks":
        none = np.empty(0, np.int64)
        return cls(none, none, none, none, 0, True, why, end, unclosed)

    @classmethod
    def of(cls, text: bytes, dialect: Dialect, *, final: bool) -> "Marks":
        data = np.frombuffer(text, np.uint8)
        line_ends = _line_ends(text, data)
        if not final and text.endswith(b"\r"):
            line_ends = line_ends[:-1]  # an LF may follow
        stop_at = len(text)
        ends = line_ends
        delimiters = np.flatnonzero(data == dialect.delimiter[0])
        fault, unclosed = "", False
        if dialect.quote and dialect.quote in text:
            quotes, opened, fault, unclosed = _quotes(data, dialect)
            ends = ends[_outside(quotes, ends)]
            delimiters = delimiters[_outside(quotes, delimiters)]
            if opened is not None:
                stop_at = opened
                ends = ends[: np.searchsorted(ends, opened)]
        after = ends + 1
        if len(after) and b"\r\n" in text:
            after = after + ((data[ends] == _CR) & (np.append(data, np.uint8(0))[after] == _LF))
        starts = np.concatenate((np.zeros(1, np.int64), after))
        ended = True
        if final and stop_at == len(text) and int(starts[-1]) < len(text):
            ends = np.append(ends, len(text))
            ended = False
            stop = len(text)
        else:
            stop = int(starts[-1])
            starts = starts[:-1]
        marks = cls(starts, ends, delimiters[: np.searchsorted(delimiters, stop)], line_ends, stop, ended)
        if stop == 0 and fault and (final or not unclosed):
            marks.fault, marks.unclosed = fault, unclosed
            marks.fault_end = marks.first_line_end(text) or len(text)
        return marks

    def first_line_end(self, text: bytes) -> int | None:
        """Where the second line begins."""
        if not len(self.line_ends):
            return None
        end = int(self.line_ends[0]) + 1
        return end + 1 if text[end - 1 : end + 1] == b"\r\n" else end

    def line_of(self, position: int) -> int:
        """The line of a position, from 0."""
        return int(np.searchsorted(self.line_ends, position))

    lines_before = line_of


def _line_ends(text: bytes, data: NDArray[np.uint8]) -> Positions:
    if b"\r" not in text:
        return np.flatnonzero(data == _LF)
    follows = np.empty(len(data), np.bool_)
    follows[:1] = False
    np.equal(data[:-1], _CR, out=follows[1:])
    return np.flatnonzero((data == _CR) | ((data == _LF) & ~follows))


def _outside(quotes: Positions, positions: Positions) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = np.searchsorted(quotes, positions) % 2 == 0
    return outside


def _quotes(data: NDArray[np.uint8], dialect: Dialect) -> tuple[Positions, int | None, str, bool]:
    """The quotes that open or close a cell (an escaped one closes and opens again): all but those in plain text.

    Up to the first cell that cannot be closed; where that one opens, why, and whether more text might close it.
    """
    quote = dialect.quote[0]
    touching = np.frombuffer(dialect.quote + dialect.delimiter + b"\n\r", np.uint8)
    quotes = np.flatnonzero(data == quote)
    before = np.where(quotes > 0, data[quotes - 1], _LF)
    if not np.isin(before[::2], touching).all():
        quotes = _without_text_quotes(quotes, before, quote, touching)
    closing = quotes[1::2]
    behind = np.append(data, np.uint8(_LF))[closing + 1]
    odd = np.flatnonzero(~np.isin(behind, touching))
    if len(odd):
        first = int(odd[0]) * 2
        return quotes[:first], int(quotes[_opening(quotes, first)]), "text follows a closing quote", False
    if len(quotes) % 2:
        opened = int(quotes[_opening(quotes, len(quotes) - 1)])
        return quotes[:-1], opened, "a quote that opens here is never closed", True
    return quotes, None, "", False


def _opening(quotes: Positions, index: int) -> int:
    """The quote that opened the cell in which this one opens again."""
    while index >= 2 and quotes[index - 1] == quotes[index] - 1:
        index -= 2
    return index


def _without_text_quotes(
    quotes: Positions, before: NDArray[np.uint8], quote: int, touching: NDArray[np.uint8]
) -> Positions:
    kept: list[int] = []
    inside = False
    may_open = set(touching.tolist()) - {quote}
    for position, touched in zip(quotes.tolist(), before.tolist(), strict=True):
        reopens = bool(kept) and kept[-1] == position - 1 if touched == quote and position else touched in may_open
        if inside or reopens:
            kept.append(position)
            inside = not inside
    return np.array(kept, dtype=np.int64)
