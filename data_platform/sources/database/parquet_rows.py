"""The file that rows are received into: the same rows give the same bytes, whatever pieces they come in."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.sources.database.csv_rows import arrow_type
from data_platform.sources.database.session import Column
from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.slot import Progress

# Wide rows make a group long before there are many of them.
_GROUP = 8 << 20


def write(
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[Column],
    into: Path,
    *,
    batch_rows: int,
    max_bytes: int,
    on_progress: Progress,
) -> None:
    """Writes rows as Parquet in groups of `batch_rows`, or of fewer that are large; one group is in memory.

    Raises PermanentSourceError when the file grows beyond `max_bytes`.
    """
    schema = pa.schema([(column.name, arrow_type(column)) for column in columns])
    with into.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in batches:
            held.append(batch.cast(schema))
            rows += batch.num_rows
            size += batch.nbytes
            while rows >= batch_rows or size >= _GROUP:
                table = pa.Table.from_batches(held, schema)
                writer.write_table(table.slice(0, batch_rows).combine_chunks(), row_group_size=batch_rows)
                held = table.slice(batch_rows).to_batches()
                rows, size = sum(rest.num_rows for rest in held), sum(rest.nbytes for rest in held)
                on_progress(file.tell(), None)
                if file.tell() > max_bytes:
                    raise PermanentSourceError(
                        f"larger than max_bytes={max_bytes:,}. Raise max_bytes if this is right."
                    )
        if held:
            writer.write_table(pa.Table.from_batches(held, schema).combine_chunks(), row_group_size=batch_rows)
