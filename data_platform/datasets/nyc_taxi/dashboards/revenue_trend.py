"""Taxi revenue and refunds

US dollars a day by borough of pickup: fares, tips, tolls and surcharges, net of refunds. Each panel has its own scale.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altair import Axis, Chart, Color, TopLevelMixin
    from duckdb import DuckDBPyConnection

# Amber and deep green: the fleets' own colours, told apart by lightness also without seeing red from green.
_COLOURS = {"yellow": "#C27C00", "green": "#14694F"}
_PANELS = 6
_TICKS = 4

# A mean over whole weeks, because a taxi's Sunday is never like its Friday. Days on which a service has no data
# at all have no value; a borough without a trip on a day of data has zero.
_TREND = """
-- Revenue a day of each service and panel, with its mean over whole weeks
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
    service, panel, place, pickup_date AS day, CAST(usd AS DOUBLE) AS usd, CAST(mean_usd AS DOUBLE) AS mean_usd
FROM smoothed
WHERE date_diff('day', pickup_date, (SELECT max(pickup_date) FROM days)) % $step_days = 0
ORDER BY place, service, pickup_date
"""

_SPAN_DAYS = """
-- How many days there are, which decides how fine the lines are
SELECT coalesce(max(pickup_date) - min(pickup_date) + 1, 0) AS days FROM curated.daily_revenue
"""

_TOTALS = """
-- Revenue and refunds of all days
SELECT
    sum(revenue_usd) AS revenue_usd,
    sum(refunded_usd) AS refunded_usd,
    sum(trips) AS trips,
    sum(refunds) AS refunds,
    count(DISTINCT pickup_date) AS days
FROM curated.daily_revenue
HAVING count(*) > 0
"""

# The last four weeks against the four before; only where no day is missing, or a late month would look like a slump.
_CHANGE = """
-- The last four weeks against the four before, where no day is missing
WITH aged AS (
    SELECT service, pickup_date, revenue_usd, date_diff('day', pickup_date, max(pickup_date) OVER ()) AS age
    FROM curated.daily_revenue
),
changes AS (
    SELECT
        coalesce(service, 'all') AS service,
        sum(revenue_usd) FILTER (WHERE age < 28) / nullif(sum(revenue_usd) FILTER (WHERE age >= 28), 0) - 1 AS change
    FROM aged
    WHERE age < 56
    GROUP BY ROLLUP (service)
    HAVING count(DISTINCT (service, pickup_date)) = 56 * count(DISTINCT service)
)
SELECT
    max(change) FILTER (WHERE service = 'all') AS change,
    max(change) FILTER (WHERE service = 'green') AS green,
    max(change) FILTER (WHERE service = 'yellow') AS yellow
FROM changes
"""

_BOROUGHS = """
-- Revenue a day of each borough, and its share of all
SELECT
    borough,
    row_number() OVER (ORDER BY sum(revenue_usd) DESC, borough) AS place,
    sum(revenue_usd) / (SELECT count(DISTINCT pickup_date) FROM curated.daily_revenue) AS usd_a_day,
    sum(revenue_usd) / nullif(sum(sum(revenue_usd)) OVER (), 0) AS share
FROM curated.daily_revenue
GROUP BY borough
ORDER BY place
"""

_REFUNDS = """
-- Refunds of each service and week
SELECT
    service,
    CAST(date_trunc('week', pickup_date) AS DATE) AS week,
    sum(refunds) AS refunds,
    sum(trips) AS trips,
    sum(refunds) / sum(trips) AS refunds_share,
    sum(refunded_usd) AS refunded_usd
FROM curated.daily_revenue
GROUP BY ALL
ORDER BY week, service
"""

_REFUNDS_BY_BOROUGH = """
-- Refunds by borough of pickup
SELECT
    borough,
    service,
    sum(refunded_usd) AS refunded_usd,
    sum(refunds) AS refunds,
    sum(refunds) / sum(trips) AS refunds_share
