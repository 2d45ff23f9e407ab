"""Altair charts as the parts of a page: score cards and panels as Vega, filters as controls, data by query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.site.dashboards.theme import CONFIG
from data_platform.warehouse.recorded import Query, RecordedWarehouse

if TYPE_CHECKING:  # Altair takes as long to import as a small step to run
    from altair import TopLevelMixin

WIDE = 600
"""A chart of at least this width in pixels takes a whole row of the page."""

_TRANSFORMER = "data_platform_rows_of_queries"
_COMPOSED = ("concat", "hconcat", "vconcat", "facet", "repeat", "spec")
_CONTROLS = ("select", "radio", "checkbox", "range", "number", "date", "text", "search")


class DashboardError(ValueError):
    """A chart that cannot become part of a page. The message says which, why, and what to do."""


@dataclass(frozen=True)
class Filter:
    """A parameter that the reader sets: an Altair parameter with a `bind`, whose `input` is the kind of control.

    `options` are the values to choose from, each with its text; `bounds` are min, max and step of numbers.
    """

    name: str
    label: str
    value: Any
    input: str
    options: tuple[tuple[str, Any], ...]
    bounds: Mapping[str, Any]


@dataclass(frozen=True)
class Panel:
    """One chart: `vega` as the page runs it, `lite` as Altair gave it, with the names of queries for its data."""

    number: int
    title: str
    subtitle: str
    is_card: bool
    is_wide: bool
    least_width: int
    """Below so many pixels the chart is scrolled inside its panel; 0 where it may be as narrow as the screen."""
    vega: Mapping[str, Any]
    lite: Mapping[str, Any]
    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Drawing:
    """All parts of a dashboard."""

    panels: tuple[Panel, ...]
    filters: tuple[Filter, ...]


def drawing(charts: "TopLevelMixin | Sequence[TopLevelMixin]", warehouse: RecordedWarehouse) -> Drawing:
    """Charts over results of `warehouse` as parts of a page.

    Raises DashboardError for what is no chart, data that is no query's result, and filters of one name that differ.
    """
    import altair as alt

    listed = list(charts) if isinstance(charts, list | tuple) else [charts]
    if not listed:
        raise DashboardError("dashboard(warehouse) returned no chart; return one, or a list of them")
    panels: list[Panel] = []
    filters: dict[str, Filter] = {}
    for number, chart in enumerate(listed, 1):
        if not isinstance(chart, alt.TopLevelMixin):
            kind = type(chart).__name__
            raise DashboardError(f"dashboard(warehouse) returned a {kind} as number {number}; return Altair charts")
        lite, queries = _specification(chart, number, warehouse)
        for found in _filters(lite):
            if filters.setdefault(found.name, found) != found:
                raise DashboardError(
                    f"chart {number}: its filter '{found.name}' is not the one of a chart before it; "
                    "make the parameter once and add it to each chart"
                )
        panels.append(_panel(number, lite, queries))
    return Drawing(tuple(panels), tuple(filters.values()))


def _specification(
    chart: "TopLevelMixin", number: int, warehouse: RecordedWarehouse
) -> tuple[dict[str, Any], list[Query]]:
    import altair as alt

    queries: dict[str, Query] = {}

    def named(data: Any, **_options: Any) -> dict[str, Any]:
        query = warehouse.query_of(data)
        if query is None:
            raise DashboardError(
                f"chart {number} carries data that is no query's result as it is; "
                "give it what warehouse.sql(…) returned, and compute in SQL or with Altair's transforms"
            )
        queries[query.name] = query
        return {"name": query.name}

    alt.data_transformers.register(_TRANSFORMER, named)
    with alt.data_transformers.enable(_TRANSFORMER, consolidate_datasets=False):
        lite = chart.to_dict()
    for data in _data_of(lite):
        if data.get("name") not in queries and "sequence" not in data:
            what = "an address" if "url" in data else "data of its own"
            raise DashboardError(f"chart {number} takes its rows from {what}; take them from warehouse.sql(…)")
    return lite, list(queries.values())


def _data_of(node: Any) -> Iterator[dict[str, Any]]:
    """Every `data` of a specification. What follows a field is no specification: rows may have any names."""
    if isinstance(node, dict):
        if isinstance(node.get("data"), dict):
            yield node["data"]
        for key, value in node.items():
            if key not in ("data", "usermeta", "params"):
                yield from _data_of(value)
    elif isinstance(node, list):
        for one in node:
            yield from _data_of(one)


def _filters(lite: Mapping[str, Any]) -> Iterator[Filter]:
    for parameter in lite.get("params", ()):
        control: dict[str, Any] | Any = parameter.get("bind")
        if not isinstance(control, dict) or "input" not in control:
            continue
        name = parameter["name"]
        if control["input"] not in _CONTROLS:
            raise DashboardError(f"filter '{name}': there is no control '{control['input']}'; take one of {_CONTROLS}")
        if "value" not in parameter:
            raise DashboardError(f"filter '{name}' has no value to begin with; give it value=…")
        label = str(control.get("name") or name.replace("_", " ").capitalize()).strip().rstrip(":")
        values: list[Any] = control.get("options", [])
        texts = [str(text) for text in control.get("labels") or values]
        bounds = {key: control[key] for key in ("min", "max", "step") if key in control}
        options = tuple(zip(texts, values, strict=True))
        yield Filter(name, label, parameter["value"], control["input"], options, bounds)


def _panel(number: int, lite: dict[str, Any], queries: list[Query]) -> Panel:
    import vl_convert

    title, subtitle = _titles(lite)
    is_card = _is_text(lite)
    composed = any(key in lite for key in _COMPOSED) or bool({"row", "column", "facet"} & set(lite.get("encoding", {})))
    width = lite.get("width", 0)
    is_wide = composed or (isinstance(width, int | float) and width >= WIDE)
    page = {key: value for key, value in lite.items() if key not in ("title", "name")}
    page["params"] = [
        {key: value for key, value in one.items() if key != "bind" or "input" not in value}
        for one in lite.get("params", ())
    ]
    page["description"] = lite.get("description") or ". ".join(filter(None, (title, subtitle))) or f"Chart {number}"
    page["config"] = themed(lite)
    if not composed:
        page["width"] = "container"
        page["autosize"] = {"type": "fit-x", "contains": "padding"}
    vega = vl_convert.vegalite_to_vega(page)
    # Lines and bars can be squeezed, cells and names side by side cannot.
    least_width = int(width) if not composed and isinstance(width, int | float) and _is_discrete(lite) else 0
    return Panel(number, title, subtitle, is_card, is_wide, least_width, vega, lite, tuple(queries))


def _is_discrete(lite: Mapping[str, Any]) -> bool:
    """Whether something has its places side by side on the x axis."""
    kind = lite.get("encoding", {}).get("x", {}).get("type")
    return kind in ("nominal", "ordinal") or any(_is_discrete(layer) for layer in lite.get("layer", ()))


def themed(lite: Mapping[str, Any]) -> dict[str, Any]:
    """The look of all dashboards, and what the chart configures itself."""
    own = lite.get("config", {})
    return {
        key: {**CONFIG.get(key, {}), **own[key]} if isinstance(own.get(key), dict) else own.get(key, CONFIG.get(key))
        for key in {**CONFIG, **own}
    } | {"view": {**own.get("view", {}), **CONFIG["view"]}}


def _titles(lite: Mapping[str, Any]) -> tuple[str, str]:
    title = lite.get("title", "")
    if isinstance(title, dict):
        return _joined(title.get("text", "")), _joined(title.get("subtitle", ""))
    return _joined(title), ""


def _joined(text: Any) -> str:
    if isinstance(text, dict):
        raise DashboardError("a title that is an expression cannot be a heading; write a text")
    return " ".join(map(str, text)) if isinstance(text, list) else str(text)


def _is_text(lite: Mapping[str, Any]) -> bool:
    """Whether all marks are texts: then the chart is a score card, its first text the figure, the others notes."""
    if "layer" in lite:
        return all(_is_text({**one, "title": ""}) for one in lite["layer"])
    mark = lite.get("mark")
    kind = mark.get("type") if isinstance(mark, dict) else mark
    place = {"x", "y", "row", "column", "facet"} & set(lite.get("encoding", {}))
    return kind == "text" and not place
