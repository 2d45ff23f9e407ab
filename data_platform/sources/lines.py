"""Lines of text, as a reader that splits them and as a counter that looks at bytes only."""

from collections.abc import Iterable, Iterator

import numpy as np

from data_platform.sources.encoding import Encoding, utf8
from data_platform.sources.errors import Refused
from data_platform.sources.options import LineParser
from data_platform.sources.records import LONGEST_RECORD, NotUtf8, Odd
from data_platform.sources.rows_file import RowsFile
from data_platform.sources.unpack import Part

# Blanks and control characters: a line of nothing else is none.
_BLANK = bytes(range(33))
_AT_ONCE = 20_000


def read_lines(parts: list[Part], encodings: list[Encoding], parser: LineParser, into: RowsFile) -> int:
    """Adds what a dataset's parser makes of each line; returns how many records there are, unparsed lines as one each.

    Raises Refused where the parser fails in another way than by ValueError, and NotUtf8.
    """
    into.columns(parser.columns)
    records = 0
    for part, encoding in zip(parts, encodings, strict=True):
        shown = part.name if len(parts) > 1 else ""
        rows: list[tuple[str | None, ...]] = []
        lines = 0
        for number, line in numbered_lines(utf8(part, encoding), damaged=encoding.damaged):
            lines += 1
            try:
                found = [] if isinstance(line, Odd) else _parsed(parser, line, number)
                odd = line if isinstance(line, Odd) else Odd(0, number, line, "the parser gives no record for it")
            except ValueError as error:
                found, odd = [], Odd(0, number, str(line), str(error))
            if found:
                rows += found
            else:
                into.add_rows(rows, records)
                records, rows = records + len(rows), []
                into.odd(Odd(records, odd.line, odd.text, odd.error), shown)
                records += 1
            if len(rows) >= _AT_ONCE:
                into.add_rows(rows, records)
                records, rows = records + len(rows), []
        into.add_rows(rows, records)
        records += len(rows)
        check_count(lines, utf8(part, encoding))
    return records


def _parsed(parser: LineParser, line: str, number: int) -> list[tuple[str | None, ...]]:
    try:
        found = [tuple(record) for record in parser.parse(line)]
    except ValueError:
        raise
    except Exception as error:  # the parser is the dataset's code and may raise anything
        raise Refused(f"line {number}: the parser fails with {type(error).__name__}: {error}. Mend it.") from error
    for record in found:
        if len(record) != len(parser.columns):
            raise ValueError(f"the parser gives {len(record)} values for {len(parser.columns)} columns")
    return [tuple(value or None for value in record) for record in found]


def numbered_lines(chunks: Iterable[bytes], *, damaged: bool = False) -> Iterator[tuple[int, str | Odd]]:
    """Every line that is not blank, without its end (LF, CRLF or CR), and its number from 1; Odd where not UTF-8."""
    number = 0
    for line in _lines(chunks):
        number += 1
        if not line.strip(_BLANK):
            continue
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            byte = line[error.start]
            if not damaged:
                raise NotUtf8(number, byte) from error
            yield number, Odd(0, number, line.decode("utf-8", "backslashreplace"), f"byte 0x{byte:02X} is not UTF-8")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = b""
    for chunk in chunks:
        kept += chunk
        if len(kept) > LONGEST_RECORD and b"\n" not in kept and b"\r" not in kept:
            raise Refused(f"a line is longer than {LONGEST_RECORD:,} bytes. Is this a text file?")
        held = kept[-1:] if kept.endswith(b"\r") else b""  # an LF may follow
        *whole, kept = kept[: len(kept) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        kept += held
        yield from whole
    *whole, kept = kept.replace(b"\r", b"\n").split(b"\n")
    yield from whole
    yield kept


def check_count(found: int, chunks: Iterable[bytes]) -> None:
    """Raises Refused when there are not as many lines that are not blank as were read."""
    counted = 0
    text = False
    for chunk in chunks:
        data = np.frombuffer(chunk, np.uint8)
        ends = np.flatnonzero((data == 10) | (data == 13))
        # How much is no blank, up to each line end.
        seen = np.concatenate(([0], np.cumsum(data > 32)))
        per_line = np.diff(seen[np.concatenate(([0], ends, [len(data)]))])
        per_line[0] += text
        counted += int((per_line[:-1] > 0).sum())
        text = bool(per_line[-1] > 0)
    counted += text
    if counted != found:
        raise Refused(f"{counted:,} lines were counted, but {found:,} read. Mend the file.")
