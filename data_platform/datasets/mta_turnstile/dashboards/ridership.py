"""Ridership by station

Who passed the turnstiles of New York: differences of their registers that can be believed. What was not measured is
not made up: coverage is the share of the time that is counted, a complete day is covered from midnight to midnight.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altair import Axis, Chart, Color, TopLevelMixin
    from duckdb import DuckDBPyConnection

_STATION_DAYS = """
-- Entries and exits of each station and day of the last year, in all and in slots of four hours
WITH slots AS (
    SELECT
        station_key,
        CAST(slot_start AS DATE) AS day,
        sum(entries) FILTER (WHERE hour(slot_start) = 0) AS entries_0,
        sum(entries) FILTER (WHERE hour(slot_start) = 4) AS entries_4,
        sum(entries) FILTER (WHERE hour(slot_start) = 8) AS entries_8,
        sum(entries) FILTER (WHERE hour(slot_start) = 12) AS entries_12,
        sum(entries) FILTER (WHERE hour(slot_start) = 16) AS entries_16,
        sum(entries) FILTER (WHERE hour(slot_start) = 20) AS entries_20,
        sum(exits) FILTER (WHERE hour(slot_start) = 0) AS exits_0,
        sum(exits) FILTER (WHERE hour(slot_start) = 4) AS exits_4,
        sum(exits) FILTER (WHERE hour(slot_start) = 8) AS exits_8,
        sum(exits) FILTER (WHERE hour(slot_start) = 12) AS exits_12,
        sum(exits) FILTER (WHERE hour(slot_start) = 16) AS exits_16,
        sum(exits) FILTER (WHERE hour(slot_start) = 20) AS exits_20
    FROM curated.station_time_slots
    GROUP BY ALL
)

SELECT
    concat_ws(' · ', days.station, days.line, days.division) AS station,
    CAST(days.service_date AS DATE) AS day,
    isodow(days.service_date) AS weekday,
    days.entries,
    days.exits,
    days.intervals_not_counted,
    least(days.covered_seconds, 86400 * days.turnstiles) AS covered_seconds,
    86400 * days.turnstiles AS open_seconds,
    CAST(days.is_complete AS INTEGER) AS complete,
    coalesce(slots.entries_0, 0) AS entries_0,
    coalesce(slots.entries_4, 0) AS entries_4,
    coalesce(slots.entries_8, 0) AS entries_8,
    coalesce(slots.entries_12, 0) AS entries_12,
    coalesce(slots.entries_16, 0) AS entries_16,
    coalesce(slots.entries_20, 0) AS entries_20,
    coalesce(slots.exits_0, 0) AS exits_0,
    coalesce(slots.exits_4, 0) AS exits_4,
    coalesce(slots.exits_8, 0) AS exits_8,
    coalesce(slots.exits_12, 0) AS exits_12,
    coalesce(slots.exits_16, 0) AS exits_16,
    coalesce(slots.exits_20, 0) AS exits_20
FROM curated.station_daily_ridership AS days
LEFT JOIN slots ON days.station_key = slots.station_key AND days.service_date = slots.day
WHERE days.service_date > (SELECT max(service_date) - INTERVAL 366 DAY FROM curated.station_daily_ridership)
ORDER BY day, station
"""

_CHOICES = """
-- The stations and the days to choose from
SELECT
    concat_ws(' · ', station, line, division) AS station,
    CAST(min(service_date) AS VARCHAR)[:10] AS first_day,
    CAST(max(service_date) AS VARCHAR)[:10] AS last_day
