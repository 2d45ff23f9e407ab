"""What arrived, as rows: Parquet stays what it is, everything else becomes all-VARCHAR Parquet."""

import codecs
from collections.abc import Collection
from pathlib import Path

from data_platform.sources.dialect import folded
from data_platform.sources.encoding import Encoding, guessed, marked
from data_platform.sources.errors import Refused
from data_platform.sources.inspect import Inspected, inspect_parquet, refuse_known
from data_platform.sources.json_text import read_json
from data_platform.sources.lines import read_lines
from data_platform.sources.options import Format, ReadOptions, format_by_name
from data_platform.sources.records import NotUtf8
from data_platform.sources.rows_file import RowsFile
from data_platform.sources.text import Read, read_delimited
from data_platform.sources.unpack import Part, is_workbook, unpacked
from data_platform.sources.workbook import OLE, read_workbook

_HEAD = 4096
_EXPECTED: dict[Format, str] = {
    "csv": "a CSV file",
    "json": "a JSON document",
    "ndjson": "a JSON object a line",
    "excel": "an Excel workbook",
    "lines": "lines of text",
}
_CONTROL = frozenset(range(32)) - set(b"\t\n\v\f\r\x1b")


def arrived(
    path: Path,
    name: str,
    into: Path,
    unparsed: Path,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - a frozen value
    declared: Collection[str] = (),
) -> Inspected:
    """What the file at `path` holds, called `name` by its source; its rows go to `into` unless it is Parquet itself.

    All columns are VARCHAR there, then comes `_source_row` BIGINT, the number of the record from 0. Lines that cannot
    be read go to `unparsed`, with a number of their own. `declared` are the names by which the columns may be called.
    Raises Refused for what is not what it claims to be, naming lines; nothing is written then.
    """
    kind = options.format or format_of(path, name)
    if kind == "parquet":
        return inspect_parquet(path, name)
    try:
        parts, packed = unpacked(path, name, options.compression)
        kind = kind or _by_content(parts[0])
        _refuse_others(parts, kind)
        names = frozenset(map(folded, declared))
        encodings = [marked(part, options.encoding) for part in parts]
        try:
            read, lines = _written(parts, encodings, kind, options, names, into, unparsed)
        except NotUtf8:
            encodings = [each if each.name != "utf-8" else guessed(p) for p, each in zip(parts, encodings, strict=True)]
            read, lines = _written(parts, encodings, kind, options, names, into, unparsed)
    except Refused as refusal:
        raise Refused(f"{name}: {refusal.reason.removeprefix(f'{name}: ')}") from refusal
    told = ("" if kind == "csv" else kind, packed, *read.told)
    columns = tuple((column, "VARCHAR") for column in read.names)
    return Inspected(read.records, columns, lines, "; ".join(filter(None, told)), parsed=True)


def format_of(path: Path, name: str) -> Format | None:
    """By what the file is called, else by its first bytes; None where these are text of whatever kind."""
    if kind := format_by_name(name):
        return kind
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(OLE) or (head.startswith(b"PK") and is_workbook(path)):
        return "excel"
    return None


def _by_content(part: Part) -> Format:
    head = part.head(_HEAD).lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if not head.startswith((b"{", b"[")):
        return "csv"
    line = head.partition(b"\n")[0].strip()
    return "ndjson" if head.startswith(b"{") and line.endswith(b"}") else "json"


def _refuse_others(parts: list[Part], kind: Format) -> None:
    """What is known to be something else, or no text at all."""
    for part in parts:
        head = part.head(_HEAD)
        size = part.path.stat().st_size if part.path else len(head)
        if kind != "excel":
            refuse_known(head, part.name, _EXPECTED[kind], size, json_too=kind in ("csv", "lines"))
            strange = sum(byte in _CONTROL for byte in head)
            if marked(part, None).name == "utf-8" and strange > 8 and strange * 20 > len(head):
                raise Refused(
                    f"{part.name}: is no text: {strange} of its first {len(head):,} bytes are control characters."
                )
        elif part.path is None:
            raise Refused(f"{part.name}: expected an Excel workbook, not one within an archive. Deliver it unpacked.")
        elif not head.startswith((OLE, b"PK")):
            refuse_known(head, part.name, _EXPECTED[kind], size)
            raise Refused(f"{part.name}: is no Excel workbook, it starts with {head[:8]!r}. Check the format.")


def _written(
    parts: list[Part],
    encodings: list[Encoding],
    kind: Format,
    options: ReadOptions,
    declared: Collection[str],
    into: Path,
    unparsed: Path,
) -> tuple[Read, int]:
    """Writes both files; returns what was found, and how many lines could not be read."""
    with RowsFile(into, unparsed) as file:
        read = _read(parts, encodings, kind, options, declared, file)
        if file.rows + file.unparsed != read.records:
            told = f"{read.records:,} records were counted, but {file.rows:,} read and {file.unparsed:,} not"
            raise Refused(f"{told}. Mend the file.")
        if file.unparsed and (options.ragged == "refuse" or file.unparsed * 2 > read.records):
            more = ", …" if file.unparsed > len(file.first) else ""
            raise Refused(
                f"{file.unparsed:,} of {read.records:,} records cannot be read: {', '.join(file.first)}{more}. "
                "Mend the file, or what is said of it under `read:`."
            )
    return read, file.unparsed


def _read(
    parts: list[Part],
    encodings: list[Encoding],
    kind: Format,
    options: ReadOptions,
    declared: Collection[str],
    file: RowsFile,
) -> Read:
    if kind == "excel":
        assert parts[0].path is not None  # anything else is refused before
        return Read(*read_workbook(parts[0].path, options, declared, file))
    told = tuple(dict.fromkeys(encoding.told for encoding in encodings if encoding.told))
    if kind == "lines":
        if options.parser is None:
            raise Refused("has the format lines, but no parser. Write `read: {parser: …}`.")
        return Read(read_lines(parts, encodings, options.parser, file), options.parser.columns, told)
    if kind in ("json", "ndjson"):
        return Read(*read_json(parts, encodings, file, by_line=kind == "ndjson", declared=declared), told)
    read: Read | None = None
    for part, encoding in zip(parts, encodings, strict=True):
        read = read_delimited(part, encoding, options, declared, file, read, several=len(parts) > 1)
    assert read is not None  # there is no file without a part
    return read
