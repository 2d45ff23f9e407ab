"""Today's BI tools come with 1.x drivers: what DuckDB 2.0 publishes must open there.

The older DuckDB is one package, pinned in older_duckdb.txt and installed by `make test` into a folder of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_platform.warehouse.relations import Contents, PublishedColumn, PublishedTable
from data_platform_tests.warehouse.example import commit, publish_onto_current, write_parquet

_FOLDER = Path(__file__).parents[2] / ".venv-duckdb-1.3"
_READER = """
import sys
import duckdb, json
reader = duckdb.connect(sys.argv[1], read_only=True)
rows = lambda query: reader.execute(query).fetchall()
print(json.dumps({
    "version": duckdb.__version__,
    "curated": rows("SELECT service, CAST(revenue_usd AS VARCHAR), tags FROM curated.revenue"),
    "staged": rows("SELECT service, CAST(revenue_usd AS VARCHAR), tags FROM staged.revenue"),
    "commits": rows("SELECT table_name, CAST(committed_at AS VARCHAR), by_rule ->> 'castable' FROM operations.commits"),
    "comments": rows('''
        SELECT schema_name, comment FROM duckdb_tables() WHERE schema_name <> 'operations'
        UNION ALL SELECT schema_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL'''),
    "column_comments": rows('''
        SELECT schema_name, column_name, comment FROM duckdb_columns()
        WHERE schema_name IN ('curated', 'staged') AND comment IS NOT NULL ORDER BY ALL'''),
}))
"""


@pytest.mark.skipif(not _FOLDER.is_dir(), reason=f"no older DuckDB in {_FOLDER.name}/: `make test` installs it there")
def test_duckdb_1_3_reads_tables_views_comments_and_accounts(tmp_path: Path) -> None:
    columns = (
        PublishedColumn("service", "VARCHAR", "Yellow or green; it's the taxi's colour"),
        PublishedColumn("revenue_usd", "DECIMAL(12,2)"),
        PublishedColumn("tags", "VARCHAR[]"),
    )
    file = write_parquet(
        tmp_path / "lake" / "a.parquet",
        "SELECT 'green' AS service, 12.5::DECIMAL(12,2) AS revenue_usd, ['a', NULL]::VARCHAR[] AS tags",
    )
    tables = tuple(
        PublishedTable(schema, "revenue", f"Revenue, {schema}", columns, (file,), as_view=schema == "staged")
        for schema in ("curated", "staged")
    )
    contents = Contents(tables, {"curated/revenue": "1", "staged/revenue": "1"}, frozenset({"a.parquet"}), [commit(1)])
    publish_onto_current(tmp_path, contents)

    seen = _read_with_older_duckdb(tmp_path / "warehouse" / "warehouse.duckdb")

    assert seen["version"].startswith("1.3.")
    assert seen["curated"] == seen["staged"] == [["green", "12.50", ["a", None]]]
    assert seen["commits"] == [["staged/trips", "2026-03-04 05:06:07", "2"]]
    assert seen["comments"] == [["curated", "Revenue, curated"], ["staged", "Revenue, staged"]]
    assert seen["column_comments"] == [
        [schema, "service", "Yellow or green; it's the taxi's colour"] for schema in ("curated", "staged")
    ]


def _read_with_older_duckdb(warehouse: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-S", "-c", _READER, str(warehouse)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(_FOLDER)},
    )
    assert ended.returncode == 0, ended.stderr
    seen: dict[str, Any] = json.loads(ended.stdout)
    return seen
