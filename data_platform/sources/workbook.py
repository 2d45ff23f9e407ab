"""One sheet of an Excel workbook (.xlsx, .xls) as rows of text."""

import datetime as dt
import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from data_platform.sources.dialect import Row, header_of
from data_platform.sources.errors import Refused
from data_platform.sources.options import ReadOptions
from data_platform.sources.rows_file import RowsFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AT_ONCE = 5_000
# A workbook is held in memory, a cell in some 30 bytes, empty ones between others too.
_MOST_XML = 256 << 20
_MOST_CELLS = 10_000_000
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)\b")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_PIECE = 1 << 20


def read_workbook(
    path: Path, options: ReadOptions, declared: Collection[str], into: RowsFile
) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Adds the rows of a sheet that are not empty; returns how many, the columns, and what is worth telling.

    Whole numbers have no decimals, moments are ISO 8601. Raises Refused for what is no workbook, is too large, is
    protected, or has several sheets with data where `sheet` does not say which.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    counted = _checked(path)
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            names = book.sheet_names
            sheets = {name: book.get_sheet_by_name(name) for name in names}
            name = _chosen(options.sheet, names, [each for each in names if sheets[each].height])
            rows = _rows(sheets[name])
            blank = sheets[name].height - len(rows)
    except PasswordError as error:
        raise Refused("the workbook is protected by a password. Deliver it without.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(f"the workbook cannot be read: {error}. Fetch it again, or ask for CSV.") from error
    if not rows:
        raise Refused(f"holds no header: there is no cell with text in the sheet {name!r}")
    columns, header, told = header_of(rows[:1000], options, declared)
    records = [row.cells for row in rows if header is None or row.line > header.line]
    number = names.index(name)
    if len(names) == len(counted) and not len(rows) <= counted[number] <= len(rows) + blank:
        raise Refused(f"{counted[number]:,} rows were counted in the sheet {name!r}, but {len(rows):,} read.")
    into.columns(columns)
    for start in range(0, len(records), _AT_ONCE):
        some = [[cell or None for cell in cells] for cells in records[start : start + _AT_ONCE]]
        into.add_rows(some, start)
    told = (f"sheet {name!r}", *told) if len(names) > 1 else told
    return len(records), columns, told


def _chosen(sheet: str | int | None, names: list[str], full: list[str]) -> str:
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return names[sheet - 1]
    if isinstance(sheet, str) and sheet in names:
        return sheet
    if sheet is not None:
        raise Refused(f"has no sheet {sheet!r}; it has {names}. Mend `read: sheet`.")
    if len(full) > 1:
        raise Refused(f"has several sheets with data: {full}. Say which: `read: {{sheet: {full[0]}}}`.")
    return (full or names)[0]


def _rows(sheet: Any) -> list[Row]:
    """The rows with something in them, and their numbers in the sheet."""
    start = sheet.start[0] if sheet.start else 0
    found = []
    for number, values in enumerate(sheet.to_python(skip_empty_area=True), start + 1):
        cells = [_text(value) for value in values]
        if any(cells):
            found.append(Row(cells, number, number))
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _checked(path: Path) -> list[int]:
    """The rows with a value of each sheet of an .xlsx, in the workbook's order where it is the usual one; [] for .xls.

    Raises Refused for one that would not fit into memory: a single cell far off is enough for that.
    """
    with path.open("rb") as file:
        if file.read(len(OLE)) == OLE:
            return []
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            sheets = [name for name in sizes if _SHEET.fullmatch(name)]
            large = max((sizes[name] for name in (*sheets, "xl/sharedStrings.xml") if name in sizes), default=0)
            if large > _MOST_XML:
                raise Refused(f"the workbook unpacks to {large:,} bytes and more. Deliver it as CSV.")
            if "xl/workbook.xml" not in sizes:
                raise Refused("is a zip file with Office parts, but no .xlsx. Deliver it as .xlsx or CSV.")
            found = {name: _counted(archive, name) for name in sheets}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise Refused(f"the workbook is cut off or broken: {error}. Fetch it again.") from error
    usual = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
    return [found[name] for name in usual] if set(usual) == set(found) else []


def _counted(archive: zipfile.ZipFile, name: str) -> int:
    rows, last_row, last_column = 0, 0, 0
    kept, size = b"", 0
    with archive.open(name) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > _MOST_XML:
                raise Refused(f"the workbook unpacks to more than {_MOST_XML:,} bytes. Deliver it as CSV.")
            *whole, kept = re.split(rb"</(?:\w+:)?row>", kept + piece)
            for row in whole:
                rows += _VALUE.search(row) is not None
                for column, number in _CELL.findall(row):
                    last_row, last_column = max(last_row, int(number)), max(last_column, _column(column))
    if last_row * last_column > _MOST_CELLS:
        raise Refused(
            f"a sheet reaches to row {last_row:,} and column {last_column:,}, more than {_MOST_CELLS:,} cells. "
            "Delete what lies far off, or deliver it as CSV."
        )
    return rows


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
