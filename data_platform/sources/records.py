"""Counting the records of a CSV without its reader: bytes only, quote-aware, streaming; names the odd lines."""

import codecs
import csv
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_platform.sources.errors import Refused

_QUOTE, _COMMA, _LF, _CR = b'",\n\r'
_MAY_TOUCH_QUOTES = np.frombuffer(b'",\n\r', dtype=np.uint8)
_NAMED_LINES = 5

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Scan:
    """What was counted: records after the header, its names as written, and the size of the longest record in bytes."""

    records: int
    names: tuple[str, ...]
    longest: int


def scan_csv(chunks: Iterable[bytes]) -> Scan:
    """Count the records of a comma-separated UTF-8 text whose first record is the header.

    A record ends at LF, CRLF or CR outside quotes; a line without a character is no record; a quote opens a cell only
    as its first character (RFC 4180). Raises Refused, naming lines, for text that is not UTF-8 or holds NUL, records
    that are wider or narrower than the header, text behind a closing quote, a quote that is never closed, no header.
    """
    scanner = _Scanner()
    for chunk in chunks:
        scanner.feed(chunk)
    return scanner.end()


@dataclass(frozen=True)
class _Marks:
    """Of one chunk, outside quotes: where records end, on which lines, whether they are blank; where the commas are."""

    ends: Positions
    end_lines: Positions
    blank: NDArray[np.bool_]
    commas: Positions


