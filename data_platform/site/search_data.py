"""The data behind search, and behind every page that lets a person pick a table or column: `data/search.js`.

It calls `dataPlatform.search({tables: […]})`; `table_entry` says what an entry holds.
"""

from typing import Any

from data_platform.site.columns import ColumnLine


def table_entry(
    *,
    name: str,
    dataset: str,
    made_by: str,
    description: str,
    owners: tuple[str, ...],
    columns: tuple[ColumnLine, ...],
) -> dict[str, Any]:
    """One table, raw ones and views too, in the order in which tables are made:

    `{"name": "curated.daily_revenue", "dataset": "taxi", "made_by": "sql" (python, view, pass_through, raw),
    "description": "…", "owners": ["team:mobility"],
    "columns": [["revenue_usd", "DECIMAL(14,2)", "money", "usd", "…", 0], …]}`: of a column its name, type, semantic
    kind, unit ("" where it has none), description, and 1 where it is personal. The table's page is
    `tables/<name>.html`, its lineage `lineage.html#<name>` or `lineage.html#<name>.<column>`.
    """
    return {
        "name": name,
        "dataset": dataset,
        "made_by": made_by,
        "description": description,
        "owners": list(owners),
        "columns": [
            [
                column.name,
                column.type,
                column.semantic or "",
                column.unit or "",
                column.description,
                int(column.personal),
            ]
            for column in columns
        ],
    }
