"""Rows that a server writes as CSV, as Arrow: parsed in columns, each value as it was written."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pc

from data_platform.sources.database.session import Column
from data_platform.sources.errors import PermanentSourceError

_BLOCK = 4 << 20


def arrow_type(column: Column) -> pa.DataType:
    """What a column is in Parquet."""
    if column.kind in ("text", "bytes"):
        return pa.string() if column.kind == "text" else pa.binary()
    return (
        pa.bool_()
        if column.kind == "bool"
        else getattr(pa, {"float": "float32", "double": "float64"}.get(column.kind, column.kind))()
    )


def batches(pieces: Iterable[bytes], columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
    """Lines of CSV in pieces of any size as batches of some megabytes.

    What stands in quotes is text, an empty field NULL; bytes are written in hex. Raises PermanentSourceError for what
    is not of its column's type.
    """
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK and piece.endswith(b"\n"):
            held = [b"".join(held)]
            # An odd number of quotes: a value goes on beyond the end of the line.
            if held[0].count(b'"') % 2 == 0:
                yield _batch(held[0], columns)
                held, size = [], 0
    if held:
        yield _batch(b"".join(held), columns)


def _batch(block: bytes, columns: Sequence[Column]) -> pa.RecordBatch:
    # By number: a table may have any names, also equal ones in another case.
    numbers = [str(number) for number in range(len(columns))]
    types = {
        number: pa.string() if column.kind == "bytes" else arrow_type(column)
        for number, column in zip(numbers, columns, strict=True)
    }
    try:
        table = pc.read_csv(
            pa.py_buffer(block),
            read_options=pc.ReadOptions(column_names=numbers, block_size=len(block) + 1, use_threads=False),
            parse_options=pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=types,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        # Without its cause, which repeats the value.
        raise PermanentSourceError("its rows cannot be read as the types of its columns; cast them in a view") from None
    arrays = [
        unhexed(array) if column.kind == "bytes" else array
        for array, column in zip(table.combine_chunks().columns, columns, strict=True)
    ]
    arrays = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
    return pa.record_batch(arrays, names=[column.name for column in columns])


def unhexed(texts: pa.ChunkedArray) -> pa.Array:
    """Hex as the bytes that it stands for."""
    return pa.array((None if text is None else bytes.fromhex(text) for text in texts.to_pylist()), pa.binary())


def total(hashes: pa.Array) -> int:
    """The exact sum of 64-bit integers, which itself may be longer."""
    values = hashes.to_numpy(zero_copy_only=False)
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
