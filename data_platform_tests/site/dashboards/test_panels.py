"""Charts as parts of a page: what is a card, a panel, a filter, and what cannot be drawn."""

from collections.abc import Callable, Iterator
from typing import Any

import altair as alt
import duckdb
import pytest

from data_platform.site.dashboards.panels import DashboardError, Drawing, drawing
from data_platform.warehouse.recorded import RecordedWarehouse

ROWS = "SELECT 'a' AS name, 1 AS value UNION ALL SELECT 'b', 2"


@pytest.fixture
def warehouse() -> Iterator[RecordedWarehouse]:
    with duckdb.connect() as connection:
        yield RecordedWarehouse(connection)


def bars(rows: Any, **properties: Any) -> alt.Chart:
    chart: alt.Chart = alt.Chart(rows).mark_bar().encode(x="value:Q", y="name:N").properties(**properties)
    return chart


def test_a_chart_knows_its_query_its_title_and_how_much_room_it_wants(warehouse: RecordedWarehouse) -> None:
    rows, others = warehouse.sql(ROWS), warehouse.sql("SELECT 3 AS value")
    title = alt.Title("Values", subtitle=["by name,", "all of them"])
    parts = drawing([bars(rows, title=title), bars(others, width=700), bars(rows, title=["In", "two"])], warehouse)
    first, wide, last = parts.panels
    assert (first.title, first.subtitle, last.title) == ("Values", "by name, all of them", "In two")
    assert [query.number for query in (*first.queries, *wide.queries)] == [1, 2]
    assert (first.is_wide, wide.is_wide) == (False, True)
    assert first.vega["description"] == "Values. by name, all of them"


def test_only_what_stands_side_by_side_keeps_a_width_that_is_scrolled(warehouse: RecordedWarehouse) -> None:
    rows = warehouse.sql(ROWS)
    cells = alt.Chart(rows, width=400).mark_rect().encode(x="name:N")
    parts = drawing(
        [cells, bars(rows, width=400), alt.layer(cells, cells), cells.properties(width=alt.Step(9))], warehouse
    )
    assert [panel.least_width for panel in parts.panels] == [400, 0, 400, 0]


def test_a_chart_of_texts_is_a_score_card_and_one_with_places_is_not(warehouse: RecordedWarehouse) -> None:
    texts = alt.Chart(warehouse.sql(ROWS)).mark_text().encode(text="sum(value):Q")
    placed = texts.encode(x="value:Q")
    parts = drawing([texts, alt.layer(texts, texts), placed, alt.layer(texts, bars(warehouse.sql(ROWS)))], warehouse)
    assert [panel.is_card for panel in parts.panels] == [True, True, False, False]


def test_a_parameter_with_a_control_is_a_filter_of_the_page_and_no_control_of_a_chart(
    warehouse: RecordedWarehouse,
) -> None:
    rows = warehouse.sql(ROWS)
    name = alt.param("chosen", value=None, bind=alt.binding_select(options=[None, "a"], labels=["All", "a"]))
    least = alt.param("least", value=1, bind=alt.binding_range(min=0, max=9, step=1, name="At least: "))
    hidden = alt.param("factor", value=2)
    parts = drawing([bars(rows).add_params(name, least, hidden), bars(rows).add_params(name)], warehouse)
    chosen, at_least = parts.filters
    assert (chosen.label, chosen.value, chosen.options) == ("Chosen", None, (("All", None), ("a", "a")))
    assert (at_least.label, at_least.input, at_least.bounds) == ("At least", "range", {"min": 0, "max": 9, "step": 1})
    assert "bind" not in str(parts.panels[0].vega["signals"])


def no_chart(_rows: Any) -> Any:
    return [1]


def nothing(_rows: Any) -> Any:
    return []


def own_data(_rows: Any) -> Any:
    return bars(alt.InlineData(values=[{"name": "a", "value": 1}]))


def an_address(_rows: Any) -> Any:
    return bars(alt.UrlData("http://127.0.0.1:9/data.csv"))


def a_changed_frame(rows: Any) -> Any:
    return bars(rows.df().assign(value=3))


def looked_up(rows: Any) -> Any:
    other = alt.LookupData(alt.UrlData("other.csv"), key="name", fields=["more"])
    return bars(rows).transform_lookup(lookup="name", from_=other)


def two_filters(rows: Any) -> Any:
    params = [alt.param("x", value=value, bind=alt.binding_range(min=0, max=9)) for value in (1, 2)]
    return [bars(rows).add_params(param) for param in params]


def no_value(rows: Any) -> Any:
    return bars(rows).add_params(alt.param("x", bind=alt.binding_range(min=0, max=9)))


@pytest.mark.parametrize(
    ("charts", "why"),
    [
        (no_chart, "returned a int as number 1; return Altair charts"),
        (nothing, "returned no chart"),
        (own_data, "chart 1 takes its rows from data of its own"),
        (an_address, "chart 1 takes its rows from an address"),
        (a_changed_frame, "chart 1 carries data that is no query's result"),
        (looked_up, "chart 1 takes its rows from an address"),
        (two_filters, "chart 2: its filter 'x' is not the one of a chart before it"),
        (no_value, "filter 'x' has no value to begin with"),
    ],
)
def test_what_cannot_be_followed_to_a_query_or_set_by_a_reader_is_refused(
    warehouse: RecordedWarehouse, charts: Callable[[Any], Any], why: str
) -> None:
    with pytest.raises(DashboardError, match=why):
        drawing(charts(warehouse.sql(ROWS)), warehouse)


def test_a_row_may_have_a_field_called_data(warehouse: RecordedWarehouse) -> None:
    chart = alt.Chart(warehouse.sql("SELECT 1 AS data")).mark_bar().encode(x="data:Q")
    parts: Drawing = drawing(chart, warehouse)
    assert len(parts.panels) == 1
