"""The file that rows are received into: the same rows give the same bytes, whatever pieces they come in."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.sources.database.csv_rows import arrow_type
from data_platform.sources.database.session import Column
from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.slot import Progress


def write(
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[Column],
    into: Path,
    *,
    batch_rows: int,
    max_bytes: int,
    on_progress: Progress,
) -> None:
    """Writes rows as Parquet with `batch_rows` in each group, of which no more than one is in memory.

    Raises PermanentSourceError when the file grows beyond `max_bytes`.
    """
    schema = pa.schema([(column.name, arrow_type(column)) for column in columns])
    with into.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in batches:
            held.append(batch.cast(schema))
            rows += batch.num_rows
            while rows >= batch_rows:
                table = pa.Table.from_batches(held, schema)
                writer.write_table(table.slice(0, batch_rows).combine_chunks(), row_group_size=batch_rows)
                held, rows = table.slice(batch_rows).to_batches(), rows - batch_rows
                on_progress(file.tell(), None)
                if file.tell() > max_bytes:
                    raise PermanentSourceError(
                        f"larger than max_bytes={max_bytes:,}. Raise max_bytes if this is right."
                    )
        if held:
            writer.write_table(pa.Table.from_batches(held, schema).combine_chunks(), row_group_size=batch_rows)
