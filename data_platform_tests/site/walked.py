"""A lineage page over tables made up for it: a disagreement, hostile names, a wide table, and long chains."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_platform.components.datasets import installed
from data_platform.definitions import DATASETS
from data_platform.lineage.graph import column_graph, made_by
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.site import pages
from data_platform.site.columns import column_lines, description_of, raw_column_lines
from data_platform.site.lineage_page import write_lineage
from data_platform.site.search_data import table_entry

HOSTILE = '"><img src=x onerror=document.title="taken">.%é#?'
_PLACE = "town/curated/made.sql"


def column(type_: str = "DOUBLE", semantic: str | None = None, unit: str | None = None, **more: Any) -> dict[str, Any]:
    told = {"description": "", "personal": False, "rules": [], "sql": None, "line": None}
    return {"type": type_, "semantic": semantic, "unit": unit, **told, **more}


def shipped_catalog() -> Catalog:
    return installed(DATASETS).catalog


def written(folder: Path, catalog: Catalog) -> Path:
    """The page over the tables of a catalog of which nothing is loaded."""
    pages.write_assets(folder)
    entries = [
        table_entry(
            name=table.name.sql,
            dataset=table.dataset,
            made_by=made_by(table),
            description=description_of(table),
            owners=table.owners,
            columns=raw_column_lines(table.columns) if isinstance(table, RawTable) else column_lines(table, ()),
        )
        for table in catalog
    ]
    pages.write_script(folder / "data" / "search.js", "search", {"tables": entries})
    write_lineage(folder, column_graph(catalog), catalog, {})
    return folder / "lineage.html"


class House:
    """Tables and edges as the page gets them; `write` makes the page."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {}

    def table(
        self, name: str, *columns: str, made_by: str = "sql", described: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        self.tables[name] = {
            "table": name,
            "dataset": "town",
            "layer": name.partition(".")[0],
            "made_by": made_by,
            "description": f"About {name}.",
            "commit": None,
            "columns": dict.fromkeys(columns, column()) | dict(described or {}),
            "from": [],
            "to": [],
            "disagreements": [],
        }

    def edge(self, source: str, target: str, how: str = "value", **more: Any) -> None:
        """`layer.table.column` → the same, or `layer.table` alone for every row of it."""
        from_table, from_column = _split(source)
        table, to_column = _split(target)
        assert from_column is not None
        way = {"how": how, "sql": f"{from_column} …", "file": _PLACE, "line": 1, "found": ["sql"]} | more
        self.tables[table]["from"].append(
            {"source": from_table, "source_column": from_column, "column": to_column, **way}
        )
        self.tables[from_table]["to"].append({"table": table, "column": to_column, "source_column": from_column, **way})

    def write(self, folder: Path) -> Path:
        """The page; beside it lies all that it loads."""
        pages.write_assets(folder)
        searched = [
            {
                "name": name,
                "dataset": "town",
                "made_by": table["made_by"],
                "description": table["description"],
                "owners": [],
                "columns": [
                    [each, of["type"], of["semantic"] or "", of["unit"] or "", of["description"], int(of["personal"])]
                    for each, of in table["columns"].items()
                ],
            }
            for name, table in self.tables.items()
        ]
        pages.write_script(folder / "data" / "search.js", "search", {"tables": searched})
        for name, table in self.tables.items():
            pages.write_script(folder / "lineage" / f"{name}.js", "lineage", table)
        page = folder / "lineage.html"
        pages.write(page, pages.render("lineage.html", title="Lineage", section="Lineage"))
        return page


def _split(text: str) -> tuple[str, str | None]:
    layer, table, *rest = text.split(".", 2)
    return f"{layer}.{table}", rest[0] if rest else None


def house() -> House:
    """Rain gauges: raw → staged → a day's sum and what Python makes of it → a trend."""
    made = House()
    made.table("raw.gauges", "at", "mm", "place", made_by="raw")
    rule = {"name": "rain_mm_range", "kind": "reject", "sql": "rain_mm < 0"}
    flag = {"name": "heavy", "kind": "flag", "sql": "rain_mm > 100"}
    rain = column("DECIMAL(8,2)", "quantity", "mm", rules=[rule, flag], sql="mm AS rain_mm", line=3)
    made.table("staged.gauges", "read_at", "place", described={"rain_mm": rain})
    made.table("curated.daily", "day", "place", described={"rain_mm": column("DOUBLE", "quantity", "mm")})
    made.table("curated.trend", "day", "change")
    made.table("curated.scores", "day", "score", made_by="python")
    made.tables["curated.daily"]["commit"] = {"version": 12, "at": "2024-05-06T07:08:09+00:00", "partitions": 3}
    made.edge("raw.gauges.at", "staged.gauges.read_at")
    made.edge("raw.gauges.place", "staged.gauges.place")
    made.edge("raw.gauges.mm", "staged.gauges.rain_mm", sql="mm AS rain_mm", file="town/staged/gauges.sql", line=3)
    made.edge("staged.gauges.rain_mm", "curated.daily.rain_mm", sql="sum(rain_mm) AS rain_mm", line=7)
    made.edge("staged.gauges.read_at", "curated.daily.day")
    made.edge("staged.gauges.place", "curated.daily.place")
    made.edge("staged.gauges.read_at", "curated.daily", "group", sql="GROUP BY read_at", line=9)
    made.edge("staged.gauges.place", "curated.daily", "filter", sql="place <> ''", line=8)
    made.edge("curated.daily.day", "curated.trend.day")
    made.edge("curated.daily.rain_mm", "curated.trend.change")
    made.edge("curated.daily.day", "curated.trend.change", "window")
    made.edge("curated.daily.rain_mm", "curated.trend", "filter")
    made.edge("curated.daily.day", "curated.scores.day", found=["declared", "permuted"], sql="")
    made.edge("curated.daily.rain_mm", "curated.scores.score", found=["permuted"], sql="")
    text = "permuting it changes the score, and the contract does not say so"
    disputed = {
        "source": "curated.daily",
        "source_column": "rain_mm",
        "column": "score",
        "said": "permuted",
        "text": text,
    }
    made.tables["curated.scores"]["disagreements"].append(disputed)
    return made


def hostile() -> House:
    made = House()
    made.table("raw.odd", HOSTILE, made_by="raw")
    told = {"description": HOSTILE, "rules": [{"name": HOSTILE, "kind": "reject", "sql": HOSTILE}]}
    made.table("staged.odd", described={HOSTILE: column(HOSTILE, "quantity", HOSTILE, **told)})
    made.edge(f"raw.odd.{HOSTILE}", f"staged.odd.{HOSTILE}", sql=HOSTILE, file=HOSTILE)
    return made


def wide(columns: int = 60, readers: int = 30) -> House:
    """A table of many columns, each of which many tables read."""
    made = House()
    names = [f"column_{number:02}" for number in range(columns)]
    made.table("raw.wide", *names, made_by="raw")
    made.table("staged.wide", *names)
    for name in names:
        made.edge(f"raw.wide.{name}", f"staged.wide.{name}")
    for reader in range(readers):
        table = f"curated.reader_{reader:02}"
        made.table(table, *names)
        for name in names:
            made.edge(f"staged.wide.{name}", f"{table}.{name}")
    return made


def chain(tables: int = 150) -> House:
    """Each table reads the one before it."""
    made = House()
    made.table("raw.link_0000", "value", made_by="raw")
    for number in range(1, tables):
        made.table(f"staged.link_{number:04}", "value")
        before = f"staged.link_{number - 1:04}" if number > 1 else "raw.link_0000"
        made.edge(f"{before}.value", f"staged.link_{number:04}.value")
    return made
