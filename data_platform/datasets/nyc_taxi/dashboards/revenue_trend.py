"""Revenue trend of yellow and green taxis, a panel per pickup borough."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altair import Axis, FacetChart, LayerChart, TitleParams, TopLevelMixin
    from duckdb import DuckDBPyConnection

# Amber and deep green: the fleets' own colours, told apart by lightness also without seeing red from green.
_COLOURS = {"yellow": "#E3A008", "green": "#14694F"}
_INK, _MUTED, _GRID = "#1F2933", "#52606D", "#E4E7EB"
_PANELS = 6
_TICKS = 4

# A mean over whole weeks, because a taxi's Sunday is never like its Friday. Days on which a service has no data
# at all have no value; a borough without a trip on a day of data has zero.
_TREND = """
WITH ranked AS (
    SELECT
        borough,
        sum(revenue_usd) AS revenue_usd,
        row_number() OVER (ORDER BY sum(revenue_usd) DESC, borough) AS place,
        count(*) OVER () AS boroughs
    FROM curated.daily_revenue
    GROUP BY borough
),
panels AS (
    SELECT
        borough,
        CASE WHEN place < $panels OR boroughs <= $panels THEN borough ELSE 'Elsewhere' END AS panel,
        least(place, $panels) AS place
    FROM ranked
),
days AS (
    SELECT DISTINCT service, pickup_date FROM curated.daily_revenue
),
span AS (
    SELECT unnest(generate_series(min(pickup_date), max(pickup_date), INTERVAL 1 DAY))::DATE AS pickup_date
    FROM days
),
revenue AS (
    SELECT service, pickup_date, panel, sum(revenue_usd) AS usd
    FROM curated.daily_revenue JOIN panels USING (borough)
    GROUP BY ALL
),
filled AS (
    SELECT
        services.service,
        span.pickup_date,
        named.panel,
        named.place,
        CASE WHEN days.service IS NOT NULL THEN coalesce(revenue.usd, 0) END AS usd
    FROM span
    CROSS JOIN (SELECT DISTINCT service FROM days) AS services
    CROSS JOIN (SELECT DISTINCT panel, place FROM panels) AS named
    LEFT JOIN days ON days.service = services.service AND days.pickup_date = span.pickup_date
    LEFT JOIN revenue
        ON revenue.service = services.service
        AND revenue.pickup_date = span.pickup_date
        AND revenue.panel = named.panel
),
smoothed AS (
    SELECT
        *,
        CASE WHEN count(usd) OVER recent = $window_days THEN avg(usd) OVER recent END AS mean_usd
    FROM filled
    WINDOW recent AS (PARTITION BY service, panel ORDER BY pickup_date ROWS $window_days - 1 PRECEDING)
)
SELECT
    service, panel, place, CAST(pickup_date AS VARCHAR) AS day, CAST(usd AS DOUBLE) AS usd, mean_usd
FROM smoothed
WHERE date_diff('day', pickup_date, (SELECT max(pickup_date) FROM days)) % $step_days = 0
ORDER BY place, service, pickup_date
"""

_SPAN_DAYS = "SELECT coalesce(max(pickup_date) - min(pickup_date) + 1, 0) FROM curated.daily_revenue"

# The last four weeks against the four before; only where no day is missing, or a late month would look like a slump.
_CHANGE = """
WITH aged AS (
    SELECT service, pickup_date, revenue_usd, date_diff('day', pickup_date, max(pickup_date) OVER ()) AS age
    FROM curated.daily_revenue
)
SELECT
    coalesce(service, 'all') AS service,
    CAST(sum(revenue_usd) FILTER (WHERE age < 28) / nullif(sum(revenue_usd) FILTER (WHERE age >= 28), 0) - 1 AS DOUBLE)
