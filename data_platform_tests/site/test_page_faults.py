"""The eyes of the browser tests: each fault that they look for is seen on a page that has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.site.browsing import PHONE, Browsing, another_reader, browsing
from data_platform_tests.ui.pages import IN_BROWSER

pytestmark = IN_BROWSER

GOOD = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>One</h1>{}</main></body></html>"""
BAD = {
    "no name: <a": '<a href="#x"></a>',
    "no name: <input": "<input>",
    "no name: <button": "<button></button>",
    "no alternative text": '<img src="data:,">',
    "heading of level 3 after 1": "<h3>Three</h3>",
    "2 first headings": "<h1>Two</h1>",
    "a table without headers": "<table><tr><td>1</td></tr></table>",
    "a header of nothing": "<table><tr><th>a</th></tr></table>",
    "id 'a' is there twice": '<p id="a">1</p><p id="a">2</p>',
    'for="nothing" leads nowhere': '<label for="nothing">l</label>',
    "contrast 2.3": '<p style="color: #aaa">pale</p>',
    "contrast 1.0": '<div style="background: #000"><p style="color: rgb(0 0 0 / 50%)">dark</p></div>',
    "keys cannot scroll": '<div style="overflow-x: auto; width: 90px"><p style="width: 900px">wide</p></div>',
    "pixels wide on a screen of 375": '<p style="width: 900px">wide</p>',
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browsing]:
    with browsing() as found:
        yield found


def look(browser: Browsing, folder: Path, content: str) -> list[str]:
    page = folder / "page.html"
    page.write_text(GOOD.format(content), encoding="utf-8")
    browser.open(page, size=PHONE)
    return browser.faults()


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_seen_where_it_is_and_nothing_else(browser: Browsing, tmp_path: Path, fault: str) -> None:
    assert look(browser, tmp_path, '<p style="color: #767676">grey</p>') == []
    (seen,) = look(browser, tmp_path, BAD[fault])
    assert fault in seen


def test_what_a_page_fetches_from_outside_and_its_errors_are_remembered(browser: Browsing, tmp_path: Path) -> None:
    with another_reader(browser) as reader:
        look(reader, tmp_path, '<img alt="" src="http://127.0.0.1:9/x.png"><script>nothing.here</script>')
        assert reader.outside(tmp_path) == ["http://127.0.0.1:9/x.png"]
        assert any("nothing is not defined" in complaint for complaint in reader.complaints)
        assert any("127.0.0.1:9" in complaint for complaint in reader.complaints)
