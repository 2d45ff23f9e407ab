"""What customers say

Posts and reviews of the last year of data. English texts are scored by VADER; others are not, and are not guessed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altair import Chart, TopLevelMixin
    from duckdb import DuckDBPyConnection

_WEEKS = """
-- Messages of the last year by week, product, channel and language
SELECT
    date_trunc('week', written_date) AS week,
    product,
    channel,
    language,
    sum(messages) AS messages,
    sum(scored) AS scored,
    sum(positive) AS positive,
    sum(negative) AS negative
FROM curated.sentiment_daily
WHERE written_date > (SELECT max(written_date) - 366 FROM curated.sentiment_daily)
GROUP BY ALL
ORDER BY ALL
"""

_WATCHED = """
-- What the watchlist found in the last year
SELECT
    week_start AS week,
    product,
    channel,
    severity,
    scored,
    negative_share,
    before_negative_share,
    z_score
FROM curated.response_watchlist
WHERE severity IN ('watch', 'alert')
    AND week_start > (SELECT max(week_start) - 366 FROM curated.response_watchlist)
ORDER BY ALL
"""

_THEMES = """
-- What was spoken of in the last year, by product and theme
SELECT
    product,
    theme,
    sum(messages) AS messages,
    sum(scored) AS scored,
    sum(negative) AS negative
FROM curated.feedback_themes
WHERE week_start > (SELECT max(week_start) - 366 FROM curated.feedback_themes)
GROUP BY ALL
ORDER BY ALL
"""

_QUALITY = """
-- How the model does in the language that it speaks, by week
SELECT
    week_start AS week,
    model || ' ' || model_version AS model,
    scored,
    stability_index,
    judged,
    agreed
