"""A dashboard as one PNG picture, as it stands before anybody sets a filter: for the asset's page and the index."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_platform.site.dashboards.packing import columns_of
from data_platform.site.dashboards.panels import Panel, themed

if TYPE_CHECKING:
    import pyarrow as pa

_CARDS_IN_A_ROW = 5
_PANELS_IN_A_ROW = 2
_WIDTH = 960
# Small enough to be kept as metadata of every run, and as wide as the dialog in which the Dagster UI shows it.
_PIXELS_PER_POINT = 1.0
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Each chart has its own colours and its own legend, as on the page.
_CHANNELS = ("color", "fill", "stroke", "shape", "size", "opacity")
_OWN = {what: dict.fromkeys(_CHANNELS, "independent") for what in ("scale", "legend")}
_OF_THE_WHOLE = ("$schema", "config", "params", "background", "padding", "autosize", "usermeta", "datasets")


def picture(panels: Sequence[Panel]) -> bytes:
    """All panels on one sheet: cards in rows above, charts below."""
    import vl_convert

    return _compressed(vl_convert.vega_to_png(sheet(panels), scale=_PIXELS_PER_POINT, allowed_base_urls=[]))


def sheet(panels: Sequence[Panel]) -> dict[str, Any]:
    """The same as one Vega specification with its rows."""
    import vl_convert

    cards = [_apart(_card(panel.lite), panel.number) for panel in panels if panel.is_card]
    charts = [
        (panel.is_wide, _apart(_chart(panel.lite, wide=panel.is_wide), panel.number))
        for panel in panels
        if not panel.is_card
    ]
    rows = [{"hconcat": row, "spacing": 24, "resolve": _OWN} for row in _chunks(cards, _CARDS_IN_A_ROW)]
    rows += [{"hconcat": row, "spacing": 32, "resolve": _OWN} for row in _in_rows(charts)]
    shown = {query.name: query.rows for panel in panels for query in panel.queries}
    lite = {
        "$schema": panels[0].lite["$schema"],
        "vconcat": rows,
        "spacing": 28,
        "background": "white",
        "padding": 16,
        "params": list({one["name"]: one for panel in panels for one in _parameters(panel.lite)}.values()),
        "config": {**themed(panels[0].lite), "background": "white", "padding": 16},
        "resolve": _OWN,
    }
    drawn = vl_convert.vegalite_to_vega(lite)
    for data in drawn["data"]:
        if data["name"] in shown:
            data |= _rows(shown[data["name"]], data.get("transform", []))
    vega: dict[str, Any] = drawn
    return vega


def _apart(chart: dict[str, Any], number: int) -> dict[str, Any]:
    """The chart with a first step of its own. Vega-Lite makes one of two aggregations of the same rows, also where a
    name means the sum in one and the count in the other.
    """
    if any(key in chart for key in ("concat", "hconcat", "vconcat", "spec")):
        return chart
    return {**chart, "transform": [{"filter": f"{number} > 0"}, *chart.get("transform", [])]}


def _rows(table: "pa.Table", transforms: list[Any]) -> dict[str, Any]:
    """The rows as one row of lists, which Vega makes rows of: row by row as JSON, a year takes two gigabytes."""
    columns = columns_of(table)
    if not table.num_rows:
        return {"values": [], "transform": transforms}
    return {"values": [columns], "transform": [{"type": "flatten", "fields": list(columns)}, *transforms]}


def _parameters(lite: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """The page's parameters, with the values that they begin with. Selections stay in their own chart."""
    for one in lite.get("params", ()):
        if "select" not in one:
            yield {key: value for key, value in one.items() if key != "bind"}


def _bare(lite: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in lite.items() if key not in _OF_THE_WHOLE}
    selections = [one for one in lite.get("params", ()) if "select" in one]
    return {**own, "params": selections} if selections else own


def _chart(lite: Mapping[str, Any], *, wide: bool) -> dict[str, Any]:
    chart = _bare(lite)
    if not any(key in chart for key in ("concat", "hconcat", "vconcat", "facet", "repeat", "spec")):
        room = _WIDTH if wide else (_WIDTH - 32) // 2
        chart["width"] = room - 70  # the axis with its labels stands beside
    return chart


def _card(lite: Mapping[str, Any]) -> dict[str, Any]:
    """The figure of a score card, large and without its notes."""
    card = _bare(lite)
    first = card["layer"][0] if "layer" in card else card
    figure: dict[str, Any] = {key: first[key] for key in ("mark", "encoding", "transform") if key in first}
    mark = figure["mark"] if isinstance(figure["mark"], dict) else {"type": figure["mark"]}
    figure["mark"] = {**mark, "fontSize": 22, "fontWeight": 600, "align": "left", "x": 0, "limit": 170}
    figure |= {key: one[key] for one in (card, first) for key in ("data", "title") if key in one}
    if first is not card:
        figure["transform"] = [*card.get("transform", []), *first.get("transform", [])]
    return {**figure, "width": 165, "height": 34}


def _chunks(items: list[dict[str, Any]], size: int) -> list[list[dict[str, Any]]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _in_rows(charts: list[tuple[bool, dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Wide ones alone, the others side by side, all in their order."""
    rows: list[list[dict[str, Any]]] = []
    room = 0
    for wide, chart in charts:
        if wide or room == 0:
            rows.append([chart])
            room = 0 if wide else _PANELS_IN_A_ROW - 1
        else:
            rows[-1].append(chart)
            room -= 1
    return rows


def _compressed(png: bytes) -> bytes:
    """The same picture, pixel by pixel. The renderer compresses for speed, to two or three times the size."""
    chunks, start = [], len(_PNG_SIGNATURE)
    while start < len(png):
        (length,) = struct.unpack_from(">I", png, start)
        chunks.append((png[start + 4 : start + 8], png[start + 8 : start + 8 + length]))
        start += 12 + length  # length, type, content, checksum
    pixels = zlib.compress(zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT")), 9)
    before_pixels = [chunk for chunk in chunks if chunk[0] not in (b"IDAT", b"IEND")]
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (*before_pixels, (b"IDAT", pixels), (b"IEND", b""))
    )
