"""The catalogue in a real browser, opened as files: search, links, keys, phone, hostile texts, a thousand tables."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.site.browsing import DESKTOP, PHONE, Browsing, another_reader, browsing
from data_platform_tests.site.thousand import written_thousand
from data_platform_tests.site.town import HOSTILE, Town
from data_platform_tests.ui.pages import IN_BROWSER

pytestmark = IN_BROWSER

PAGES = (
    "index",
    "../index",
    "tables/staged.readings",
    "tables/curated.odd",
    "tables/raw.readings",
    "tables/staged.known",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browsing]:
    with browsing() as found:
        yield found


@pytest.fixture(autouse=True)
def clean(browser: Browsing) -> Iterator[None]:
    """No page may complain, whatever a test does with it."""
    browser.complaints.clear()
    browser.asked.clear()
    yield
    assert browser.complaints == []


def search(browser: Browsing, words: str) -> list[str]:
    """Types the words; what is found, as `table` or `column in table`."""
    browser.page.get_by_role("searchbox").fill(words)
    found = browser.page.locator("#results li")
    return [re.sub(r"\s+", " ", item.inner_text().split("\n")[0]) for item in found.all()]


def test_search_finds_tables_columns_words_of_descriptions_units_and_owners(browser: Browsing, built: Town) -> None:
    browser.open(built.folder / "index.html")
    assert search(browser, "daily_rain")[0].startswith("curated.daily_rain")
    assert search(browser, "readings")[0].startswith("staged.readings")
    assert search(browser, "rain_mm")[0].startswith("rain_mm in curated.daily_rain")
    assert search(browser, "how many people have")[0].startswith("curated.names")
    assert all("mm" in one for one in search(browser, "quantity mm"))
    assert len(search(browser, "team:weather")) == 11
    assert {one.split(" ")[0] for one in search(browser, "personal score")} == {"score"}
    assert search(browser, "youngest curated.names")[0].startswith("youngest in curated.names")
    assert search(browser, "RAIN_MM") == search(browser, "rain_mm")
    assert search(browser, "no such thing anywhere") == []
    assert browser.page.get_by_role("status").inner_text() == "Nothing found."


def test_what_is_found_is_marked_and_led_to_by_keys_alone(browser: Browsing, built: Town) -> None:
    browser.open(built.folder / "index.html")
    page = browser.page
    page.keyboard.press("/")
    page.keyboard.type("rain_mm")
    assert page.locator("#results mark").first.inner_text() == "rain_mm"
    assert not page.locator("#tables").is_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tables/curated.daily_rain.html#column-rain_mm")
    assert page.locator("tr:target th").inner_text().startswith("rain_mm")
    page.go_back()
    page.keyboard.press("/")
    page.keyboard.type("rain")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.get_by_role("searchbox").input_value() == ""
    assert page.locator("#tables").is_visible()


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_outside(browser: Browsing, built: Town) -> None:
    site = built.folder.parent
    todo, seen = [(site / "index.html").as_uri()], set[str]()
    while todo:
        address = todo.pop()
        # The lineage page draws what its fragment says; elsewhere a fragment is a place on the page.
        page, _, fragment = address.partition("#")
        address = page if page.endswith("lineage.html") else address
        if address in seen:
            continue
        seen.add(address)
        browser.page.goto(address)
        if fragment and address != page:
            assert browser.page.locator(":target").count() == 1, address
        todo += browser.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    pages = {address.partition("#")[0].removeprefix(site.as_uri()) for address in seen}
    tables = {f"/catalogue/tables/{table.name.sql}.html" for table in built.small.catalog}
    others = {"/index.html", "/catalogue/index.html", "/catalogue/lineage.html", "/dashboards/index.html"}
    assert pages == tables | others
    assert browser.outside(site) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_names_landmarks_contrast_and_fits_the_screen(
    browser: Browsing, built: Town, name: str, size: tuple[int, int]
) -> None:
    browser.open(built.folder / f"{name}.html", size=size)
    assert browser.faults() == []
    if name == "index":
        search(browser, "r")
        assert browser.faults() == []


def test_hostile_texts_stay_texts_in_pages_and_in_search(browser: Browsing, built: Town) -> None:
    for name in (
        "tables/staged.readings",
        "tables/curated.odd",
        "tables/curated.shouted",
        "tables/raw.readings",
        "index",
    ):
        browser.open(built.folder / f"{name}.html")
        assert browser.page.title() != "taken"
    found = search(browser, "onerror")
    assert len(found) == 1
    shown = browser.page.locator("#results li p").text_content() or ""
    assert "<img src=x onerror" in shown
    assert "<img src=x onerror" in HOSTILE
    assert browser.page.locator("#results img, #results script").count() == 0
    search(browser, "ird<i>col")
    browser.page.locator("#results a").first.click()
    assert browser.page.locator("tr:target code").first.inner_text() == 'we"ird<i>col</i>#é'


def test_times_are_told_by_the_readers_own_clock_beside_utc(browser: Browsing, built: Town) -> None:
    with another_reader(browser, timezone_id="Asia/Tokyo") as reader:
        page = reader.page
        reader.open(built.folder / "tables" / "raw.people.html")
        seen = page.locator("#received ~ .scroll time").first
        hour = int(seen.inner_text()[11:13])
        beside = page.locator("#received ~ .scroll .beside").first.inner_text()
        assert f" {(hour + 9) % 24:02}:" in beside
        assert "ago" in beside


def test_the_skip_link_is_the_first_stop_and_leads_past_the_navigation(browser: Browsing, built: Town) -> None:
    browser.open(built.folder / "tables" / "staged.readings.html")
    browser.page.keyboard.press("Tab")
    focused = browser.page.locator(":focus")
    assert focused.inner_text() == "Skip to the content"
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    browser.page.keyboard.press("Enter")
    assert browser.page.locator("main:focus").count() == 1


def test_without_scripts_all_tables_are_listed(browser: Browsing, built: Town) -> None:
    with another_reader(browser, java_script_enabled=False) as reader:
        reader.open(built.folder / "index.html")
        assert reader.page.get_by_role("link", name="curated.daily_rain").is_visible()


def test_a_thousand_tables_stay_searchable(browser: Browsing, tmp_path: Path) -> None:
    written_thousand(tmp_path)
    browser.open(tmp_path / "index.html")
    assert browser.page.locator("#tables tbody tr:not(.group)").count() == 1000
    assert search(browser, "table_0737")[0].startswith("staged.table_0737")
    assert search(browser, "column_13 table_0512")[0].startswith("column_13 in staged.table_0512")
    assert len(search(browser, "column_07")) == 50
    assert browser.page.get_by_role("status").inner_text() == "999 found, the first 50 of them here"
    assert search(browser, "unicorn 0999")[0].startswith("column_19 in staged.table_0999")
    browser.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    browser.page.locator("#results a").first.click()
    browser.page.locator("tr:target").wait_for()
