"""A chart is drawn when the publication or its function has changed, and not otherwise."""

from datetime import timedelta

from data_platform.steps.charts import Chart, Drawn, chart_is_behind, draw
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.planning.town import rain
from data_platform_tests.small_dataset import NOW, SmallDataset

_CHART = '''\
"""Rain a day."""

import altair as alt


def chart(warehouse):
    """How much it rained."""
    days = warehouse.execute("SELECT reading_date, rain_mm::DOUBLE AS rain FROM curated.daily_rain").df()
    return alt.Chart(days).mark_bar().encode(x="reading_date:T", y="rain:Q")
'''


def _chart(small: SmallDataset, text: str = _CHART) -> Chart:
    small.write({"dashboards/rain.py": text})
    (chart,) = small.datasets.by_name["rain"].charts
    return chart


def _drawn(small: SmallDataset, chart: Chart) -> Drawn:
    drawn = draw(small.platform, chart)
    assert drawn is not None
    assert not chart_is_behind(small.platform, chart)
    return drawn


def test_a_chart_follows_the_publication_and_its_own_text(built_town: SmallDataset) -> None:
    chart = _chart(built_town)
    assert draw(built_town.platform, chart) is None
    assert not chart_is_behind(built_town.platform, chart)

    publish_warehouse(built_town.platform, now=NOW)
    assert chart_is_behind(built_town.platform, chart)
    first = _drawn(built_town, chart)
    assert (first.changed, first.png[:4], chart.description) == (True, b"\x89PNG", "How much it rained.")
    written = first.page.stat().st_mtime_ns
    again = _drawn(built_town, chart)
    assert (again.changed, again.png, again.page.stat().st_mtime_ns) == (False, first.png, written)

    rain(built_town, "2024-02", 40)
    built_town.run()
    assert not chart_is_behind(built_town.platform, chart)
    publish_warehouse(built_town.platform, now=NOW + timedelta(minutes=1))
    assert chart_is_behind(built_town.platform, chart)
    second = _drawn(built_town, chart)
    assert second.changed
    assert second.png != first.png

    edited = _chart(built_town, _CHART.replace("mark_bar", "mark_line"))
    assert chart_is_behind(built_town.platform, edited)
    assert _drawn(built_town, edited).png != second.png


def test_a_chart_whose_page_was_deleted_is_drawn_again(built_town: SmallDataset) -> None:
    chart = _chart(built_town)
    publish_warehouse(built_town.platform, now=NOW)
    _drawn(built_town, chart).page.unlink()
    assert chart_is_behind(built_town.platform, chart)
    assert _drawn(built_town, chart).changed
