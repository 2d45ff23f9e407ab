"""Text formats become all-VARCHAR Parquet once, at arrival. Every cell stays the text it was; only empty is NULL."""

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from data_platform.sources.errors import Refused
from data_platform.sources.inspect import Inspected, inspect_csv
from data_platform.sources.records import Scan

SOURCE_ROW = "_source_row"
_BLOCK = 1 << 20
_GROUP_ROWS = 1 << 17
_GROUP_BYTES = 64 << 20


def parse_csv(path: Path, into: Path, *, name: str | None = None) -> Inspected:
    """Write the records of the comma-separated UTF-8 file `path` to the Parquet file `into`; returns what it holds.

    Header names are kept as written; all columns are VARCHAR, then `_source_row` BIGINT, the 0-based number of the
    record (not among the columns returned). An empty cell, quoted or not, is NULL: writers that quote everything write
    "" for a missing value. Nothing else is: 'NA' and 'N/A' stay text, blanks around a value too. Lines without a
    character are skipped. `name` is what the source calls the file (default: its own); one that ends in .gz is gzip.
    Raises Refused, naming lines, when anything had to be guessed, or when reader and counter disagree.
    """
    name = name or path.name
    scan = inspect_csv(path, name)
    if SOURCE_ROW in (column.lower() for column in scan.names):
        raise Refused(f"{name}: a column is called {SOURCE_ROW}, which the platform adds itself. Rename it.")
    convert(path, into, name=name, scan=scan)
    return Inspected(scan.records, tuple((column, "VARCHAR") for column in scan.names))


def convert(path: Path, into: Path, *, name: str, scan: Scan) -> None:
    """The second half of `parse_csv`: raises Refused, and leaves no `into`, when the reader does not find `scan`."""
    with ExitStack() as undo:
        undo.callback(into.unlink, missing_ok=True)
        try:
            rows = _write(path, into, name, scan)
        except pa.ArrowInvalid as error:
            raise Refused(f"{name}: {scan.records:,} records were counted, but not read: {error}") from error
        if rows != scan.records:
            raise Refused(f"{name}: {scan.records:,} records were counted, but {rows:,} read. Mend the file.")
        undo.pop_all()


def _write(path: Path, into: Path, name: str, scan: Scan) -> int:
    schema = pa.schema([*((column, pa.string()) for column in scan.names), (SOURCE_ROW, pa.int64())])
    rows = 0
    with pq.ParquetWriter(into, schema, compression="zstd", compression_level=1) as writer:
        for table in _tables(_batches(path, name, scan)):
            numbers = pa.array(np.arange(rows, rows + table.num_rows))
            writer.write_table(table.append_column(SOURCE_ROW, numbers), row_group_size=table.num_rows)
            rows += table.num_rows
    return rows


def _batches(path: Path, name: str, scan: Scan) -> Iterator[pa.RecordBatch]:
    if not scan.records:
        return
    with _open(path, name) as file:
        reader = pc.open_csv(
            file,
            # A record has to fit into a block.
            read_options=pc.ReadOptions(block_size=max(_BLOCK, 2 * scan.longest)),
            parse_options=pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=True),
            convert_options=pc.ConvertOptions(
                default_column_type=pa.string(),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        if tuple(reader.schema.names) != scan.names:
            raise Refused(f"{name}: the header was counted as {list(scan.names)} but read as {reader.schema.names}")
        yield from reader


def _open(path: Path, name: str) -> gzip.GzipFile | pa.NativeFile:
    return gzip.open(path, "rb") if name.lower().endswith(".gz") else pa.OSFile(str(path), "rb")


def _tables(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches gathered to row groups worth reading, bounded in rows and bytes."""
    gathered: list[pa.RecordBatch] = []
    for batch in batches:
        gathered.append(batch)
        if sum(b.num_rows for b in gathered) >= _GROUP_ROWS or sum(b.nbytes for b in gathered) >= _GROUP_BYTES:
            yield pa.Table.from_batches(gathered)
            gathered = []
    if gathered:
        yield pa.Table.from_batches(gathered)
