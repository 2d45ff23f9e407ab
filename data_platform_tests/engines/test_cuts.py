"""Large files are cut so that no thread idles at the end, and no row is lost or read twice by it."""

import heapq
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.contracts.raw import RawColumn
from data_platform.engines.cuts import balanced, cuts
from data_platform.engines.duckdb import Engine
from data_platform.engines.inputs import RawFile, RawInput, bind
from data_platform.lake.names import TableName

MILLION = 1 << 20


def pieces(row_groups: Sequence[int], at: Sequence[int]) -> list[int]:
    """Sizes of what threads take one after the other: row groups, cut."""
    ends = {*accumulate(row_groups), *at, 0}
    return [b - a for a, b in pairwise(sorted(ends))]


def duration(taken: Sequence[int], threads: int) -> int:
    """Rows that the busiest thread reads when each takes the next piece as soon as it is free."""
    busy = [0] * threads
    for rows in taken:
        heapq.heappush(busy, heapq.heappop(busy) + rows)
    return max(busy)


@given(st.lists(st.integers(1, 3 * MILLION), max_size=12), st.integers(1, 16))
def test_the_busiest_thread_reads_little_more_than_its_share(row_groups: list[int], threads: int) -> None:
    taken = pieces(row_groups, balanced(row_groups, threads))
    assert sum(taken) == sum(row_groups)
    assert duration(taken, threads) <= sum(row_groups) / threads + 600_000


def test_a_month_of_trips_is_cut_once() -> None:
    month = [MILLION, MILLION, MILLION, 154_272]
    assert duration(pieces(month, []), 2) == 2 * MILLION
    assert len(balanced(month, 2)) == 1
    assert duration(pieces(month, balanced(month, 2)), 2) < 1.02 * sum(month) / 2


@pytest.mark.parametrize("row_groups", [[], [400_000], [122_880] * 27])
def test_what_is_small_or_balanced_stays_whole(row_groups: list[int]) -> None:
    assert balanced(row_groups, 2) == []


def test_a_cut_file_has_each_row_once(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    rows = 2_600_000
    pq.write_table(pa.table({"x": range(rows)}), path, row_group_size=2_000_000, compression="none")
    with Engine("512MiB", 4, tmp_path / "tmp").connect() as connection:
        assert len(cuts(connection, path)) > 1
        file = RawFile(path, "f", (("x", "BIGINT"),))
        bind(connection, [RawInput(TableName("raw", "numbers"), {"x": RawColumn(type="BIGINT")}, (file,))])
        found = connection.execute(
            "SELECT count(*), count(DISTINCT x), count(*) FILTER (x <> _source_row) FROM raw.numbers"
        ).fetchone()
    assert found == (rows, rows, 0)


def test_a_small_file_is_not_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    path.write_bytes(b"no Parquet file")
    with Engine("512MiB", 4, tmp_path / "tmp").connect() as connection:
        assert cuts(connection, path) == []
