"""One look for all charts: the site's ink and type, and colours that are told apart without seeing red from green."""

from typing import Any

INK, MUTED, LINE = "#1c2127", "#545d68", "#d8dde3"

# The first of these have a contrast of 3 to 1 against white and differ in lightness, not only in hue.
CATEGORIES = ("#0a58a6", "#c2570c", "#1b7f5c", "#8a3f8f", "#6b5b00", "#545d68")

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "padding": 4,
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif",
    "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 240},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 150,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFontSize": 13,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "title": {"color": INK, "subtitleColor": MUTED, "anchor": "start", "fontSize": 15, "subtitleFontSize": 12},
    "text": {"color": INK, "fontSize": 12},
    "range": {"category": list(CATEGORIES), "ramp": {"scheme": "blues"}, "heatmap": {"scheme": "blues"}},
    "bar": {"color": CATEGORIES[0]},
    "line": {"color": CATEGORIES[0], "strokeWidth": 2.5},
    "point": {"color": CATEGORIES[0]},
    "area": {"color": CATEGORIES[0]},
}
