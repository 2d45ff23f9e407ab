"""A dashboard as one HTML file that opens anywhere: it carries its rows, its charts, the library and its queries."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from data_platform.site.dashboards.following import Followed, Publication
from data_platform.site.dashboards.packing import packed
from data_platform.site.dashboards.panels import DashboardError, Drawing
from data_platform.site.pages import asset, render, script_json
from data_platform.warehouse.recorded import Query

MOST_ROWS = 200_000
"""Of all queries of a page that charts show: a year of 500 stations, day by day."""
MOST_CELLS = 5_000_000
"""The same times their columns: some 30 MB of numbers, which a phone still holds."""
_MOST_COMMITS = 12


@dataclass(frozen=True)
class About:
    """What stands above the charts. `text` is the file's docstring without its first line."""

    name: str
    title: str
    text: str
    dataset: str


def page(
    about: About,
    drawn: Drawing,
    queries: tuple[Query, ...],
    tables: Mapping[str, Followed],
    publication: Publication,
) -> str:
    """The text of the page. Raises DashboardError for more rows than a browser bears."""
    shown = {query.name: query.rows for panel in drawn.panels for query in panel.queries}
    _check_size(about, shown)
    script, library = source("dashboard.js"), drawing_library()
    return render(
        "dashboard.html",
        title=about.title,
        section="Dashboards",
        root="../catalogue/",
        paragraphs=[" ".join(text.split()) for text in about.text.split("\n\n") if text.strip()],
        dataset=about.dataset,
        publication=publication,
        filters=drawn.filters,
        cards=[panel for panel in drawn.panels if panel.is_card],
        panels=[panel for panel in drawn.panels if not panel.is_card],
        queries=queries,
        parameters={query.number: list(_parameters(query)) for query in queries},
        tables=tables,
        most_commits=_MOST_COMMITS,
        queries_json=script_json([_told(query, tables) for query in queries]),
        parts_json=script_json(_parts(drawn, list(shown))),
        data={name: packed(rows) for name, rows in shown.items()},
        style=asset("site.css") + source("dashboard.css"),
        library=library,
        script=script,
        script_hashes=" ".join(_hash(text) for text in (library, script)),
    )


def _check_size(about: About, shown: Mapping[str, Any]) -> None:
    rows = sum(table.num_rows for table in shown.values())
    cells = sum(table.num_rows * table.num_columns for table in shown.values())
    if rows > MOST_ROWS or cells > MOST_CELLS:
        raise DashboardError(
            f"dashboard '{about.name}' carries {rows:,} rows with {cells:,} values; browsers bear {MOST_ROWS:,} and "
            f"{MOST_CELLS:,}. Take a shorter time or coarser rows in its SQL"
        )


def _parts(drawn: Drawing, queries: list[str]) -> dict[str, Any]:
    return {
        "queries": queries,
        "filters": [
            {"name": one.name, "label": one.label, "value": one.value, "options": [value for _, value in one.options]}
            for one in drawn.filters
        ],
        "parts": [{"id": f"part-{panel.number}", "card": panel.is_card, "spec": panel.vega} for panel in drawn.panels],
    }


def _told(query: Query, tables: Mapping[str, Followed]) -> dict[str, Any]:
    """A query as data: enough to run it again, and to compare."""
    return {
        "name": query.name,
        "title": query.title,
        "sql": query.sql,
        "parameters": _plain(query.parameters),
        "columns": query.rows.column_names,
        "rows": query.rows.num_rows,
        "tables": {
            table: {stored: [_commit(one) for one in commits] for stored, commits in tables[table].stored.items()}
            for table in query.tables
        },
    }


def _commit(commit: Any) -> dict[str, Any]:
    return {**vars(commit), "committed_at": commit.committed_at.isoformat()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _parameters(query: Query) -> Iterator[tuple[str, str]]:
    given = query.parameters or {}
    items = given.items() if isinstance(given, Mapping) else enumerate(given, 1)
    for name, value in items:
        yield str(name), str(value)


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def drawing_library() -> str:
    """Vega and what it needs, as one script."""
    import vl_convert

    # Bundling takes two seconds, as long as all the rest. In a page, `</script>` ends a script even in a string.
    library: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return library.replace("</script", "<\\/script")


def source(name: str) -> str:
    """The text of a file beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