class _Scanner:
    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.start = True
        self.inside = False  # a quoted cell
        self.before = _LF  # the byte before this chunk; the start of the text is the start of a line
        self.lines = 0  # line ends so far, those inside quotes too
        self.record_line = 1  # where the current record begins
        self.commas = 0  # of the current record so far
        self.size = 0  # of the current record so far, in bytes
        self.longest = 0
        self.records = 0
        self.header = bytearray()
        self.width = 0  # of the header, once it is whole
        self.ragged: list[tuple[int, int]] = []
        self.ragged_records = 0

    def feed(self, chunk: bytes) -> None:
        if self.start and chunk:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
            self.start = False
        if not chunk:
            return
        data = np.frombuffer(chunk, dtype=np.uint8)
        previous = np.concatenate((np.array([self.before], dtype=np.uint8), data[:-1]))
        line_ends = np.flatnonzero((data == _CR) | ((data == _LF) & (previous != _CR)))
        self._check_text(chunk, line_ends)
        quotes = self._quotes(data, previous, line_ends)
        ends = line_ends[self._outside(quotes, line_ends)]
        commas = np.flatnonzero(data == _COMMA)
        commas = commas[self._outside(quotes, commas)]
        end_lines = self.lines + np.searchsorted(line_ends, ends) + 1
        blank = np.isin(previous[ends], (_LF, _CR))
        self._count(chunk, _Marks(ends, end_lines, blank, commas))
        self.inside ^= bool(len(quotes) % 2)
        self.before = int(data[-1])
        if self.before == _QUOTE and (not len(quotes) or quotes[-1] != len(data) - 1):
            self.before = 0  # a quote that is text must not look like a closing one
        self.lines += len(line_ends)

    def end(self) -> Scan:
        if self.inside:
            raise Refused(
                f"a quote that opens in the record at line {self.record_line} is never closed. Mend the file."
            )
        try:
            self.decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise Refused(f"the last character is cut off ({error.reason}): the file looks truncated") from error
        if self.before not in (_LF, _CR):  # the last record has no line end
            if self.width:
                self._note_widths(np.array([self.commas + 1]), np.array([self.record_line]))
            else:
                self._end_of_header()
            self.longest = max(self.longest, self.size)
        if not self.width:
            raise Refused("holds no header: there is no line with text")
        if self.ragged:
            raise Refused(self._ragged_reason())
        return Scan(self.records, self._names(), self.longest)

    def _check_text(self, chunk: bytes, line_ends: Positions) -> None:
        pending = len(self.decoder.getstate()[0])
        try:
            self.decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = self._line_at(error.start - pending, line_ends)
            found = f"byte 0x{error.object[error.start]:02X}"
            raise Refused(f"line {line}: {found} is not UTF-8. Ask for the file in UTF-8.") from error
        if (nul := chunk.find(b"\0")) >= 0:
            line = self._line_at(nul, line_ends)
            raise Refused(f"line {line}: a NUL byte; this looks like UTF-16 or a binary file. Ask for it in UTF-8.")

    def _line_at(self, position: int, line_ends: Positions) -> int:
        return self.lines + int(np.searchsorted(line_ends, position)) + 1

    def _quotes(self, data: NDArray[np.uint8], previous: NDArray[np.uint8], line_ends: Positions) -> Positions:
        """The quotes that open or close a cell (an escaped one closes and opens again): all but those in plain text."""
        quotes = np.flatnonzero(data == _QUOTE)
        opening = quotes[int(self.inside) :: 2]
        if not np.isin(previous[opening], _MAY_TOUCH_QUOTES).all():
            quotes = self._without_text_quotes(quotes, previous)
        closing = quotes[int(not self.inside) :: 2]
        behind = np.append(data, np.uint8(_LF))[closing + 1]
        odd = closing[~np.isin(behind, _MAY_TOUCH_QUOTES)]
        at_start = not self.inside and self.before == _QUOTE and int(data[0]) not in _MAY_TOUCH_QUOTES
        if at_start or len(odd):
            line = self._line_at(0 if at_start else int(odd[0]), line_ends)
            raise Refused(
                f"line {line}: text follows a closing quote, so where the cell ends is a guess. Mend the file."
            )
        return quotes

    def _without_text_quotes(self, quotes: Positions, previous: NDArray[np.uint8]) -> Positions:
        kept: list[int] = []
        inside = self.inside
        for position in quotes.tolist():
            touched = int(previous[position])
            if touched == _QUOTE and position:
                reopens = bool(kept) and kept[-1] == position - 1
            else:
                reopens = touched in (_QUOTE, _COMMA, _LF, _CR)
            if inside or reopens:
                kept.append(position)
                inside = not inside
        return np.array(kept, dtype=np.int64)

    def _outside(self, quotes: Positions, positions: Positions) -> NDArray[np.bool_]:
        outside: NDArray[np.bool_] = (np.searchsorted(quotes, positions) + int(self.inside)) % 2 == 0
        return outside

    def _count(self, chunk: bytes, marks: _Marks) -> None:
        before_end = np.searchsorted(marks.commas, marks.ends)  # commas of this chunk before each record end
        widths = np.diff(before_end, prepend=-self.commas) + 1
        sizes = np.diff(marks.ends, prepend=-self.size - 1)
        start_lines = np.concatenate(([self.record_line], marks.end_lines[:-1] + 1))[: len(marks.ends)]
        full = ~marks.blank
        if not self.width:
            first = np.flatnonzero(full)[:1]
            self.header += chunk[: marks.ends[first[0]]] if len(first) else chunk
            if len(first):
                self.commas = int(widths[first[0]]) - 1
                self._end_of_header()
                full[first] = False
        self._note_widths(widths[full], start_lines[full])
        self.longest = max(self.longest, int(sizes.max(initial=0)))
        if len(marks.ends):
            self.commas = len(marks.commas) - int(before_end[-1])
            self.size = len(chunk) - int(marks.ends[-1]) - 1
            self.record_line = int(marks.end_lines[-1]) + 1
        else:
            self.commas += len(marks.commas)
            self.size += len(chunk)

    def _end_of_header(self) -> None:
        self.width = self.commas + 1

    def _note_widths(self, widths: Positions, lines: Positions) -> None:
        self.records += len(widths)
        odd = np.flatnonzero(widths != self.width)
        self.ragged_records += len(odd)
        for index in odd[: _NAMED_LINES - len(self.ragged)].tolist():
            self.ragged.append((int(lines[index]), int(widths[index])))

    def _ragged_reason(self) -> str:
        lines = ", ".join(f"line {line} has {width}" for line, width in self.ragged)
        more = f" and {self.ragged_records - len(self.ragged):,} more" if self.ragged_records > len(self.ragged) else ""
        return f"the header has {self.width} cells, but {lines}{more}. Mend the file, or its header."

    def _names(self) -> tuple[str, ...]:
        text = self.header.decode("utf-8").lstrip("\r\n")
        try:
            return tuple(next(csv.reader([text], strict=True)))
        except csv.Error as error:
            raise Refused(f"the header cannot be read: {error}") from error
