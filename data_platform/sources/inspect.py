"""Is what arrived what it claims to be? Looks at bytes and footers, not at values; refuses with what was found."""

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.sources.errors import Refused
from data_platform.sources.parquet_types import column_types
from data_platform.sources.records import Scan, scan_csv

_HEAD = 4096
_CHUNK = 1 << 18
_LFS = b"version https://git-lfs.github.com/spec/"
_MAGIC = (
    (b"PAR1", "a Parquet file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip file (or a workbook)"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"%PDF", "a PDF"),
)
# A page or a message of a server in place of the file: what is looked for, what it is called, what tells more.
_DOCUMENTS = (
    (
        re.compile(rb"\s*(<!--.*?(-->|\Z)\s*)*<(!doctype\s+html|html|head|body|meta|title|script)\b", re.I | re.S),
        "an HTML page",
        re.compile(rb"<title[^>]*>([^<]+)", re.I),
    ),
    (re.compile(rb"\s*<(\?xml|error)\b", re.I), "an XML document", re.compile(rb"<Code>([^<]+)")),
    (re.compile(rb'\s*(\{\s*"|\[\s*[\[{])'), "a JSON document", re.compile(rb'"(?:message|error)"\s*:\s*"([^"]+)')),
)


@dataclass(frozen=True)
class Inspected:
    """What a file holds: records, and its columns as (name, type), names as written, types in DuckDB's words."""

    records: int
    columns: tuple[tuple[str, str], ...]


def inspect(path: Path, name: str, format: Literal["parquet", "csv"]) -> Inspected:
    """What the file at `path`, called `name` by its source, holds if it is `format`; raises Refused otherwise.

    A CSV is read once to count its records (`name` ending in .gz: gzip); all its columns are VARCHAR.
    """
    if format == "parquet":
        return _inspect_parquet(path, name)
    scan = inspect_csv(path, name)
    return Inspected(scan.records, tuple((column, "VARCHAR") for column in scan.names))


def inspect_csv(path: Path, name: str) -> Scan:
    """The records and names of a CSV; raises Refused for what is none or cannot be read without guessing."""
    head = next(read_text(path, name), b"")
    _refuse_known(head, name, "a CSV file", path.stat().st_size)
    try:
        scan = scan_csv(read_text(path, name))
    except Refused as refusal:
        raise Refused(f"{name}: {refusal.reason.removeprefix(f'{name}: ')}") from refusal
    check_names(scan.names, name)
    return scan


def check_names(columns: Sequence[str], name: str) -> None:
    """Raise Refused when there is no column, or two share a name: case does not count, as in the engine's SQL."""
    if not columns:
        raise Refused(f"{name}: has no column")
    counts = Counter(column.lower() for column in columns)
    doubled = list(dict.fromkeys(column for column in columns if counts[column.lower()] > 1))
    if doubled:
        raise Refused(f"{name}: column names occur twice (case does not count): {doubled}. Rename them at the source.")


def read_text(path: Path, name: str) -> Iterator[bytes]:
    """The bytes of a text file in bounded pieces, decompressed when `name` ends in .gz; Refused when that fails."""
    if not name.lower().endswith(".gz"):
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
        return
    _refuse_not_gzip(path, name)
    with gzip.open(path, "rb") as file:
        while True:
            try:
                chunk = file.read(_CHUNK)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise Refused(f"{name}: the gzip file is cut off or broken: {error}. Fetch it again.") from error
            if not chunk:
                return
            yield chunk


def _refuse_not_gzip(path: Path, name: str) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.startswith(b"\x1f\x8b"):
        _refuse_known(head, name, "a gzip file", path.stat().st_size)
        raise Refused(f"{name}: is not a gzip file, it starts with {head[:8]!r}. Fetch it again or mend its name.")


def _inspect_parquet(path: Path, name: str) -> Inspected:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if not head.startswith(b"PAR1"):
        _refuse_known(head, name, "a Parquet file", size)
        raise Refused(f"{name}: is not a Parquet file, it starts with {head[:8]!r}. Check what the source sends.")
    if tail != b"PAR1" or size < 12:
        raise Refused(
            f"{name}: is a truncated Parquet file: PAR1 at the start, {tail!r} at the end of {size:,} bytes. "
            "Fetch it again."
        )
    try:
        with pq.ParquetFile(path) as file:
            metadata, schema, arrow_schema = file.metadata, file.schema, file.schema_arrow
            columns = column_types(schema, arrow_schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"{name}: its Parquet footer cannot be read: {error}. Fetch it again.") from error
    check_names([column for column, _ in columns], name)
    _check_extent(metadata, name, size)
    return Inspected(metadata.num_rows, columns)


def _check_extent(metadata: pq.FileMetaData, name: str, size: int) -> None:
    """A file that lost a piece in the middle has both magics, and column chunks that end beyond the file."""
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    if sum(group.num_rows for group in groups) != metadata.num_rows:
        raise Refused(f"{name}: its row groups do not add up to the {metadata.num_rows:,} rows of its footer")
    # A row group without rows may have columns without a single page.
    for group in (each for each in groups if each.num_rows):
        for index in range(group.num_columns):
            chunk = group.column(index)
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            end = start + chunk.total_compressed_size
            if not 4 <= start <= end <= size - metadata.serialized_size - 8:
                raise Refused(
                    f"{name}: column '{chunk.path_in_schema}' should lie at bytes {start:,} to {end:,} of {size:,}: "
                    "a piece of the file is missing. Fetch it again."
                )


def _refuse_known(head: bytes, name: str, expected: str, size: int) -> None:
    """Raise Refused when the first bytes are known to be something else than `expected`."""
    if not head:
        raise Refused(f"{name}: is empty ({size} bytes), expected {expected}. Wait for the source, or ask it.")
    if head.startswith(_LFS):
        stored = re.search(rb"^size (\d+)", head, re.M)
        bytes_ = f" to {int(stored[1]):,} bytes" if stored else ""
        raise Refused(
            f"{name}: is a Git LFS pointer{bytes_}, expected {expected}. "
            "Fetch the object itself (git lfs pull, or its media address)."
        )
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise Refused(f"{name}: is {what}, expected {expected}. Mend its name, or what the source sends.")
    text = head.removeprefix(b"\xef\xbb\xbf")
    for pattern, what, detail in _DOCUMENTS:
        if pattern.match(text):
            more = detail.search(text)
            said = f" that says '{more[1].decode('utf-8', 'replace').strip()[:80]}'" if more else ""
            raise Refused(f"{name}: is {what}{said}, expected {expected}. Check the address and the credentials.")
