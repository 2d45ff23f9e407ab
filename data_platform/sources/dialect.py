"""What separates cells, what quotes them, and where the header is: looked for in the first lines, with declared names
as the best witness. What the author says comes first."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from data_platform.sources.errors import Refused
from data_platform.sources.marks import Dialect
from data_platform.sources.options import ReadOptions

SAMPLE = 1 << 16
_DELIMITERS = (",", ";", "\t", "|")
_SHOWN = {"\t": "tab"}
# Not splitlines(): prose holds other characters that it takes for line ends.
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEADER_WITHIN = 50
SOURCE_ROW = "_source_row"


@dataclass(frozen=True)
class Layout:
    """How a text is laid out: `names` of its columns, `lines` up to its first record (header and what is above it)."""

    dialect: Dialect
    names: tuple[str, ...]
    lines: int
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Cells, the line on which they begin (from 1) and the one on which they end."""

    cells: list[str]
    line: int
    end: int


def layout(sample: bytes, name: str, options: ReadOptions, declared: Collection[str], *, whole: bool) -> Layout:
    """`sample` is UTF-8 from the start of the text, `whole` if there is no more; `declared` are names in lower case.

    Raises Refused when there is no header, or its names cannot be told apart.
    """
    text = sample.decode("utf-8", "replace")
    if not whole:
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        if not end:
            raise Refused(f"the header cannot be read: its line is longer than {SAMPLE:,} bytes. Is this a text file?")
        text = text[:end]
    if not text.strip("\r\n"):
        raise Refused("holds no header: there is no line with text")
    delimiter, quote = _dialect(text, name, options, declared)
    dialect = Dialect(delimiter.encode(), quote.encode())
    told = [] if delimiter == "," else [f"cells between {_SHOWN.get(delimiter, repr(delimiter))}"]
    if quote != '"':
        told.append(f"quotes are {quote}" if quote else "quotes are text")
    rows = _rows(text, delimiter, quote)
    names, header, because = header_of(rows, options, declared)
    if header is not None and quote:
        _check_closed(text, header, delimiter, quote)
    return Layout(dialect, names, header.end if header else 0, (*told, *because))


def header_of(
    rows: Sequence[Row], options: ReadOptions, declared: Collection[str]
) -> tuple[tuple[str, ...], Row | None, tuple[str, ...]]:
    """The names of the columns, the row that they stand in (None: in none), and what is worth telling about it.

    Raises Refused when the names cannot be told apart.
    """
    header, because = _header(rows, options, declared)
    if header is None:
        width = len(options.names) or _usual_width(rows)
        names = options.names or tuple(f"column_{number}" for number in range(1, width + 1))
    elif options.names and len(options.names) != len(header.cells):
        raise Refused(f"`read: names` has {len(options.names)} names, the header {len(header.cells)}: {header.cells}")
    else:
        names = options.names or tuple(header.cells)
    return _told_apart(names, declared), header, (because,) if because else ()


def _check_closed(text: str, header: Row, delimiter: str, quote: str) -> None:
    lines = io.StringIO(text, newline="").readlines()[header.line - 1 : header.end]
    try:
        next(csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True))
    except csv.Error as error:
        raise Refused(f"the header cannot be read: {error}") from error


def _dialect(text: str, name: str, options: ReadOptions, declared: Collection[str]) -> tuple[str, str]:
    delimiters = [options.delimiter] if options.delimiter else list(_DELIMITERS)
    if not options.delimiter and name.lower().endswith((".tsv", ".tab")):
        delimiters.insert(0, "\t")
    if options.quote is not None:
        quotes = ["" if options.quote == "none" else options.quote]
    else:
        quotes = ['"', "'"] if "'" in text and '"' not in text else ['"']
    best, chosen = (0, 0.0, 0), (delimiters[0], quotes[0])
    for quote in quotes:
        for delimiter in delimiters:
            rows = _rows(text, delimiter, quote)[:1000]
            if quote == "'" and not re.search(
                rf"(?m)(^|{re.escape(delimiter)})'[^']*'({re.escape(delimiter)}|$)", text
            ):
                continue
            width, share = _consistency(rows)
            named = max(_named(row.cells, declared) for row in rows[:_HEADER_WITHIN]) if rows else 0
            score = (named, round(share, 2) if width > 1 else 0.0, width)
            if score > best if score[:2] != best[:2] else False:
                best, chosen = score, (delimiter, quote)
    delimiter, quote = chosen
    if options.quote is None and quote == '"' and _texts_hold_quotes(text, delimiter):
        quote = ""
    return delimiter, quote


