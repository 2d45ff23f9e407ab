"""The Parquet file that the rows of a text become, and the one of the lines that could not be read."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_platform.sources.dialect import SOURCE_ROW
from data_platform.sources.marks import Positions
from data_platform.sources.records import Odd

UNPARSED = pa.schema([(SOURCE_ROW, pa.int64()), ("line", pa.int64()), ("text", pa.string()), ("error", pa.string())])
_GROUP_ROWS = 1 << 17
_GROUP_BYTES = 64 << 20
# Rows from which it shows whether a column repeats its values.
_SEEN_FOR_DICTIONARY = 20_000
_UNPARSED_AT_ONCE = 10_000
# What people look at; the bytes themselves are kept in the lake.
_LONGEST_TEXT = 1 << 20


class RowsFile:
    """Writes rows as they come, all columns VARCHAR, with `_source_row`; memory does not grow with them.

    Neither file is there when an error leaves the `with`, and no second one where every line could be read.
    """

    def __init__(self, into: Path, unparsed: Path) -> None:
        self.rows = 0
        self.unparsed = 0
        self.first: list[str] = []
        """Why the first unparsed lines are so."""
        self._into, self._unparsed_into = into, unparsed
        self._schema: pa.Schema | None = None
        self._writer: pq.ParquetWriter | None = None
        self._odd_writer: pq.ParquetWriter | None = None
        self._gathered: list[pa.Table] = []
        self._odd: list[tuple[int, int, str, str]] = []
        # Writing needs no lock of Python's: the next rows are read meanwhile.
        self._pool = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def __enter__(self) -> "RowsFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with ExitStack() as undo:
            for path in (self._into, self._unparsed_into):
                undo.callback(path.unlink, missing_ok=True)
            undo.callback(self._close)
            if error is None:
                self._flush()
                self._flush_odd()
                self._wait()
                if self._writer is None and self._schema is not None:
                    self._write(self._schema.empty_table())
                self._close()
                undo.pop_all()

    def _close(self) -> None:
        self._pool.shutdown(wait=True)
        for writer in (self._writer, self._odd_writer):
            if writer is not None:
                writer.close()

    def columns(self, names: Sequence[str]) -> None:
        """Says what the columns are called; before any rows."""
        self._schema = pa.schema([*((name, pa.string()) for name in names), (SOURCE_ROW, pa.int64())])

    def add(self, columns: Sequence[pa.Array | pa.ChunkedArray], numbers: Positions) -> None:
        """Adds rows by columns of strings, with their numbers in the file."""
        table = pa.Table.from_arrays([*columns, pa.array(numbers)], schema=self._schema)
        self.rows += table.num_rows
        self._gathered.append(table)
        if (
            sum(each.num_rows for each in self._gathered) >= _GROUP_ROWS
            or sum(each.nbytes for each in self._gathered) >= _GROUP_BYTES
        ):
            self._flush()

    def add_rows(self, rows: Sequence[Sequence[str | None]], first: int) -> None:
        """Adds rows that are numbered from `first` on."""
        if rows:
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            self.add(columns, np.arange(first, first + len(rows)))

    def odd(self, odd: Odd, part: str = "") -> None:
        """Adds a line that could not be read; `part` is the member of an archive that it stands in."""
        error = f"{part}: {odd.error}" if part else odd.error
        self.unparsed += 1
        if len(self.first) < 5:
            self.first.append(f"{part}: line {odd.line}: {odd.error}" if part else f"line {odd.line}: {odd.error}")
        self._odd.append((odd.number, odd.line, odd.text[:_LONGEST_TEXT], error))
        if len(self._odd) >= _UNPARSED_AT_ONCE:
            self._flush_odd()

    def _flush(self) -> None:
        if self._gathered:
            table = pa.concat_tables(self._gathered)
            self._gathered = []
            self._wait()
            self._writing = self._pool.submit(self._write, table)

    def _write(self, table: pa.Table) -> None:
        self._opened(table).write_table(table, row_group_size=max(table.num_rows, 1))

    def _opened(self, first: pa.Table) -> pq.ParquetWriter:
        """The writer. Only columns that repeat their values get a dictionary, and none statistics, which nobody asks
        for: a third of the CPU, and half of the size.
        """
        if self._writer is None:
            some = first.slice(0, _SEEN_FOR_DICTIONARY)
            fields = [field.name for field in first.schema][:-1]
            repeat = [name for name in fields if pc.count_distinct(some[name]).as_py() * 4 < some.num_rows]
            self._writer = pq.ParquetWriter(
                self._into,
                self._schema,
                compression="zstd",
                compression_level=1,
                write_statistics=False,
                use_dictionary=repeat or False,
                column_encoding={SOURCE_ROW: "DELTA_BINARY_PACKED"},
            )
        return self._writer

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None

    def _flush_odd(self) -> None:
        if self._odd:
            if self._odd_writer is None:
                self._odd_writer = pq.ParquetWriter(self._unparsed_into, UNPARSED, compression="zstd")
            rows = [dict(zip(UNPARSED.names, row, strict=True)) for row in self._odd]
            self._odd_writer.write_table(pa.Table.from_pylist(rows, schema=UNPARSED))
            self._odd = []