FROM curated.daily_revenue
GROUP BY ALL
ORDER BY refunded_usd DESC, borough, service
"""


def dashboard(warehouse: "DuckDBPyConnection") -> "list[TopLevelMixin]":
    """Each service's mean of seven days and, in spans of up to a year, the days behind it; then what was paid back."""
    ((days,),) = warehouse.sql(_SPAN_DAYS).fetchall()
    window_days, step_days = _resolution(days)
    trend = warehouse.sql(_TREND, params={"panels": _PANELS, "window_days": window_days, "step_days": step_days})
    names = list(dict.fromkeys(row[1] for row in trend.fetchall()))
    boroughs = warehouse.sql(_BOROUGHS)
    lines = f"Bold: mean of the last {window_days} days." + (" Thin: each day." if step_days == 1 else "")
    panels = [
        _panel(trend, name, f"{_share(boroughs.fetchall(), name, names)} {lines}".strip(), days, step_days)
        for name in names or ["All boroughs"]
    ]
    cards = _cards(warehouse, boroughs)
    return [*cards, *panels, _refunds(warehouse, days), _refunds_by_borough(warehouse)]


def _share(boroughs: "list[tuple[str, int, float, float | None]]", name: str, panels: list[str]) -> str:
    """What a panel's boroughs earn a day; those without a panel of their own are elsewhere."""
    own = [
        (usd, share) for borough, _, usd, share in boroughs if name == (borough if borough in panels else "Elsewhere")
    ]
    if not own or None in own[0]:
        return ""
    return f"{_short(sum(usd for usd, _ in own))} a day, {sum(share or 0 for _, share in own):.1%} of all."


def _short(usd: float) -> str:
    """Three significant digits: $2.31M, $45.2k, $640, -$12."""
    sign, size = "-" if usd < 0 else "", abs(usd)
    if size >= 1e6:
        return f"{sign}${size / 1e6:.3g}M"
    return f"{sign}${size / 1e3:.3g}k" if size >= 1e3 else f"{sign}${size:.0f}"


def _resolution(days: int) -> tuple[int, int]:
    """Days in a mean, and days from one point to the next: twelve lines stay below 5,000 points for 30 years."""
    if days <= 366:
        return 7, 1
    return (7, 7) if days <= 5 * 366 else (28, 28)


def _cards(warehouse: "DuckDBPyConnection", boroughs: Any) -> "list[TopLevelMixin]":
    import altair as alt

    totals = alt.Chart(warehouse.sql(_TOTALS))
    change = alt.Chart(warehouse.sql(_CHANGE))
    leader = alt.Chart(boroughs).transform_filter("datum.place === 1")
    percent = "isValid(datum.{0}) ? format(datum.{0}, '+.1%') : ''"
    return [
        _card(totals, "Revenue", "format(datum.revenue_usd, '$,.0f')", "'in ' + format(datum.days, ',') + ' days'"),
        _card(
            leader,
            "Most revenue starts in",
            "isValid(datum.share) ? datum.borough : ''",
            "isValid(datum.share) ? format(datum.share, '.1%') + ' of all revenue' : 'there was no revenue'",
        ),
        _card(
            change,
            "The last four weeks against the four before",
            percent.format("change"),
            "isValid(datum.change) ? 'yellow ' + ("
            + percent.format("yellow")
            + ") + ', green ' + ("
            + percent.format("green")
            + ") : 'told where no day of eight weeks is missing'",
        ),
        _card(
            totals,
            "Refunded",
            "format(datum.refunded_usd, '$,.0f')",
            "format(datum.refunds, ',') + ' refunds, '"
            " + format(datum.refunds / datum.trips, '.2%') + ' of trip records'",
        ),
    ]


def _card(rows: "Chart", title: str, figure: str, note: str) -> "TopLevelMixin":
    import altair as alt

    texts = [rows.transform_calculate(text=text).mark_text().encode(text="text:N") for text in (figure, note)]
    return alt.layer(*texts, title=title)


