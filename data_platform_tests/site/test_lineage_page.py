"""The lineage page in a real browser, opened as a file: walking, deep links, keys, phone, wide tables, long chains."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from data_platform_tests.site.browsing import DESKTOP, PHONE, Browsing, browsing
from data_platform_tests.site.walked import HOSTILE, House, chain, hostile, house, shipped_catalog, wide, written
from data_platform_tests.ui.pages import IN_BROWSER

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def browser() -> Iterator[Browsing]:
    with browsing() as found:
        yield found


@pytest.fixture(autouse=True)
def clean(browser: Browsing) -> Iterator[None]:
    """No page may complain, whatever a test does with it."""
    browser.page.goto("about:blank")
    browser.complaints.clear()
    browser.asked.clear()
    yield
    assert browser.complaints == []


@pytest.fixture(scope="module")
def gauges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return house().write(tmp_path_factory.mktemp("gauges"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page over all tables of the shipped datasets."""
    return written(tmp_path_factory.mktemp("shipped"), shipped_catalog())


def show(browser: Browsing, page: Path, asked: str, size: tuple[int, int] = DESKTOP) -> None:
    """Opens the page at a table or column, and waits until it is drawn."""
    browser.open(page, f"#{asked}", size=size)
    shown(browser, asked.partition("?")[0])


def shown(browser: Browsing, name: str) -> None:
    browser.page.get_by_role("heading", level=2, name=unquote(name), exact=True).wait_for()


def edges(browser: Browsing) -> set[str]:
    """What the list says of each edge: `a.b.c → d.e.f how`, and `every row` for what decides about all rows."""
    found = set()
    for item in browser.page.locator(".edge").all():
        ends = re.sub(r"\s+", " ", item.locator(".edge-ends").text_content() or "")
        found.add(f"{ends} {item.locator('.edge-tags .tag').text_content()}")
    return found


def cards(browser: Browsing) -> dict[str, list[str]]:
    """Table → the columns that its card shows, cards from left to right and from top to bottom."""
    found = {}
    for card in browser.page.locator("#graph .card").all():
        names = card.locator(".node-name").all()
        found[card.get_attribute("aria-label") or ""] = [name.inner_text() for name in names if name.is_visible()]
    return found


def lines(browser: Browsing) -> int:
    return browser.page.locator("#graph path.line").count()


