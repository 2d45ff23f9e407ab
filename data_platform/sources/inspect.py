"""Is what arrived what it claims to be? Looks at first bytes and footers, not at values; refuses what is not."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.sources.errors import Refused
from data_platform.sources.parquet_types import column_types

_HEAD = 4096
# A column chunk is unpacked in memory, whole where it has one page: values pack some hundredfold, a bomb far beyond.
_MOST_UNPACKED = 512 << 20
_MOST_TIMES = 1000
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
    """What a file holds: records, and its columns as (name, type), names as written, types in DuckDB's words.

    Of text: how many of the records are lines that could not be read, and how it was read where that is worth telling.
    """

    records: int
    columns: tuple[tuple[str, str], ...]
    unparsed: int = 0
    told: str = ""
    parsed: bool = False
    """Whether its rows were written to a file of their own."""


def check_names(columns: Sequence[str], name: str) -> None:
    """Raise Refused when there is no column, or two share a name: case does not count, as in the engine's SQL."""
    if not columns:
        raise Refused(f"{name}: has no column")
    counts = Counter(column.lower() for column in columns)
    doubled = list(dict.fromkeys(column for column in columns if counts[column.lower()] > 1))
    if doubled:
        raise Refused(f"{name}: column names occur twice (case does not count): {doubled}. Rename them at the source.")


def inspect_parquet(path: Path, name: str) -> Inspected:
    """What the Parquet file at `path`, called `name` by its source, holds; Refused for what is none, or not whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if not head.startswith(b"PAR1"):
        refuse_known(head, name, "a Parquet file", size)
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
            if chunk.total_uncompressed_size > max(_MOST_UNPACKED, _MOST_TIMES * chunk.total_compressed_size):
                raise Refused(
                    f"{name}: column '{chunk.path_in_schema}' unpacks from {chunk.total_compressed_size:,} to "
                    f"{chunk.total_uncompressed_size:,} bytes: is this a bomb? Ask for smaller row groups."
                )


def refuse_known(head: bytes, name: str, expected: str, size: int, *, json_too: bool = True) -> None:
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
    for pattern, what, detail in _DOCUMENTS if json_too else _DOCUMENTS[:-1]:
        if pattern.match(text):
            more = detail.search(text)
            said = f" that says '{more[1].decode('utf-8', 'replace').strip()[:80]}'" if more else ""
            raise Refused(f"{name}: is {what}{said}, expected {expected}. Check the address and the credentials.")