FROM curated.model_quality
WHERE scored > 0 AND week_start > (SELECT max(week_start) - 366 FROM curated.model_quality)
ORDER BY ALL
"""

_CHOICES = """
-- The products and channels to choose from
SELECT DISTINCT product, channel FROM curated.sentiment_daily ORDER BY ALL
"""

_COUNT = ",.0f"
_SELECTED = "(product === null || datum.product === product) && (channel === null || datum.channel === channel)"
_OF_PRODUCT = "product === null || datum.product === product"
_SEVERITY = {"watch": "#d9822b", "alert": "#c23030"}
_SHARE_AXIS: dict[str, Any] = {"format": ".0%", "tickCount": 5}


def dashboard(warehouse: "DuckDBPyConnection") -> "list[TopLevelMixin]":
    """Score cards, negative shares with what the watchlist found, languages, themes, and how the model does."""
    import altair as alt

    choices = warehouse.sql(_CHOICES).fetchall()
    filters = [
        _choice("product", "Product", "All products", sorted({product for product, _ in choices})),
        _choice("channel", "Channel", "All channels", sorted({channel for _, channel in choices})),
    ]
    weeks, watched = (
        alt.Chart(warehouse.sql(query)).add_params(*filters).transform_filter(_SELECTED) for query in (_WEEKS, _WATCHED)
    )
    themes = alt.Chart(warehouse.sql(_THEMES)).add_params(filters[0]).transform_filter(_OF_PRODUCT)
    quality = alt.Chart(warehouse.sql(_QUALITY))
    panels = [_trend(weeks), _watchlist(watched), _languages(weeks), _themes(themes)]
    return [*_cards(weeks, watched), *panels, _agreement(quality), _stability(quality)]


def _choice(name: str, label: str, all_: str, options: list[str]) -> Any:
    import altair as alt

    bind = alt.binding_select(options=[None, *options], labels=[all_, *options], name=label)
    return alt.param(name, value=None, bind=bind)


def _cards(weeks: "Chart", watched: "Chart") -> "list[TopLevelMixin]":
    sums = {name: f"sum({name})" for name in ("messages", "scored", "negative", "positive")}
    scored, unscored = "datum.scored / datum.messages", f"format(datum.messages - datum.scored, '{_COUNT}')"
    return [
        _card(weeks, "Messages", f"format(datum.messages, '{_COUNT}')", "'posts and reviews'", **sums),
        _card(weeks, "Scored", f"format({scored}, '.0%')", f"{unscored} + ' in no language of the model'", **sums),
        _card(
            weeks,
            "Negative",
            "datum.scored > 0 ? format(datum.negative / datum.scored, '.1%') : ''",
            "datum.scored > 0 ? format(datum.positive / datum.scored, '.1%') + ' positive' : ''",
            **sums,
        ),
        _card(
            watched.transform_calculate(alert="datum.severity === 'alert' ? 1 : 0"),
            "On the watchlist",
            f"format(datum.rows, '{_COUNT}')",
            f"format(datum.alerts, '{_COUNT}') + ' of them alerts'",
            alerts="sum(alert)",
        ),
    ]


def _card(rows: "Chart", title: str, figure: str, note: str, **sums: Any) -> "TopLevelMixin":
    import altair as alt

    # Sums over no rows are no zero: the card then shows a dash.
    known = rows.transform_aggregate(rows="count()", **sums).transform_filter("datum.rows > 0")
    texts = [known.transform_calculate(text=text).mark_text().encode(text="text:N") for text in (figure, note)]
    return alt.layer(*texts, title=title)


def _week() -> Any:
    import altair as alt

    return alt.X(
        "week:T", title=None, scale=alt.Scale(type="utc", padding=12), axis=alt.Axis(format="%d %b", tickCount=6)
    )


def _trend(weeks: "Chart") -> "TopLevelMixin":
    import altair as alt

    shares = (
        weeks.transform_aggregate(groupby=["week", "product"], scored="sum(scored)", negative="sum(negative)")
        .transform_filter("datum.scored > 0")
        .transform_calculate(share="datum.negative / datum.scored")
    )
    lines: Chart = shares.mark_line(point=True).encode(
        x=_week(),
        y=alt.Y("share:Q", title="negative", axis=alt.Axis(**_SHARE_AXIS), scale=alt.Scale(zero=True)),
        color=alt.Color("product:N", legend=alt.Legend(title=None, orient="top", columns=2)),
        tooltip=[
            alt.Tooltip("product:N", title="Product"),
            alt.Tooltip("week:T", title="Week of", format="%d %b %Y"),
            alt.Tooltip("share:Q", title="Negative", format=".1%"),
            alt.Tooltip("scored:Q", title="Scored", format=_COUNT),
        ],
    )
    title = alt.Title("Negative messages, week by week", subtitle="Share of the messages that were scored.")
    return lines.properties(title=title, width=760, height=260)


def _watchlist(watched: "Chart") -> "TopLevelMixin":
    import altair as alt

    named = watched.transform_calculate(
        where="datum.product + ' · ' + datum.channel + ', ' + utcFormat(toDate(datum.week), '%d %b %Y')"
    )
    base = named.encode(
        y=alt.Y("where:N", title=None, sort=alt.SortField("z_score", "descending"), axis=alt.Axis(labelLimit=230)),
        tooltip=[
            alt.Tooltip("where:N", title="Where"),
            alt.Tooltip("severity:N", title="Severity"),
            alt.Tooltip("negative_share:Q", title="Negative", format=".1%"),
            alt.Tooltip("before_negative_share:Q", title="Weeks before", format=".1%"),
            alt.Tooltip("scored:Q", title="Scored", format=_COUNT),
            alt.Tooltip("z_score:Q", title="z", format=".1f"),
        ],
    )
    colour = alt.Color(
        "severity:N",
        scale=alt.Scale(domain=list(_SEVERITY), range=list(_SEVERITY.values())),
        legend=alt.Legend(title=None, orient="top"),
    )
    share = alt.X("before_negative_share:Q", title="negative", axis=alt.Axis(**_SHARE_AXIS), scale=alt.Scale(zero=True))
    subtitle = "From the share of up to four weeks before (grey) to that of the week."
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(x=share, x2="negative_share:Q", color=colour),
        base.mark_point(filled=True, size=60, color="#8a9ba8").encode(x=share),
        base.mark_point(filled=True, size=110).encode(x="negative_share:Q", color=colour),
        height=alt.Step(30),
        title=alt.Title("Where somebody should answer", subtitle=subtitle),
    )


def _languages(weeks: "Chart") -> "TopLevelMixin":
    import altair as alt

    counted = (
        weeks.transform_aggregate(groupby=["language"], scored="sum(scored)", messages="sum(messages)")
        .transform_calculate(unscored="datum.messages - datum.scored")
        .transform_fold(["scored", "unscored"], as_=["how", "count"])
        .transform_filter("datum.count > 0")
    )
    bars: Chart = counted.mark_bar().encode(
        x=alt.X("count:Q", title="messages", axis=alt.Axis(format="~s", tickCount=5)),
        y=alt.Y("language:N", title=None, sort=alt.SortField("messages", "descending")),
        color=alt.Color(
            "how:N",
            scale=alt.Scale(domain=["scored", "unscored"], range=["#2b95d6", "#c5cbd3"]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=[
            alt.Tooltip("language:N", title="Language"),
            alt.Tooltip("how:N", title="How"),
            alt.Tooltip("count:Q", title="Messages", format=_COUNT),
        ],
    )
    subtitle = "By ISO 639; und: cannot be told, none: stars without text."
    return bars.properties(height=alt.Step(20), title=alt.Title("Languages, and what was scored", subtitle=subtitle))


def _themes(themes: "Chart") -> "TopLevelMixin":
    import altair as alt

    counted = themes.transform_filter("datum.scored > 0").transform_calculate(
        share="datum.negative / datum.scored", told="format(datum.negative / datum.scored, '.0%')"
    )
    base = counted.encode(
        x=alt.X("theme:N", title=None, axis=alt.Axis(labelAngle=-40, orient="top")),
        y=alt.Y("product:N", title=None),
        tooltip=[
            alt.Tooltip("product:N", title="Product"),
            alt.Tooltip("theme:N", title="Theme"),
            alt.Tooltip("messages:Q", title="Messages", format=_COUNT),
            alt.Tooltip("share:Q", title="Negative", format=".1%"),
        ],
    )
    colour = alt.Color("share:Q", scale=alt.Scale(scheme="oranges", domain=[0, 0.6], clamp=True), legend=None)
    ink = alt.condition("datum.share > 0.45", alt.value("white"), alt.value("#1c2127"))
    return alt.layer(
        base.mark_rect(stroke="white", strokeWidth=1).encode(color=colour),
        base.mark_text(fontSize=11).encode(text="told:N", color=ink),
        height=alt.Step(34),
        title=alt.Title("What it is about", subtitle="Share of negative messages among those that touch a theme."),
    )


def _agreement(quality: "Chart") -> "TopLevelMixin":
    import altair as alt

    shares = quality.transform_filter("datum.judged > 0").transform_calculate(share="datum.agreed / datum.judged")
    lines: Chart = shares.mark_line(point=True).encode(
        x=_week(),
        y=alt.Y("share:Q", title="agree", axis=alt.Axis(**_SHARE_AXIS), scale=alt.Scale(domain=[0, 1])),
        tooltip=[
            alt.Tooltip("week:T", title="Week of", format="%d %b %Y"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("share:Q", title="Agree", format=".1%"),
            alt.Tooltip("judged:Q", title="Reviews", format=_COUNT),
        ],
    )
    subtitle = "Scored reviews with 1, 2, 4 or 5 stars whose sign is that of the stars; all products."
    return lines.properties(height=200, title=alt.Title("Does the model agree with stars?", subtitle=subtitle))


def _stability(quality: "Chart") -> "TopLevelMixin":
    import altair as alt

    known = quality.transform_filter("isValid(datum.stability_index)")
    bars: Chart = known.mark_bar(size=14).encode(
        x=_week(),
        y=alt.Y("stability_index:Q", title="index", scale=alt.Scale(domainMin=0)),
        color=alt.condition("datum.stability_index > 0.1", alt.value("#c23030"), alt.value("#8a9ba8")),
        tooltip=[
            alt.Tooltip("week:T", title="Week of", format="%d %b %Y"),
            alt.Tooltip("model:N", title="Model"),
            alt.Tooltip("stability_index:Q", title="Index", format=".3f"),
            alt.Tooltip("scored:Q", title="Scored", format=_COUNT),
        ],
    )
    subtitle = "Population stability index against four weeks before; red above 0.1, where a check warns."
    return bars.properties(height=200, title=alt.Title("Are the scores as they were?", subtitle=subtitle))