FROM curated.station_daily_ridership
WHERE service_date > (SELECT max(service_date) - INTERVAL 366 DAY FROM curated.station_daily_ridership)
GROUP BY ALL
ORDER BY station
"""

_HOURS = (0, 4, 8, 12, 16, 20)
_SLOT = "pad(datum.value, 2, '0', 'left') + '–' + pad(datum.value + 4, 2, '0', 'left')"
# Below this share of the time a day is no measure of other days.
_ENOUGH = 0.99
_ENTRIES, _EXITS = "#0a58a6", "#c2570c"
_MOST_STATIONS = 15
_WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']"
_COUNT = ",.0f"


def dashboard(warehouse: "DuckDBPyConnection") -> "list[TopLevelMixin]":
    """Score cards and panels over one table of station-days, which all of them filter by days and station."""
    import altair as alt

    choices = warehouse.sql(_CHOICES).fetchall()
    first_day = min((day for _, day, _ in choices), default="")
    last_day = max((day for _, _, day in choices), default="")
    stations = [station for station, _, _ in choices]
    filters = [
        alt.param("first_day", value=first_day, bind=alt.binding(input="date", name="From")),
        alt.param("last_day", value=last_day, bind=alt.binding(input="date", name="To")),
        alt.param(
            "station",
            value=None,
            bind=alt.binding_select(options=[None, *stations], labels=["All stations", *stations], name="Station"),
        ),
    ]
    rows = (
        alt.Chart(warehouse.sql(_STATION_DAYS))
        .add_params(*filters)
        .transform_filter(
            "(station === null || datum.station === station) && datum.day >= first_day && datum.day <= last_day"
        )
    )
    return [*_cards(rows), _by_day(rows), _busiest(rows), _against(rows), _by_weekday(rows), _by_slot(rows)]


def _cards(rows: "Chart") -> "list[TopLevelMixin]":
    people, time = f"format(datum.people, '{_COUNT}')", {"covered": "sum(covered_seconds)", "open": "sum(open_seconds)"}
    measured = "datum.open > 0 ? format(datum.covered / datum.open, '.1%') : ''"
    return [
        _card(rows, "Entries", people, "'people who entered'", people="sum(entries)"),
        _card(rows, "Exits", people, "'people who left'", people="sum(exits)"),
        _card(rows, "Stations", people, "'with turnstiles in this selection'", people="distinct(station)"),
        _card(
            rows,
            "Coverage",
            measured,
            f"'of the time; ' + format(datum.missed, '{_COUNT}') + ' intervals not counted'",
            missed="sum(intervals_not_counted)",
            **time,
        ),
        _card(
            rows,
            "Days",
            f"format(datum.days, '{_COUNT}')",
            f"format(datum.complete, '{_COUNT}') + ' of ' + format(datum.rows, '{_COUNT}')"
            " + ' station-days are complete'",
            days="distinct(day)",
            complete="sum(complete)",
        ),
    ]


def _card(rows: "Chart", title: str, figure: str, note: str, **sums: Any) -> "TopLevelMixin":
    import altair as alt

    # Sums over no rows are no zero: the card then shows a dash.
    known = rows.transform_aggregate(rows="count()", **sums).transform_filter("datum.rows > 0")
    texts = [known.transform_calculate(text=text).mark_text().encode(text="text:N") for text in (figure, note)]
    return alt.layer(*texts, title=title)


def _by_day(rows: "Chart") -> "TopLevelMixin":
    import altair as alt

    days = (
        rows.transform_aggregate(
            groupby=["day"],
            entries="sum(entries)",
            exits="sum(exits)",
            covered="sum(covered_seconds)",
            open="sum(open_seconds)",
        )
        .transform_calculate(
            date="toDate(datum.day)",
            coverage="datum.open > 0 ? datum.covered / datum.open : 0",
        )
        .transform_fold(["entries", "exits"], as_=["what", "people"])
    )
    base = days.encode(
        x=alt.X(
            "date:T",
            title=None,
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%-d %b", grid=False, labelOverlap=True),
        ),
        y=alt.Y("people:Q", title="people a day", axis=_people()),
        color=_what(),
        tooltip=[
            alt.Tooltip("what:N", title="Counted"),
            alt.Tooltip("people:Q", title="People", format=_COUNT),
            alt.Tooltip("date:T", title="Day", format="%a %d %b %Y", formatType="utc"),
            alt.Tooltip("coverage:Q", title="Measured", format=".1%"),
        ],
    )
    points = base.mark_point(size=45, strokeWidth=2).encode(
        fill=alt.condition(f"datum.covered < {_ENOUGH} * datum.open", alt.value("white"), _what(legend=None)),
    )
    return alt.layer(
        base.mark_line(),
        points,
        height=240,
        width=900,
        title=alt.Title(
            "Day by day", subtitle="Hollow points: less than 99% of the time was measured, the true count is higher."
        ),
    )


def _busiest(rows: "Chart") -> "TopLevelMixin":
    import altair as alt

    ranked = (
        rows.transform_aggregate(
            groupby=["station"],
            entries="sum(entries)",
            exits="sum(exits)",
            covered="sum(covered_seconds)",
            open="sum(open_seconds)",
        )
        .transform_window(place="row_number()", sort=[alt.SortField("entries", "descending"), alt.SortField("station")])
        .transform_filter(f"datum.place <= {_MOST_STATIONS}")
        .transform_calculate(
            coverage="datum.open > 0 ? datum.covered / datum.open : 0",
            told=f"format(datum.entries, '{_COUNT}')"
            f" + (datum.covered < {_ENOUGH} * datum.open"
            " ? ' (' + format(datum.covered / datum.open, '.0%') + ')' : '')",
        )
    )
    base = ranked.encode(
        x=alt.X("entries:Q", title="entries", axis=_people(), scale=alt.Scale(padding=0)),
        y=alt.Y("station:N", title=None, sort=alt.SortField("place"), axis=alt.Axis(labelLimit=190)),
        tooltip=[
            alt.Tooltip("station:N", title="Station"),
            alt.Tooltip("entries:Q", title="Entries", format=_COUNT),
            alt.Tooltip("exits:Q", title="Exits", format=_COUNT),
            alt.Tooltip("coverage:Q", title="Measured", format=".1%"),
        ],
    )
    bars = base.mark_bar(color=_ENTRIES)
    names = base.mark_text(align="left", dx=4, limit=110).encode(text="told:N")
    subtitle = f"By entries, the first {_MOST_STATIONS}; in brackets how much of the time was measured, below 99%."
    return alt.layer(bars, names, height=alt.Step(24), title=alt.Title("Busiest stations", subtitle=subtitle))


def _against(rows: "Chart") -> "Chart":
    import altair as alt

    stations = rows.transform_aggregate(
        groupby=["station"],
        entries="sum(entries)",
        exits="sum(exits)",
        covered="sum(covered_seconds)",
        open="sum(open_seconds)",
    ).transform_calculate(
        coverage="datum.open > 0 ? datum.covered / datum.open : 0",
        ratio="datum.entries > 0 ? datum.exits / datum.entries : 0",
    )
    points: Chart = (
        stations.mark_point(filled=True, size=60, opacity=0.65, color=_ENTRIES)
        .encode(
            x=alt.X("entries:Q", title="entries", scale=alt.Scale(type="sqrt"), axis=_people()),
            y=alt.Y("exits:Q", title="exits", scale=alt.Scale(type="sqrt"), axis=_people()),
            tooltip=[
                alt.Tooltip("station:N", title="Station"),
                alt.Tooltip("entries:Q", title="Entries", format=_COUNT),
                alt.Tooltip("exits:Q", title="Exits", format=_COUNT),
                alt.Tooltip("ratio:Q", title="Exits for each entry", format=".2f"),
                alt.Tooltip("coverage:Q", title="Measured", format=".1%"),
            ],
        )
        .properties(
            height=24 * _MOST_STATIONS,
            title=alt.Title("Entries against exits", subtitle="A point is a station; both axes are square roots."),
        )
    )
    return points


def _by_weekday(rows: "Chart") -> "TopLevelMixin":
    days = (
        _measured_days(rows, ["day", "weekday"], entries="sum(entries)", exits="sum(exits)")
        .transform_aggregate(groupby=["weekday"], entries="mean(entries)", exits="mean(exits)", days="count()")
        .transform_calculate(name=f"{_WEEKDAYS}[datum.weekday]")
    )
    return _typical(days, "weekday:O", f"{_WEEKDAYS}[datum.value]", "By day of the week", "")


def _by_slot(rows: "Chart") -> "TopLevelMixin":
    kinds = [f"{kind}_{hour}" for kind in ("entries", "exits") for hour in _HOURS]
    sums: Any = {kind: f"sum({kind})" for kind in kinds}
    means: Any = {kind: f"mean({kind})" for kind in kinds}
    slots = (
        _measured_days(rows, ["day"], **sums)
        .transform_aggregate(days="count()", **means)
        .transform_filter("datum.days > 0")
        .transform_fold([f"entries_{hour}" for hour in _HOURS], as_=["slot", "entries"])
        .transform_calculate(hour="+split(datum.slot, '_')[1]")
        .transform_calculate(exits="datum['exits_' + datum.hour]", name=_SLOT.replace("value", "hour"))
    )
    return _typical(slots, "hour:O", _SLOT, "By slot of four hours", " An interval lies in the slot of its middle.")


def _measured_days(rows: "Chart", groupby: list[Any], **sums: Any) -> "Chart":
    """Days of the selection, without those of which too little is known to be compared with others."""
    days: Chart = rows.transform_aggregate(
        groupby=groupby, covered="sum(covered_seconds)", open="sum(open_seconds)", **sums
    ).transform_filter(f"datum.open > 0 && datum.covered >= {_ENOUGH} * datum.open")
    return days


def _typical(rows: "Chart", x: str, label: str, title: str, note: str) -> "TopLevelMixin":
    import altair as alt

    folded = rows.transform_fold(["entries", "exits"], as_=["what", "people"])
    bars = folded.mark_bar().encode(
        x=alt.X(x, title=None, axis=alt.Axis(labelExpr=label, labelAngle=0)),
        xOffset="what:N",
        y=alt.Y("people:Q", title="people a day", axis=_people()),
        color=_what(),
        tooltip=[
            alt.Tooltip("name:N", title="When"),
            alt.Tooltip("what:N", title="Counted"),
            alt.Tooltip("people:Q", title="People a day", format=_COUNT),
            alt.Tooltip("days:Q", title="Mean of days", format=_COUNT),
        ],
    )
    subtitle = f"Mean of the days that were measured to at least 99% in this selection.{note}"
    return alt.layer(bars, height=220, title=alt.Title(title, subtitle=subtitle))


def _people() -> "Axis":
    import altair as alt

    return alt.Axis(labelExpr="datum.value === 0 ? '0' : format(datum.value, '~s')", tickCount=5)


def _what(**legend: Any) -> "Color":
    import altair as alt

    scale = alt.Scale(domain=["entries", "exits"], range=[_ENTRIES, _EXITS])
    return alt.Color("what:N", scale=scale, **(legend or {"legend": alt.Legend(title=None, orient="top")}))
