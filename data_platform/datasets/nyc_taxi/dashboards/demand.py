"""Where and when taxis are taken

Trips of the last year of data by zone and hour of pickup, and from borough to borough. Refunds are no demand.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altair import Chart, TopLevelMixin
    from duckdb import DuckDBPyConnection

_ZONES = """
-- Pickups of the last year by service, weekday, zone and hour
SELECT
    service,
    isodow(pickup_date) AS weekday,
    borough,
    zone || ' · ' || zone_id AS zone,
    pickup_hour AS hour,
    sum(pickups) AS pickups,
    sum(revenue_usd) AS revenue_usd
FROM curated.zone_hour_demand
WHERE pickup_date > (SELECT max(pickup_date) - 366 FROM curated.zone_hour_demand)
GROUP BY ALL
ORDER BY ALL
"""

_FLOWS = """
-- Trips of the last year by service, weekday and boroughs of pickup and dropoff
SELECT
    service,
    isodow(pickup_date) AS weekday,
    pickup_borough AS borough,
    dropoff_borough,
    sum(trips - refunds) AS trips,
    sum(revenue_usd) AS revenue_usd,
    sum(distance_miles) AS distance_miles
FROM curated.borough_flows
WHERE pickup_date > (SELECT max(pickup_date) - 366 FROM curated.borough_flows)
GROUP BY ALL
ORDER BY ALL
"""

_BOROUGHS = """
-- The boroughs to choose from
SELECT DISTINCT borough FROM curated.zone_hour_demand ORDER BY borough
"""

_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MOST_ZONES = 20
_COUNT = ",.0f"
_SELECTED = (
    "(service === null || datum.service === service) && (borough === null || datum.borough === borough)"
    " && (weekday === 0 || datum.weekday === weekday)"
)


def dashboard(warehouse: "DuckDBPyConnection") -> "list[TopLevelMixin]":
    """Score cards, a heat map of zones and hours, and flows; all follow service, borough of pickup and weekday."""
    import altair as alt

    boroughs = [borough for (borough,) in warehouse.sql(_BOROUGHS).fetchall()]
    filters = [
        _choice("service", "Taxis", {"Yellow and green": None, "Yellow": "yellow", "Green": "green"}),
        _choice("borough", "Borough of pickup", {"All boroughs": None, **{name: name for name in boroughs}}),
        alt.param(
            "weekday",
            value=0,
            bind=alt.binding_select(options=list(range(8)), labels=["All days", *_DAYS], name="Day of the week"),
        ),
    ]
    zones, flows = (
        alt.Chart(warehouse.sql(query)).add_params(*filters).transform_filter(_SELECTED) for query in (_ZONES, _FLOWS)
    )
    return [*_cards(zones, flows), _heat_map(zones), _flows(flows), _hours(zones)]


def _choice(name: str, label: str, options: dict[str, str | None]) -> Any:
    import altair as alt

    bind = alt.binding_select(options=list(options.values()), labels=list(options), name=label)
    return alt.param(name, value=None, bind=bind)


def _cards(zones: "Chart", flows: "Chart") -> "list[TopLevelMixin]":
    trips = f"format(datum.trips, '{_COUNT}')"
    return [
        _card(zones, "Pickups", trips, "'trips that began, without refunds'", trips="sum(pickups)"),
        _card(
            zones, "Zones", f"format(datum.zones, '{_COUNT}')", "'with a pickup or a refund'", zones="distinct(zone)"
        ),
        _card(zones, "Revenue", "format(datum.usd, '$,.0f')", "'net of refunds'", usd="sum(revenue_usd)"),
        _card(
            flows,
            "Mean distance",
            "datum.trips > 0 ? format(datum.miles / datum.trips, '.2f') + ' mi' : ''",
            f"format(datum.miles, '{_COUNT}') + ' miles in ' + {trips} + ' trips'",
            miles="sum(distance_miles)",
            trips="sum(trips)",
        ),
    ]


def _card(rows: "Chart", title: str, figure: str, note: str, **sums: Any) -> "TopLevelMixin":
    import altair as alt

    # Sums over no rows are no zero: the card then shows a dash.
    known = rows.transform_aggregate(rows="count()", **sums).transform_filter("datum.rows > 0")
    texts = [known.transform_calculate(text=text).mark_text().encode(text="text:N") for text in (figure, note)]
    return alt.layer(*texts, title=title)


def _heat_map(zones: "Chart") -> "Chart":
    import altair as alt

    cells = (
        zones.transform_joinaggregate(groupby=["zone"], of_zone="sum(pickups)")
        .transform_aggregate(groupby=["zone", "borough", "hour", "of_zone"], pickups="sum(pickups)")
        .transform_window(place="dense_rank()", sort=[alt.SortField("of_zone", "descending"), alt.SortField("zone")])
        .transform_filter(f"datum.place <= {_MOST_ZONES}")
    )
    title = alt.Title(
        "The busiest zones, hour by hour",
        subtitle=f"Pickups by hour of the day in New York; the {_MOST_ZONES} zones with most. No cell: no pickup.",
    )
    map_: Chart = cells.mark_rect(stroke="white", strokeWidth=1).encode(
        x=alt.X(
            "hour:O", title="hour of the day", scale=alt.Scale(domain=list(range(24))), axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("zone:N", title=None, sort=alt.SortField("place"), axis=alt.Axis(labelLimit=230)),
        color=alt.Color(
            "pickups:Q",
            scale=alt.Scale(scheme="blues", zero=True),
            legend=alt.Legend(title="pickups", orient="top", gradientLength=200, format=",.0f", tickCount=4),
        ),
        tooltip=[
            alt.Tooltip("zone:N", title="Zone"),
            alt.Tooltip("borough:N", title="Borough"),
            alt.Tooltip("hour:O", title="Hour"),
            alt.Tooltip("pickups:Q", title="Pickups", format=_COUNT),
        ],
    )
    return map_.properties(title=title, width=760, height=alt.Step(22))


def _flows(flows: "Chart") -> "TopLevelMixin":
    import altair as alt

    pairs = (
        flows.transform_aggregate(
            groupby=["borough", "dropoff_borough"],
            trips="sum(trips)",
            usd="sum(revenue_usd)",
            miles="sum(distance_miles)",
        )
        .transform_joinaggregate(all="sum(trips)", most="max(trips)")
        .transform_filter("datum.trips > 0")
        .transform_calculate(share="datum.trips / datum.all", mean_usd="datum.usd / datum.trips")
    )
    base = pairs.encode(
        x=alt.X("dropoff_borough:N", title="to", axis=alt.Axis(labelAngle=-40, orient="top")),
        y=alt.Y("borough:N", title="from"),
        tooltip=[
            alt.Tooltip("borough:N", title="From"),
            alt.Tooltip("dropoff_borough:N", title="To"),
            alt.Tooltip("trips:Q", title="Trips", format=_COUNT),
            alt.Tooltip("share:Q", title="Of all", format=".1%"),
            alt.Tooltip("mean_usd:Q", title="Revenue a trip", format="$,.2f"),
        ],
    )
    # A square root, or Manhattan alone would have a colour.
    colour = alt.Color("trips:Q", scale=alt.Scale(type="sqrt", scheme="blues", zero=True), legend=None)
    ink = alt.condition("sqrt(datum.trips / datum.most) > 0.55", alt.value("white"), alt.value("#1c2127"))
    shares = base.transform_calculate(told="datum.share < 0.001 ? '<0.1%' : format(datum.share, '.1%')")
    return alt.layer(
        base.mark_rect(stroke="white", strokeWidth=1).encode(color=colour),
        shares.mark_text(fontSize=11).encode(text="told:N", color=ink),
        width=440,
        height=alt.Step(30),
        title=alt.Title("From borough to borough", subtitle="Share of the trips in this selection."),
    )


def _hours(zones: "Chart") -> "Chart":
    import altair as alt

    hours = zones.transform_aggregate(groupby=["hour"], pickups="sum(pickups)")
    bars: Chart = hours.mark_bar().encode(
        x=alt.X("hour:O", title="hour of the day", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y(
            "pickups:Q",
            title="pickups",
            axis=alt.Axis(labelExpr="datum.value === 0 ? '0' : format(datum.value, '~s')", tickCount=5),
        ),
        tooltip=[alt.Tooltip("hour:O", title="Hour"), alt.Tooltip("pickups:Q", title="Pickups", format=_COUNT)],
    )
    return bars.properties(
        height=220, title=alt.Title("Hour by hour", subtitle="Pickups of all zones in this selection.")
    )
