"""Files that the platform writes are read by others as by DuckDB, whatever stands in them."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from data_platform.contracts.quoting import literal
from data_platform.engines.copies import copy

_EXTREMES = {
    "TINYINT": ("-128", "127"),
    "SMALLINT": ("-32768", "32767"),
    "INTEGER": ("-2147483648", "2147483647"),
    "BIGINT": ("-9223372036854775808", "9223372036854775807"),
    "UINTEGER": ("0", "4294967295"),
    "UBIGINT": ("0", "18446744073709551615"),
    "DECIMAL(9,2)": ("-9999999.99", "9999999.99"),
    "DECIMAL(18,2)": ("-9999999999999999.99", "9999999999999999.99"),
    "DECIMAL(38,2)": ("-999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"),
    "DATE": ("5877642-06-25 (BC)", "5881580-07-10"),
    "TIMESTAMP": ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"),
    "DOUBLE": ("-1e308", "1e308"),
    "INTEGER[]": ("[-2147483648]", "[2147483647, 0]"),
    "STRUCT(a INTEGER)": ("{'a': -2147483648}", "{'a': 2147483647}"),
}


@pytest.mark.parametrize("type_", _EXTREMES)
def test_arrow_reads_the_extremes_of_a_type_side_by_side(type_: str, tmp_path: Path) -> None:
    low, high = (f"CAST({literal(value)} AS {type_})" for value in _EXTREMES[type_])
    rows = f"SELECT unnest([{low}, {high}, NULL, {low}, {high}, {high}]) AS x"
    path = tmp_path / "extremes.parquet"
    with duckdb.connect() as connection:
        copied = copy(connection, rows, path)
        assert copied is not None
        assert copied.rows == 6
        found = pq.ParquetFile(path).read()
        connection.register("found", found)
        as_text = [
            sorted(connection.execute(f"SELECT coalesce(CAST(x AS VARCHAR), '') FROM {relation}").fetchall())
            for relation in ("found", f"({rows})")
        ]
    assert as_text[0] == as_text[1]


def test_ordinary_numbers_and_dates_are_written_as_differences(tmp_path: Path) -> None:
    rows = (
        "SELECT CAST(n AS INTEGER) AS a, DATE '2024-01-01' + CAST(n AS INTEGER) AS b, CAST(n AS DECIMAL(9,2)) AS c, "
        "CAST(NULL AS INTEGER) AS d, TIMESTAMP '2024-01-01' + to_seconds(n) AS e, n * 1_000_000_000_000 AS f "
        "FROM range(100) AS numbers(n)"
    )
    path = tmp_path / "ordinary.parquet"
    with duckdb.connect() as connection:
        copy(connection, rows, path)
        encodings = connection.execute(
            "SELECT path_in_schema, encodings FROM parquet_metadata(?) WHERE path_in_schema <> 'd'", [str(path)]
        ).fetchall()
    assert sorted(encodings) == [(name, "DELTA_BINARY_PACKED") for name in "abcef"]
