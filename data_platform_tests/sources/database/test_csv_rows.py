"""Lines of CSV as a server writes them, in pieces of any size."""

from data_platform.sources.database import csv_rows
from data_platform.sources.database.session import Column

_COLUMNS = [Column("n", "bigint", "int64"), Column("t", "text", "text")]


def test_pieces_may_end_anywhere_also_at_a_line_break_within_a_value() -> None:
    long = "x" * (csv_rows._BLOCK // 2)
    values = [f'{long}\n"{number}"\n{long}' for number in range(5)]
    written = "".join(
        f'{number},"{text}"\n'.replace(f'"{number}"', f'""{number}""') for number, text in enumerate(values)
    )
    # At every line break: those within values come when there is enough for a batch, too.
    pieces = [line.encode() for line in written.splitlines(keepends=True)]
    found = list(csv_rows.batches(pieces, _COLUMNS))
    assert len(found) > 1
    assert [row["t"] for batch in found for row in batch.to_pylist()] == values


def test_sums_are_exact_beyond_64_bits() -> None:
    import pyarrow as pa

    numbers = [2**63 - 1] * 5 + [-(2**63)] * 3 + [7]
    assert csv_rows.total(pa.array(numbers, pa.int64())) == sum(numbers)
