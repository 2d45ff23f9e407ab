"""Cutting delimited text into records without its reader: bytes only, quote-aware; tells good records from odd ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from data_platform.sources.errors import Refused
from data_platform.sources.marks import Dialect, Marks, Positions

# A record beyond that is a quote that was never closed, or no text at all.
LONGEST_RECORD = 64 << 20
# After an odd quote only so much is looked at: a file may have one in every line.
_SMALLEST_WINDOW = 1 << 14


@dataclass(frozen=True)
class Odd:
    """A record that is not read: its number (from 0), its line (from 1), its text as it stands there, and why."""

    number: int
    line: int
    text: str
    error: str


@dataclass(frozen=True)
class Block:
    """Some records: `good` is the text of those to be read, all of one width, with `numbers`; and the odd ones."""

    good: bytes
    numbers: Positions
    odd: tuple[Odd, ...] = ()


class NotUtf8(Exception):  # noqa: N818 - caught where the text is read again in another encoding
    """The text is not UTF-8: a byte that cannot be, and its line."""

    def __init__(self, line: int, byte: int) -> None:
        self.line = line
        self.byte = byte
        super().__init__(f"line {line}: byte 0x{byte:02X} is not UTF-8")


@dataclass
class Counter:
    """Cuts text that begins behind the header, and counts. `line` is that of the first record, from 1.

    A record ends at LF, CRLF or CR outside quotes; a line without a character is no record; a quote opens a cell only
    as its first character (RFC 4180). Cells beyond `width` are let go where they are empty. Where a quote closes in
    the middle of a cell, or never, the line on which its record begins is odd, and the next line begins another.
    """

    dialect: Dialect
    width: int
    line: int = 1
    pad: bool = False
    damaged: bool = False
    """Whether records that are not UTF-8 are odd; otherwise NotUtf8 is raised."""
    records: int = 0
    odd: int = 0
    trimmed: int = 0
    padded: int = 0
    cut_off: str = ""
    """Why the file looks cut off within its last record; empty where it does not."""
    window: int = 1 << 62
    """How much is looked at together."""

    def blocks(self, chunks: Iterable[bytes]) -> Iterator[Block]:
        """Raises NotUtf8, and Refused for a record that is larger than a record can be."""
        kept = b""
        looked_at = 0
        for chunk in chunks:
            kept = kept + chunk if kept else chunk
            if len(kept) < 2 * looked_at < LONGEST_RECORD:
                continue  # a large record is not looked at again for every piece that comes
            at = 0
            while (found := self._next(kept, at, final=False)) is not None:
                block, used = found
                yield block
                at += used
            kept = kept[at:]
            looked_at = len(kept)
        at = 0
        while at < len(kept) and (found := self._next(kept, at, final=True)) is not None:
            block, used = found
            yield block
            at += used

    def _next(self, text: bytes, start: int, *, final: bool) -> tuple[Block, int] | None:
        """What lies before the first odd quote, or that odd line; and how many bytes that were. None: no whole one."""
        left = len(text) - start
        size = min(self.window, left)
        piece, marks = self._marks(text, start, size, final=final)
        while not marks.stop and not marks.fault and size < left:
            self.window = size = min(2 * size, left)
            piece, marks = self._marks(text, start, size, final=final)
        if not marks.stop and not marks.fault and size > LONGEST_RECORD:
            end = marks.first_line_end(piece)
            if end is None:
                raise Refused(f"line {self.line} is longer than {LONGEST_RECORD:,} bytes. Is this a text file?")
            marks = Marks.faulty(end, f"a quote that opens here is not closed within {LONGEST_RECORD:,} bytes")
        if marks.fault:
            self.window = _SMALLEST_WINDOW
            return self._faulty(piece, marks), marks.fault_end
        if not marks.stop:
            return None
        self.window *= 2
        return self._block(piece, marks), marks.stop

    def _marks(self, text: bytes, start: int, size: int, *, final: bool) -> tuple[bytes, "Marks"]:
        piece = text[start : start + size] if size < len(text) else text
        return piece, Marks.of(piece, self.dialect, final=final and start + size == len(text))

    def _faulty(self, piece: bytes, marks: "Marks") -> Block:
        line = piece[: marks.fault_end]
        text = line.rstrip(b"\r\n")
        if marks.unclosed and not piece.endswith((b"\n", b"\r")):
            self.cut_off = f"the record at line {self.line} ends within a quoted cell"
        odd = (Odd(self.records, self.line, text.decode("utf-8", "backslashreplace"), marks.fault),)
        self.records += 1
        self.odd += 1
        self.line += 1
        return Block(b"", np.empty(0, np.int64), odd)

    def _block(self, piece: bytes, marks: "Marks") -> Block:
        starts, ends = marks.starts, marks.ends
        full = np.flatnonzero(ends > starts)
        if len(full) < len(starts):
            starts, ends = starts[full], ends[full]
        errors: dict[int, str] = {}
        used = piece if marks.stop == len(piece) else piece[: marks.stop]
        self._check_text(used, starts, ends, marks, errors)
        good = self._fit(used, starts, ends, marks, errors)
        odd = tuple(
            Odd(
                self.records + index,
                self.line + marks.line_of(int(starts[index])),
                used[int(starts[index]) : int(ends[index])].decode("utf-8", "backslashreplace"),
                errors[index],
            )
            for index in sorted(errors)
        )
        numbers = np.arange(self.records, self.records + len(starts))
        if errors:
            numbers = np.delete(numbers, list(errors))
        self.records += len(starts)
        self.odd += len(odd)
        self.line += marks.lines_before(marks.stop)
        return Block(good, numbers, odd)

    def _check_text(
        self, used: bytes, starts: Positions, ends: Positions, marks: "Marks", errors: dict[int, str]
    ) -> None:
        if not used.isascii():
            try:
                used.decode()
            except UnicodeDecodeError as error:
                byte = used[error.start]
                if error.reason == "unexpected end of data" and not marks.ended:
                    raise Refused("the last character is cut off: the file looks truncated. Fetch it again.") from error
                if not self.damaged:
                    raise NotUtf8(self.line + marks.line_of(error.start), byte) from error
                for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
                    try:
                        used[start:end].decode()
                    except UnicodeDecodeError as wrong:
                        errors[index] = f"byte 0x{used[start + wrong.start]:02X} is not UTF-8"
        if b"\0" in used:
            zeros = np.flatnonzero(np.frombuffer(used, np.uint8) == 0)
            for index in np.unique(np.searchsorted(starts, zeros, side="right") - 1).tolist():
                errors.setdefault(index, "a NUL byte")

    def _fit(self, used: bytes, starts: Positions, ends: Positions, marks: "Marks", errors: dict[int, str]) -> bytes:
        """The records without the odd ones, all of the header's width; notes in `errors` those that cannot be."""
        cells = self.width
        delimiters = marks.delimiters
        if not errors and _all_fit(delimiters, starts, ends, cells):
            return used
        first = np.searchsorted(delimiters, starts)
        widths = np.searchsorted(delimiters, ends) - first + 1
        keep = np.ones(len(used), np.bool_)
        wide = np.flatnonzero(widths > cells)
        # Behind the last cell of the header: nothing but the delimiters of empty cells?
        begin = delimiters[first[wide] + cells - 1] if len(wide) else wide
        empty = ends[wide] - begin == widths[wide] - cells
        changes = np.zeros(len(used) + 1, np.int8)
        trimmed = wide[empty]
        self.trimmed += len(trimmed)
        changes[begin[empty]] += 1
        changes[ends[trimmed]] -= 1
        short = np.flatnonzero(widths < cells)
        odd = np.concatenate((wide[~empty], short if not self.pad else short[:0]))
        for index in odd.tolist():
            width = int(widths[index])
            errors.setdefault(index, f"{width} cells, the header has {cells}")
            if width < cells and not marks.ended and index == len(starts) - 1:
                line = self.line + marks.line_of(int(starts[index]))
                self.cut_off = f"the last record, at line {line}, has {width} of {cells} cells and no line end"
        for index in errors:
            changes[starts[index]] = 1
            changes[ends[index]] = -1
            changes[starts[index] + 1 : ends[index]] = 0
        keep = np.cumsum(changes[:-1], dtype=np.int8) == 0
        data = np.frombuffer(used, np.uint8)
        if self.pad and len(short):
            short = np.array([index for index in short.tolist() if index not in errors], np.int64)
            self.padded += len(short)
            missing = cells - widths[short]
            at = np.repeat(ends[short], missing)
            data = np.insert(data, at, self.dialect.delimiter[0])
            keep = np.insert(keep, at, True)
        return data[keep].tobytes()


def _all_fit(delimiters: Positions, starts: Positions, ends: Positions, cells: int) -> bool:
    between = cells - 1
    if len(delimiters) != between * len(starts):
        return False
    if not between:
        return True
    return bool((delimiters[::between] >= starts).all() and (delimiters[between - 1 :: between] < ends).all())