def _texts_hold_quotes(text: str, delimiter: str) -> bool:
    """Whether lines are of one width only as long as quotes are text (tab-separated prose)."""
    if delimiter != "\t" or '"' not in text:
        return False
    lines = [line.split(delimiter) for line in _LINE_END.split(text) if line]
    return len({len(cells) for cells in lines}) == 1 and any(
        cell.startswith('"') and (len(cell) < 2 or not cell.endswith('"') or '"' in cell[1:-1].replace('""', ""))
        for cells in lines
        for cell in cells
    )


def _rows(text: str, delimiter: str, quote: str) -> list[Row]:
    found: list[Row] = []
    source = io.StringIO(text.replace("\0", ""), newline="")
    if quote:
        reader = csv.reader(source, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(source, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    before = 0
    try:
        for cells in reader:
            if cells:
                found.append(Row(cells, before + 1, reader.line_num))
            before = reader.line_num
    except csv.Error as error:
        if not found:
            raise Refused(f"the header cannot be read: {error}") from error
    return found


def _consistency(rows: Sequence[Row]) -> tuple[int, float]:
    """The usual number of cells, and the share of rows that have it."""
    if not rows:
        return 0, 0.0
    ((width, count),) = Counter(len(row.cells) for row in rows).most_common(1)
    return width, count / len(rows)


def _usual_width(rows: Sequence[Row]) -> int:
    return _consistency(rows)[0]


def _named(cells: Sequence[str], declared: Collection[str]) -> int:
    return sum(folded(cell) in declared for cell in cells)


def folded(name: str) -> str:
    """A column's name as it is compared: without case, and without blanks around it."""
    return name.strip().lower()


def _header(rows: Sequence[Row], options: ReadOptions, declared: Collection[str]) -> tuple[Row | None, str]:
    """The row of the header, and what is worth telling; None where there is none."""
    if options.header is False:
        return None, ""
    if options.header is True or (options.header is None and options.names):
        return rows[0], ""
    if options.header is not None:
        row = next((row for row in rows if row.line <= options.header <= row.end), None)
        if row is None:
            raise Refused(f"`read: header` is line {options.header}, where there is no text")
        return row, ""
    first = rows[:_HEADER_WITHIN]
    best = max(first, key=lambda row: _named(row.cells, declared))
    if _named(best.cells, declared) * 2 > min(len(best.cells), len(declared)):
        return best, "" if best is rows[0] else f"the header is line {best.line}"
    if "column_1" in declared and not _named(best.cells, declared):
        return None, ""
    width = _usual_width(first)
    row = next((row for row in first if width < 2 or sum(map(bool, row.cells)) > 1), rows[0])
    if sum(map(_is_value, row.cells)) * 2 >= max(len(row.cells), 1) and len(rows) > 0:
        return None, "no header was found"
    return row, "" if row is rows[0] else f"the header is line {row.line}"


def _is_value(cell: str) -> bool:
    """Numbers, dates and times are seldom names."""
    try:
        float(cell.replace(",", ""))
    except ValueError:
        digits = sum(map(str.isdigit, cell))
        return digits > 0 and digits + sum(cell.count(sign) for sign in "-/:. TZ+,") == len(cell)
    return True


def _told_apart(names: Sequence[str], declared: Collection[str]) -> tuple[str, ...]:
    """Names of which no two are equal: those that are missing or repeated get one by their place."""
    found: list[str] = []
    taken = {folded(name) for name in names}
    used: set[str] = set()
    for place, name in enumerate(names, 1):
        given = name
        if not name.strip():
            given = _free(f"column_{place}", taken)
        elif folded(name) in used:
            if folded(name) in declared:
                raise Refused(f"column names occur twice (case does not count): {name.strip()!r}. Which one is meant?")
            given = _free(f"{name.strip()}_2", taken)
        used.add(folded(given))
        taken.add(folded(given))
        found.append(given)
    if SOURCE_ROW in used:
        raise Refused(f"a column is called {SOURCE_ROW}, which the platform adds itself. Rename it.")
    return tuple(found)


def _free(name: str, taken: Collection[str]) -> str:
    stem, number = name, 2
    while folded(name) in taken:
        number += 1
        name = f"{stem.removesuffix('_2')}_{number}"
    return name
