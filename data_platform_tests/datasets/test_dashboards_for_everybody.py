"""The installed dashboards for everybody: by keyboard, on a phone, for who sees no colours or nothing at all, and with
nothing selected.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_platform_tests.datasets.building import House
from data_platform_tests.ui.dashboard_page import PHONE, open_dashboard
from data_platform_tests.ui.pages import IN_BROWSER

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = IN_BROWSER


def test_a_station_is_found_by_typing_and_chosen_by_the_keyboard(browser: "Page", dashboards: Path) -> None:
    with open_dashboard(browser, dashboards / "ridership.html") as page:
        before = page.cards()
        page.page.get_by_label("To", exact=True).focus()
        search = page.page.get_by_label("Find in the list: Station")
        while not search.evaluate("search => search === document.activeElement"):
            page.page.keyboard.press("Tab")
        page.page.keyboard.type("tanners")
        assert page.page.get_by_label("Station", exact=True).locator("option").all_text_contents() == [
            "All stations",
            "TANNERS LA · G · IND",
        ]
        page.page.keyboard.press("Enter")
        page.settle()
        assert page.cards()["Stations"][0] == "1"
        assert "Station: TANNERS LA · G · IND" in page.page.locator("#selection").inner_text()
        page.reset()
        assert page.cards() == before


def test_a_tooltip_tells_the_numbers_of_a_mark(browser: "Page", dashboards: Path) -> None:
    with open_dashboard(browser, dashboards / "ridership.html") as page:
        first = page.marks("Busiest stations", "rect")[0]
        page.page.locator("figure", has_text="Busiest stations").locator("g.mark-rect path").first.hover()
        tip = page.page.get_by_role("tooltip").inner_text()
        assert f"Station {first['station']}" in tip
        assert f"Entries {first['entries']:,.0f}" in tip


def test_an_empty_selection_is_told_and_no_number_is_made_up(browser: "Page", dashboards: Path) -> None:
    with open_dashboard(browser, dashboards / "ridership.html") as page:
        page.set("From", "2014-11-07")
        page.set("To", "2014-10-04")
        assert {figure for figure, _ in page.cards().values()} == {"–"}
        assert (
            page.page.get_by_text("Nothing in this selection.").all_inner_texts() == ["Nothing in this selection."] * 5
        )
        assert not re.search(r"NaN|undefined|null|Infinity", page.says())


@pytest.mark.parametrize("name", ["ridership", "demand", "revenue_trend", "index"])
@pytest.mark.parametrize("size", [(1280, 900), PHONE, (320, 600)])
def test_pages_can_be_read_by_everybody_on_any_screen(
    browser: "Page", dashboards: Path, name: str, size: tuple[int, int]
) -> None:
    with open_dashboard(browser, dashboards / f"{name}.html", size) as page:
        for query in page.page.locator("details").all():
            query.evaluate("query => { query.open = true; }")
        assert page.faint() == []
        assert page.unnamed() == []
        assert not page.is_too_wide()
        assert not re.search(r"NaN|undefined|Infinity", page.says())


def test_each_number_leads_to_its_query_and_its_tables(browser: "Page", dashboards: Path, house: House) -> None:
    with open_dashboard(browser, dashboards / "demand.html") as page:
        page.page.locator("figure", has_text="From borough to borough").get_by_role("link", name="query 3").click()
        query = page.page.locator("#query-3")
        assert query.evaluate("query => query.open")
        assert "FROM curated.borough_flows" in query.inner_text()
        link = query.get_by_role("link", name="curated.borough_flows")
        assert link.get_attribute("href") == "../catalogue/tables/curated.borough_flows.html"
        states = {
            key: state.fingerprint
            for name in house.platform.lake.tables()
            if name.sql == "curated.borough_flows"
            for key, state in house.platform.lake.table(name).partitions().items()
        }
        cells = query.get_by_role("row").all()[1:]
        assert {row.get_by_role("cell").first.inner_text() for row in cells} == set(states)
        assert {row.get_by_role("cell").last.inner_text() for row in cells} == set(states.values())


def test_text_on_coloured_cells_can_be_read(browser: "Page", dashboards: Path) -> None:
    with open_dashboard(browser, dashboards / "demand.html") as page:
        assert page.page.evaluate(_FAINT_CELLS) == []


_FAINT_CELLS = """
() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const light = (text) => {
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        const linear = (c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => linear(c / 255));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const panels = [...document.querySelectorAll("figure")];
    const panel = panels.find((one) => one.textContent.includes("From borough to borough"));
    const found = {};
    const walk = (item) => {
        if (item.role === "mark") for (const one of item.items)
            (found[`${one.datum.borough} ${one.datum.dropoff_borough}`] ||= {})[item.marktype] = one.fill;
        for (const inner of item.items || []) if (item.role !== "mark" || item.marktype === "group") walk(inner);
    };
    walk(window.dashboard.views[panel.id].scenegraph().root);
    return Object.entries(found).filter(([, { rect, text }]) => {
        const [a, b] = [light(rect), light(text)].sort((x, y) => y - x);
        return (a + .05) / (b + .05) < 4.5;
    }).map(([name, colours]) => name + JSON.stringify(colours));
}
"""