def test_a_column_shows_its_sources_and_its_readers(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.daily.rain_mm")
    assert edges(browser) == {
        "staged.gauges.rain_mm → curated.daily.rain_mm value",
        "staged.gauges.read_at → curated.daily every row group",
        "staged.gauges.place → curated.daily every row filter",
        "curated.daily.rain_mm → curated.trend.change value",
        "curated.daily.rain_mm → curated.trend every row filter",
        "curated.daily.rain_mm → curated.scores.score value",
    }
    assert cards(browser) == {
        "staged.gauges": ["read_at", "place", "rain_mm"],
        "curated.daily": ["rain_mm", "every row"],
        "curated.scores": ["score"],
        "curated.trend": ["change", "every row"],
    }
    assert lines(browser) == 6
    assert browser.page.title() == "rain_mm · Lineage"
    told = browser.page.get_by_role("status").inner_text()
    assert told.startswith("curated.daily.rain_mm: 3 sources, 1 of them by value; 3 readers, 2 of them by value.")


def test_an_edge_says_what_where_of_which_kind_and_what_can_reject_it(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.daily.rain_mm")
    focus = browser.page.locator("#focus")
    assert "Last commit: 12, 2024-05-06 07:08 UTC, 3 partitions · " in focus.inner_text()
    assert focus.locator(".tag").all_inner_texts() == ["curated", "sql", "DOUBLE", "quantity, mm"]
    href = focus.get_by_role("link", name="The page of curated.daily").get_attribute("href")
    assert href == "tables/curated.daily.html#column-rain_mm"
    edge = browser.page.locator(".edge").filter(has_text="staged.gauges.rain_mm")
    assert edge.locator("pre").inner_text() == "sum(rain_mm) AS rain_mm"
    assert "town/curated/made.sql:7 · read in the SQL" in edge.inner_text()
    assert "rain_mm is DECIMAL(8,2), quantity, mm" in edge.inner_text()
    edge.get_by_text("1 rule can reject rain_mm").click()
    assert edge.locator(".rules li").all_inner_texts() == [
        "rain_mm_range rejects a row where rain_mm < 0",
        "heavy flags a row where rain_mm > 100",
    ]


def test_one_walks_by_clicking_and_comes_back(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.daily.rain_mm")
    page = browser.page
    page.locator("#graph").get_by_role("link", name="rain_mm of staged.gauges").click()
    shown(browser, "staged.gauges.rain_mm")
    assert page.url.endswith("#staged.gauges.rain_mm")
    page.locator(".edge").get_by_role("link", name="raw.gauges.mm").click()
    shown(browser, "raw.gauges.mm")
    page.go_back()
    page.go_back()
    shown(browser, "curated.daily.rain_mm")
    assert lines(browser) == 6


def test_a_line_leads_to_its_edge_in_the_list(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "raw.gauges.mm?steps=all")
    browser.page.locator("#graph path.hit").filter(has_text="sum(rain_mm)").dispatch_event("click")
    assert "staged.gauges.rain_mm → curated.daily.rain_mm" in browser.page.locator(".edge:focus").inner_text()


def test_one_walks_by_keys_alone(browser: Browsing, gauges: Path) -> None:
    browser.open(gauges)
    page = browser.page
    page.keyboard.press("/")
    page.keyboard.type("daily rain")
    assert page.locator("#picks").get_by_role("option").first.inner_text().startswith("curated.daily.rain_mm")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    shown(browser, "curated.daily.rain_mm")
    focused = page.locator("#graph a:focus")
    focused.wait_for()
    assert focused.get_attribute("aria-current") == "true"
    page.keyboard.press("ArrowLeft")
    assert focused.get_attribute("aria-label") == "rain_mm of staged.gauges"
    page.keyboard.press("ArrowUp")
    assert focused.get_attribute("aria-label") == "place of staged.gauges"
    page.keyboard.press("ArrowRight")
    assert focused.get_attribute("aria-label") == "every row of curated.daily"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    shown(browser, "staged.gauges.read_at")
    assert focused.get_attribute("aria-label") == "read_at of staged.gauges"


def test_what_only_decides_about_rows_can_be_left_out_and_stays_out(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.daily.rain_mm")
    page = browser.page
    page.get_by_role("checkbox", name="with filters, joins").uncheck()
    page.wait_for_url("**?indirect=0")
    assert {edge.rsplit(" ", 1)[1] for edge in edges(browser)} == {"value"}
    assert cards(browser)["curated.daily"] == ["rain_mm"]
    page.locator("#graph").get_by_role("link", name="change of curated.trend").click()
    shown(browser, "curated.trend.change")
    assert page.url.endswith("#curated.trend.change?indirect=0")
    assert edges(browser) == {"curated.daily.rain_mm → curated.trend.change value"}
    page.get_by_role("checkbox", name="with filters, joins").check()
    page.locator(".edge").nth(1).wait_for()
    assert "curated.daily.day → curated.trend.change window" in edges(browser)


def test_how_far_is_chosen_and_goes_all_the_way_to_raw(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.trend.change")
    assert set(cards(browser)) == {"curated.daily", "curated.trend"}
    assert "There are more beyond" in browser.page.get_by_role("status").inner_text()
    browser.page.get_by_label("How far").select_option("two steps")
    browser.page.wait_for_url("**?steps=2")
    browser.page.locator('[aria-label="staged.gauges"]').wait_for()
    assert set(cards(browser)) == {"staged.gauges", "curated.daily", "curated.trend"}
    browser.page.get_by_label("How far").select_option("all the way")
    browser.page.locator('[aria-label="raw.gauges"]').wait_for()
    assert list(cards(browser)) == ["raw.gauges", "staged.gauges", "curated.daily", "curated.trend"]
    assert "There are more beyond" not in browser.page.get_by_role("status").inner_text()
    strong = browser.page.locator("#graph path.line.strong").count()
    assert (strong, lines(browser)) == (3, 10)


def test_what_decides_about_all_rows_of_a_reader_is_not_followed_through_all_its_columns(
    browser: Browsing, gauges: Path
) -> None:
    show(browser, gauges, "staged.gauges.place?steps=all")
    assert {edge for edge in edges(browser) if edge.startswith("curated")} == set()
    assert cards(browser)["curated.daily"] == ["place", "every row"]


def test_what_is_declared_and_permuted_otherwise_is_shown_where_it_matters(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.scores.score")
    notice = browser.page.locator("#focus .notice").inner_text()
    assert "curated.daily.rain_mm → score (seen, not declared): permuting it changes the score" in notice
    assert browser.page.locator("#graph path.line.disputed").count() == 1
    assert "In dispute" in browser.page.locator(".edge").inner_text()
    show(browser, gauges, "curated.scores.day")
    assert browser.page.locator("#focus .notice").count() == 0
    said = "declared in the contract and seen by permuting the input"
    assert said in browser.page.locator(".edge").inner_text()


def test_an_address_of_nothing_is_told_and_offers_what_there_is(browser: Browsing, gauges: Path) -> None:
    browser.open(gauges, "#curated.none.x")
    status = browser.page.get_by_role("status")
    assert status.inner_text() == "There is no table curated.none. Pick one above or below."
    browser.page.get_by_role("link", name="curated.trend").click()
    shown(browser, "curated.trend")
    browser.open(gauges, "#CURATED.Daily.RAIN_MM")
    shown(browser, "curated.daily.rain_mm")
    browser.page.evaluate("location.hash = '#curated.daily.snow'")
    browser.page.locator("#overview").wait_for()
    assert status.inner_text() == "curated.daily has no column snow. It has day, place, rain_mm."


def test_every_edge_of_the_data_of_every_table_is_shown(browser: Browsing, shipped: Path) -> None:
    files = sorted((shipped.parent / "lineage").glob("*.json"))
    assert len(files) > 20
    for file in files:
        data = json.loads(file.read_text(encoding="utf-8"))
        show(browser, shipped, data["table"])
        for more in browser.page.locator(".side > button").all():
            more.click()
        wanted = {
            _told(each["source"], each["source_column"], data["table"], each["column"], each) for each in data["from"]
        }
        wanted |= {
            _told(data["table"], each["source_column"], each["table"], each["column"], each) for each in data["to"]
        }
        texts = browser.page.locator(".edge").all_text_contents()
        assert [one for one in wanted if not any(all(part in text for part in one) for text in texts)] == []
        assert len(texts) == len(wanted)
    assert browser.outside(shipped.parent) == []


def _told(source: str, source_column: str, table: str, column: str | None, edge: dict[str, str]) -> tuple[str, ...]:
    end = f"{table} every row" if column is None else f"{table}.{column}"
    ends = f"{source}.{source_column} → {end}"
    return ends, edge["how"], edge["sql"], f"{edge['file']}:{edge['line']}"


def test_lines_run_from_left_to_right(browser: Browsing, shipped: Path) -> None:
    show(browser, shipped, "curated.zone_hour_demand.borough?steps=all")
    joined = browser.page.locator("#graph path.line").all()
    assert len(joined) > 20
    for line in joined:
        numbers = [float(number) for number in re.findall(r"-?[0-9.]+", line.get_attribute("d") or "")]
        assert numbers[0] < numbers[-2]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("asked", ["", "#curated.daily.rain_mm?steps=all", "#staged.gauges", "#curated.scores.score"])
def test_the_page_has_names_landmarks_contrast_and_fits_the_screen(
    browser: Browsing, gauges: Path, asked: str, size: tuple[int, int]
) -> None:
    browser.open(gauges, asked, size=size)
    browser.page.locator("#shown, #overview").filter(visible=True).wait_for()
    assert browser.faults() == []
    for card in browser.page.locator("#graph .card").all():
        card.get_by_role("link").last.focus()
        assert browser.faults() == []
    browser.page.get_by_role("combobox", name="Table or column").fill("rain")
    assert browser.faults() == []
    assert browser.outside(gauges.parent) == []


def test_on_a_phone_cards_stand_below_each_other_with_lines_beside_them(browser: Browsing, gauges: Path) -> None:
    show(browser, gauges, "curated.daily.rain_mm", size=PHONE)
    boxes = [box for box in (card.bounding_box() for card in browser.page.locator("#graph .card").all()) if box]
    assert len({box["x"] for box in boxes}) == 1
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    for line in browser.page.locator("#graph path.line").all():
        box = line.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= boxes[0]["x"] + 5  # half a stroke and the border of the card


def test_hostile_names_stay_texts_and_can_be_walked_to(browser: Browsing, tmp_path: Path) -> None:
    show(browser, hostile().write(tmp_path), f"staged.odd.{quote(HOSTILE)}")
    browser.page.locator("#graph").get_by_role("link", name=f"{HOSTILE} of raw.odd").click()
    shown(browser, f"raw.odd.{HOSTILE}")
    browser.page.get_by_role("combobox", name="Table or column").fill("onerror")
    assert browser.page.locator("#picks").get_by_role("option").count() == 2
    browser.page.locator("#picks").get_by_role("option").last.click()
    shown(browser, f"staged.odd.{HOSTILE}")
    browser.page.get_by_text("1 rule can reject").first.click()
    assert browser.page.title() != "taken"
    assert browser.page.locator("main img").count() == 0


def test_a_wide_table_with_many_readers_is_listed_whole_and_folded_in_the_drawing(
    browser: Browsing, tmp_path: Path
) -> None:
    page = wide().write(tmp_path)
    show(browser, page, "staged.wide")
    assert len(cards(browser)["staged.wide"]) == 60
    assert lines(browser) == 31
    browser.page.get_by_role("button", name="edges more").click()
    assert browser.page.locator(".edge").count() == 60 + 60 * 30
    show(browser, page, "staged.wide.column_07")
    box = browser.page.locator("#graph .card.start").bounding_box()
    assert box is not None
    assert box["y"] < DESKTOP[1]
    assert browser.page.locator("#graph .card").count() == 32
    assert lines(browser) == 31


def test_of_many_tables_only_those_walked_to_are_loaded(browser: Browsing, tmp_path: Path) -> None:
    page = chain().write(tmp_path)
    show(browser, page, "staged.link_0100.value")
    loaded = [address.rpartition("/")[2] for address in browser.asked if "/lineage/" in address]
    assert sorted(loaded) == [f"staged.link_{number:04}.js" for number in (99, 100, 101)]
    show(browser, page, "staged.link_0149.value?steps=all")
    assert 100 <= len(cards(browser)) <= 120
    assert "tables farther away are not drawn; the list below has them" in browser.page.locator("#cut").inner_text()
    assert browser.page.locator(".edge").count() == 149


def test_a_long_card_is_folded_and_opens(browser: Browsing, tmp_path: Path) -> None:
    made = House()
    made.table("raw.wide", *(f"part_{number:02}" for number in range(40)), made_by="raw")
    made.table("staged.sum", "total")
    for number in range(40):
        made.edge(f"raw.wide.part_{number:02}", "staged.sum.total")
    show(browser, made.write(tmp_path), "staged.sum.total")
    assert len(cards(browser)["raw.wide"]) == 12
    assert lines(browser) == 40
    browser.page.get_by_role("button", name="all 40 columns").click()
    assert len(cards(browser)["raw.wide"]) == 40
    assert browser.page.locator("#graph a:focus").get_attribute("aria-label") == "part_12 of raw.wide"
