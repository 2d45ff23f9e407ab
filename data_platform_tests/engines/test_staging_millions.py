"""A partition with more rows than are compared at a time: its duplicates are all found, wherever they lie."""

from pathlib import Path

from data_platform.engines.duckdb import Engine
from data_platform.engines.staging import stage
from data_platform_tests.engines.given_rows import contract_of, staging_of


def test_every_repeated_grain_is_found_among_more_than_a_million(tmp_path: Path) -> None:
    contract = contract_of("columns: {id: {type: BIGINT}}\ngrain: [id]\ndeduplicate: {first_by: [_source_row]}")
    select = (
        "SELECT i % 2_249_000 AS id, 'f' AS _source_file, i AS _source_row, CAST(NULL AS VARCHAR) AS _uncast "
        "FROM range(2_250_000) AS given(i)"
    )
    clean, rejected = tmp_path / "clean.parquet", tmp_path / "rejected.parquet"
    with Engine("512MiB", 2, tmp_path / "tmp").connect() as connection:
        staged = stage(connection, staging_of(select, contract, {"f": 2_250_000}), clean=clean, rejected=rejected)
    assert staged.rejected_by == {"duplicate": 1000}
    assert staged.clean is not None
    assert staged.clean.rows == staged.clean_rows["f"].rows == 2_249_000
    assert staged.clean_rows["f"].row_sum == sum(range(2_249_000))
