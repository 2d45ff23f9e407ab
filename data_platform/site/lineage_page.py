"""The page that draws column lineage and what it loads: of each table a script and, for programs, the same as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit
from data_platform.lineage.graph import ColumnGraph, as_json
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.planning.versions import Versions
from data_platform.site import pages


def write_lineage(folder: Path, graph: ColumnGraph, catalog: Catalog, commits: Mapping[TableName, Commit]) -> None:
    """Writes `lineage.html`, `lineage/<layer>.<table>.js` and `.json` into a catalogue's folder.

    `commits` has the last commit of each table that has one. The page finds its tables in `data/search.js`, which the
    catalogue writes, and loads a table's script when somebody walks to it.
    """
    pages.write(folder / "lineage.html", pages.render("lineage.html", title="Lineage", section="Lineage"))
    for table in catalog:
        told = as_json(graph, catalog, table.name, commits.get(table.name))
        place = folder / "lineage" / table.name.sql
        pages.write_script(place.with_name(f"{place.name}.js"), "lineage", told)
        pages.write(place.with_name(f"{place.name}.json"), json.dumps(told, allow_nan=False) + "\n")


def last_commits(versions: Versions) -> Mapping[TableName, Commit]:
    """The last commit of each stored table that has any, raw ones apart: what they have is received, not committed."""
    found = {}
    for table in versions.catalog:
        if not isinstance(table, RawTable) and not table.is_view:
            history = versions.lake.table(table.name).history()
            if history:
                found[table.name] = history[0]
    return found
