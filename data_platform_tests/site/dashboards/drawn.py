"""A dashboard's function over any DuckDB connection, as the page that readers get."""

import base64
import gzip
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data_platform.site.dashboards.following import Followed, Publication
from data_platform.site.dashboards.page import About, page
from data_platform.site.dashboards.panels import drawing
from data_platform.warehouse.recorded import RecordedWarehouse

PUBLICATION = Publication("20240102T030405Z-0", datetime(2024, 1, 2, 3, 4, 5))

Function = Callable[[Any], Any]


def page_text(function: Function, connection: duckdb.DuckDBPyConnection, title: str = "Some chart") -> str:
    warehouse = RecordedWarehouse(connection)
    parts = drawing(function(warehouse), warehouse)
    tables = {name: Followed(name, True, {}) for query in warehouse.queries for name in query.tables}
    about = About("some_chart", title, "What it is about.", "rain")
    return page(about, parts, warehouse.queries, tables, PUBLICATION)


def write_page(folder: Path, function: Function, connection: duckdb.DuckDBPyConnection) -> Path:
    path = folder / "some_chart.html"
    path.write_text(page_text(function, connection), encoding="utf-8")
    return path


def unpacked(text: str) -> list[dict[str, Any]]:
    """The rows inside a page, as its script makes them."""
    data = json.loads(gzip.decompress(base64.b64decode(text)))
    columns = {
        name: column if isinstance(column, list) else [column["values"][code] for code in column["codes"]]
        for name, column in data["columns"].items()
    }
    return [{name: values[row] for name, values in columns.items()} for row in range(data["rows"])]
