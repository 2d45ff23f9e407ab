"""Rows that share a place in the bitmap of odd rows: each is judged by itself, wherever its place puts it."""

from pathlib import Path

import pytest

from data_platform.engines.duckdb import Engine
from data_platform.engines.staging import stage
from data_platform_tests.engines.given_rows import contract_of, staging_of

_CONTRACT = contract_of(
    "columns: {id: {type: BIGINT}, n: {type: INTEGER, max: 9}}\ngrain: [id]\ndeduplicate: {first_by: [n]}"
)
# Of each file 1,000 rows: every tenth breaks the range, every twentieth repeats a neighbour's grain with a higher n.
_SELECT = (
    "SELECT f * 1000 + i - CAST(i % 20 = 1 AS BIGINT) AS id, CASE WHEN i % 10 = 5 THEN 10 ELSE i % 20 % 7 END AS n, "
    "'f' || f AS _source_file, i AS _source_row, CAST(NULL AS VARCHAR) AS _uncast FROM range(1000) AS a(i), "
    "range(3) AS b(f)"
)


@pytest.mark.parametrize("told", [1, 10, 1_000, 1_000_000])
def test_rows_go_where_they_belong_however_many_of_them_share_a_place(told: int, tmp_path: Path) -> None:
    files = {f"f{number}": told for number in range(3)}
    clean, rejected = tmp_path / "clean.parquet", tmp_path / "rejected.parquet"
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        staged = stage(connection, staging_of(_SELECT, _CONTRACT, files), clean=clean, rejected=rejected)
        wrong = connection.execute(
            "SELECT _source_file, _source_row FROM read_parquet($clean) WHERE n > 9 OR _source_row % 20 = 1 "
            "UNION ALL SELECT _source_file, _source_row FROM read_parquet($rejected) "
            "WHERE n <= 9 AND _source_row % 20 <> 1",
            {"clean": str(clean), "rejected": str(rejected)},
        ).fetchall()
    assert wrong == []
    for file in files:
        assert staged.clean_rows[file].rows + staged.rejected_rows[file].rows == 1_000
        assert staged.clean_rows[file].row_sum + staged.rejected_rows[file].row_sum == sum(range(1_000))
    assert staged.rejected_by["n_range"] == 3 * 100
    assert staged.rejected_by["duplicate"] == 3 * 50
