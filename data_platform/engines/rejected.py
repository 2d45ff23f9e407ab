"""What the quarantine files of a table hold, by file and rule."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import string_list


def rejected_by_rule(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path]
) -> list[tuple[str, str, str, int, int]]:
    """(quarantine file, source file, rule, rows, the first of their numbers); a row counts for each rule it broke."""
    if not files:
        return []
    rows: list[tuple[str, str, str, int, int]] = connection.execute(
        "SELECT _file, _source_file, rule, count(*), min(_source_row) FROM (SELECT _file, _source_file, "
        "_source_row, unnest(_rules) AS rule FROM read_parquet("
        f"{string_list([str(file) for file in files])}, filename='_file', union_by_name=true, hive_partitioning=false)"
        ") GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return rows
