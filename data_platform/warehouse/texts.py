"""The texts in a DuckDB file: its own format packs them, so that a look at its bytes says nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.contracts.quoting import identifier
from data_platform.warehouse.read import open_read_only

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 100_000


def table_batches(path: Path) -> Iterator["pa.RecordBatch"]:
    """All rows of all tables of a database (what its views read lies elsewhere), and the SQL that made them."""
    with open_read_only(path) as connection:
        yield from connection.sql(
            "SELECT sql, comment FROM duckdb_tables() UNION ALL SELECT sql, comment FROM duckdb_views() "
            "UNION ALL SELECT NULL, comment FROM duckdb_columns()"
        ).to_arrow_reader(_ROWS_AT_ONCE)
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, name in tables:
            relation = f"{identifier(schema)}.{identifier(name)}"
            yield from connection.sql(f"SELECT * FROM {relation}").to_arrow_reader(_ROWS_AT_ONCE)
