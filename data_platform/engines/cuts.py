"""Where to cut large Parquet files, so that every thread has work until the end.

DuckDB gives a row group to one thread. A month of trips has three of a million rows and a small one: of two threads
one would idle through the last third of each statement (COPY of 3.3 M rows: 1.73 s uncut, 1.46 s cut, the same CPU).
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

# A cut costs CPU as well (six cuts of that month 7 %), so that pieces of fewer rows bring nothing.
_FEWEST_ROWS = 500_000
# Nobody waits for the end of smaller files.
_FEWEST_BYTES = 8 << 20


def cuts(connection: duckdb.DuckDBPyConnection, path: Path) -> list[int]:
    """Numbers of the rows before which the file is to be cut; none for a file that is small or cut well already."""
    if path.stat().st_size < _FEWEST_BYTES:
        return []
    groups = connection.execute(
        "SELECT row_group_num_rows FROM parquet_metadata(?) WHERE column_id = 0 ORDER BY row_group_id", [str(path)]
    ).fetchall()
    threads = connection.execute("SELECT current_setting('threads')").fetchone()
    assert threads is not None  # a SELECT without FROM has one row
    return balanced([rows for (rows,) in groups], threads[0])


def balanced(row_groups: Sequence[int], threads: int) -> list[int]:
    """Cuts for groups of so many rows, taken in order: no piece is larger than a thread's share of what is left.

    That is guided self-scheduling (Polychronopoulos and Kuck, 1987): large pieces first, small ones at the end.
    """
    found, at, left = [], 0, sum(row_groups)
    for rows in row_groups:
        end = at + rows
        while (piece := max(left // threads, _FEWEST_ROWS)) < end - at:
            at, left = at + piece, left - piece
            found.append(at)
        at, left = end, left - (end - at)
    return found