def _panel(rows: Any, name: str, subtitle: str, days: int, step_days: int) -> "TopLevelMixin":
    import altair as alt

    # Dates are read and shown as UTC, or a browser west of Greenwich would move them by a day.
    x = alt.X("day:T", title=None, scale=alt.Scale(type="utc"), axis=_time_axis(days))
    tooltip = [
        alt.Tooltip("service:N", title="Taxis"),
        alt.Tooltip("mean_usd:Q", title="Mean a day", format="$,.0f"),
        alt.Tooltip("usd:Q", title="This day", format="$,.0f"),
        alt.Tooltip("day:T", title="Until", format="%a %d %b %Y", formatType="utc"),
    ]
    base = alt.Chart(rows).transform_filter(alt.datum.panel == name).encode(x=x, color=_service())
    y = alt.Y(title=None, axis=_dollars(), scale=alt.Scale(zero=True, nice=_TICKS))
    layers = [base.mark_line().encode(y=y.field("mean_usd").type("quantitative"), tooltip=tooltip)]
    if step_days == 1:
        each_day = base.mark_line(strokeWidth=1, opacity=0.4)
        layers.insert(0, each_day.encode(y=y.field("usd").type("quantitative"), tooltip=tooltip))
    return alt.layer(*layers, title=alt.Title(name, subtitle=subtitle), height=150)


def _refunds(warehouse: "DuckDBPyConnection", days: int) -> "TopLevelMixin":
    import altair as alt

    base = alt.Chart(warehouse.sql(_REFUNDS)).encode(
        x=alt.X("week:T", title=None, scale=alt.Scale(type="utc"), axis=_time_axis(days)),
        y=alt.Y("refunds_share:Q", title=None, axis=alt.Axis(format=".1%", tickCount=_TICKS)),
        color=_service(),
        tooltip=[
            alt.Tooltip("service:N", title="Taxis"),
            alt.Tooltip("refunds_share:Q", title="Refunds of trip records", format=".2%"),
            alt.Tooltip("refunds:Q", title="Refunds", format=","),
            alt.Tooltip("refunded_usd:Q", title="Refunded", format="$,.0f"),
            alt.Tooltip("week:T", title="Week of", format="%a %d %b %Y", formatType="utc"),
        ],
    )
    title = alt.Title("Refunds week by week", subtitle="Share of trip records that take another back.")
    return alt.layer(base.mark_line(), base.mark_point(filled=True, size=40), title=title, height=180)


def _refunds_by_borough(warehouse: "DuckDBPyConnection") -> "Chart":
    import altair as alt

    title = alt.Title("Refunds by borough", subtitle="Dollars that were paid back, by borough of pickup.")
    bars: Chart = (
        alt.Chart(warehouse.sql(_REFUNDS_BY_BOROUGH), title=title)
        .mark_bar()
        .encode(
            x=alt.X("refunded_usd:Q", title=None, axis=_dollars()),
            y=alt.Y("borough:N", title=None, sort="-x"),
            color=_service(),
            tooltip=[
                alt.Tooltip("borough:N", title="Borough"),
                alt.Tooltip("service:N", title="Taxis"),
                alt.Tooltip("refunded_usd:Q", title="Refunded", format="$,.0f"),
                alt.Tooltip("refunds:Q", title="Refunds", format=","),
                alt.Tooltip("refunds_share:Q", title="Refunds of trip records", format=".2%"),
            ],
        )
    )
    return bars.properties(height=alt.Step(24))


def _dollars() -> "Axis":
    import altair as alt

    label = "datum.value === 0 ? '$0' : format(datum.value, '$~s')"
    return alt.Axis(labelExpr=label, tickCount=_TICKS, domain=False, ticks=False, labelPadding=6, minExtent=40)


def _service() -> "Color":
    import altair as alt

    legend = alt.Legend(title=None, orient="top", labelExpr="datum.label + ' taxis'", symbolOpacity=1)
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("service:N", scale=scale, legend=legend)


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