FROM aged
WHERE age < 56
GROUP BY ROLLUP (service)
HAVING count(DISTINCT (service, pickup_date)) = 56 * count(DISTINCT service)
ORDER BY service
"""

_SHARES = """
SELECT borough, CAST(sum(revenue_usd) / nullif(sum(sum(revenue_usd)) OVER (), 0) AS DOUBLE)
FROM curated.daily_revenue GROUP BY borough ORDER BY sum(revenue_usd) DESC, borough
"""


def chart(warehouse: "DuckDBPyConnection") -> "TopLevelMixin":
    """Revenue a day in US dollars, a panel per pickup borough: each service's mean of seven days and, in spans of up
    to a year, the days behind it.
    """
    import altair as alt

    (days,) = warehouse.execute(_SPAN_DAYS).fetchall()[0]
    if days == 0:
        nothing: alt.Chart = alt.Chart(alt.InlineData(values=[])).mark_line()
        return nothing.properties(title="No taxi revenue has been published yet")
    window_days, step_days = _resolution(days)
    query = warehouse.execute(_TREND, {"panels": _PANELS, "window_days": window_days, "step_days": step_days})
    names = [column[0] for column in query.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in query.fetchall()]
    panels = [_panel(rows, name, days, step_days) for name in dict.fromkeys(row["panel"] for row in rows)]
    drawn: alt.ConcatChart = (
        alt.concat(*panels, data=alt.InlineData(values=rows), columns=3, spacing=32)
        .properties(title=_title(warehouse, window_days, step_days), background="white", padding=24)
        .configure(font="Liberation Sans, Arial, Helvetica, sans-serif")
        .configure_view(stroke=None)
        .configure_axis(labelColor=_MUTED, labelFontSize=11, gridColor=_GRID, domainColor=_GRID, tickColor=_GRID)
        .configure_legend(labelColor=_INK, labelFontSize=13, symbolStrokeWidth=4, symbolSize=300)
    )
    return drawn


def _resolution(days: int) -> tuple[int, int]:
    """Days in a mean, and days from one point to the next: twelve lines stay below 5,000 points for 30 years."""
    if days <= 366:
        return 7, 1
    return (7, 7) if days <= 5 * 366 else (28, 28)


def _panel(rows: list[dict[str, Any]], name: str, days: int, step_days: int) -> "LayerChart | FacetChart":
    import altair as alt

    # Dates are read and shown as UTC, or a browser west of Greenwich would move them by a day.
    x = alt.X("day:T", title=None, scale=alt.Scale(type="utc"), axis=_time_axis(days))
    dollars = alt.Axis(
        labelExpr="datum.value === 0 ? '$0' : format(datum.value, '$~s')",
        tickCount=_TICKS,
        domain=False,
        ticks=False,
        labelPadding=6,
        minExtent=40,
    )
    colour = alt.Color(
        "service:N",
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(title=None, orient="top", labelExpr="datum.label + ' taxis'", symbolOpacity=1, offset=16),
    )
    tooltip = [
        alt.Tooltip("service:N", title="Taxis"),
        alt.Tooltip("mean_usd:Q", title="Mean a day", format="$,.0f"),
        alt.Tooltip("day:T", title="Until", format="%a %d %b %Y", formatType="utc"),
    ]
    base = alt.Chart().transform_filter(alt.datum.panel == name).encode(x=x, color=colour)
    # A scale that ends on a tick keeps the panels' titles in line.
    y = alt.Y(title=None, axis=dollars, scale=alt.Scale(zero=True, nice=_TICKS))
    layers = [base.mark_line(strokeWidth=2.5).encode(y=y.field("mean_usd").type("quantitative"), tooltip=tooltip)]
    if step_days == 1:
        each_day = base.mark_line(strokeWidth=1, opacity=0.35)
        layers.insert(0, each_day.encode(y=y.field("usd").type("quantitative")))
    return alt.layer(*layers, title=_panel_title(rows, name), width=250, height=130)


def _panel_title(rows: list[dict[str, Any]], name: str) -> "TitleParams":
    import altair as alt

    usd = sum(row["mean_usd"] or 0 for row in rows if row["panel"] == name)
    all_usd = sum(row["mean_usd"] or 0 for row in rows)
    days_with_mean = len({row["day"] for row in rows if row["mean_usd"] is not None})
    return alt.Title(
        name,
        subtitle=f"{_dollars(usd / days_with_mean)} a day, {usd / all_usd:.1%} of all" if all_usd else "",
        anchor="start",
        frame="group",
        offset=10,
        fontSize=15,
        subtitleFontSize=12,
        color=_INK,
        subtitleColor=_MUTED,
    )


def _time_axis(days: int) -> "Axis":
    """Weeks by their day, then months, then years, each as long as the labels stay apart."""
    import altair as alt

    year = "datum.index === 0 || utcmonth(datum.value) === 0 ? utcFormat(datum.value, '%Y') : ''"
    if days <= 62:
        label, interval, step = "utcFormat(datum.value, '%-d %b')", "week", 1 + days // 32
    elif days <= 366:
        label, interval, step = f"[utcFormat(datum.value, '%b'), {year}]", "month", 1 + days // 190
    else:
        label, interval, step = "utcFormat(datum.value, '%Y')", "year", 1 + days // 2200
    return alt.Axis(grid=False, labelExpr=label, tickCount={"interval": interval, "step": step})


def _title(warehouse: "DuckDBPyConnection", window_days: int, step_days: int) -> "TitleParams":
    import altair as alt

    borough, share = warehouse.execute(_SHARES).fetchall()[0]
    changes = {service: change for service, change in warehouse.execute(_CHANGE).fetchall() if change is not None}
    lines = [
        "US dollars a day by borough of pickup: fares, tips, tolls and surcharges, net of refunds.",
        f"Bold: mean of the last {window_days} days. "
        + ("Thin: each day. " if step_days == 1 else "")
        + "Each panel has its own scale.",
    ]
    if "all" in changes:
        by_service = ", ".join(f"{name} {change:+.1%}" for name, change in changes.items() if name != "all")
        lines.insert(0, f"The last four weeks against the four before: {changes['all']:+.1%} ({by_service}).")
    return alt.Title(
        f"{share:.0%} of taxi revenue starts in {borough}" if share is not None else "There was no taxi revenue",
        subtitle=lines,
        anchor="start",
        fontSize=22,
        subtitleFontSize=13,
        subtitleLineHeight=19,
        color=_INK,
        subtitleColor=_MUTED,
        offset=20,
        subtitlePadding=8,
    )


def _dollars(usd: float) -> str:
    """Three significant digits: $2.31M, $45.2k, $640, -$12."""
    sign, size = "-" if usd < 0 else "", abs(usd)
    if size >= 1e6:
        return f"{sign}${size / 1e6:.3g}M"
    return f"{sign}${size / 1e3:.3g}k" if size >= 1e3 else f"{sign}${size:.0f}"
