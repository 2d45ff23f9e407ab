"""A dashboard in a browser: what its cards, marks and controls say, and whatever it should not have done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

PHONE = (375, 700)
DESK = (1280, 900)

_MARKS = """
([title, kind]) => {
    const panel = [...document.querySelectorAll("figure.panel")].find((one) =>
        one.querySelector("h2")?.textContent === title);
    const found = [];
    const walk = (item) => {
        if (item.role === "mark" && item.marktype === kind) for (const one of item.items) found.push({...one.datum});
        for (const inner of item.items || []) walk(inner);
    };
    walk(window.dashboard.views[panel.id].scenegraph().root);
    return found;
}
"""

# Of every text that can be seen: what it says, and how much it stands out from what is behind it (WCAG 2).
_FAINT = """
() => {
    const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = ([r, g, b]) => {
        const linear = (c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
        return .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
    };
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour[3] > 0) return colour;
        }
        return [255, 255, 255, 1];
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.textContent.trim();
        if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
        if (element.closest("script, style, noscript")) continue;
        const style = getComputedStyle(element);
        if (element.ownerSVGElement && element.closest("[aria-roledescription='text mark container']")) continue;
        const colour = parse(element.ownerSVGElement ? style.fill : style.color);
        const [a, b] = [light(colour), light(behind(element))].sort((x, y) => y - x);
        const contrast = (a + .05) / (b + .05);
        if (contrast < 4.5) faint.push(`${text}: ${contrast.toFixed(2)}`);
    }
    return faint;
}
"""

_UNNAMED = """
() => [...document.querySelectorAll("a, button, input, select, summary, [tabindex='0'], .view, nav, form, img")]
    .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden='true']"))
    .filter((one) => !(one.getAttribute("aria-label") || one.labels?.length || one.textContent.trim()
        || one.hasAttribute("alt")))
    .map((one) => one.outerHTML.slice(0, 200))
"""


class DashboardPage:
    """An open page. `wrong` is what its console said and what it asked of a network."""

    def __init__(self, page: "Page", path: Path) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda message: self._told(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._opened)
        page.on("request", lambda request: self._asked(request.url))
        page.goto(path.as_uri())
        self.settle()

    def _opened(self, dialog: "Dialog") -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()

    def _told(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.wrong.append(url)

    def settle(self) -> None:
        # The index draws nothing.
        if self.page.locator("#parts").count():
            self.page.locator("main[aria-busy='false']").wait_for()

    def cards(self) -> dict[str, tuple[str, str]]:
        """Title → figure and note."""
        found: dict[str, list[str]] = self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.cards > div')].map((card) => ["
            "card.querySelector('dt').textContent,"
            "[...card.querySelectorAll('[data-text]')].map((text) => text.textContent)]))"
        )
        return {title: (texts[0], texts[1]) for title, texts in found.items()}

    def marks(self, panel: str, kind: str) -> list[dict[str, Any]]:
        """The data of all marks of a kind in the panel of that title."""
        found: list[dict[str, Any]] = self.page.evaluate(_MARKS, [panel, kind])
        return found

    def set(self, label: str, value: str) -> None:
        """Types into a control, or chooses by its text."""
        control = self.page.get_by_label(label, exact=True)
        if control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(label=value)
        else:
            control.fill(value)
        self.settle()

    def reset(self) -> None:
        self.page.get_by_role("button", name="Show all").click()
        self.settle()

    def faint(self) -> list[str]:
        """Texts with a contrast below 4.5 to 1, but for those on coloured marks."""
        found: list[str] = self.page.evaluate(_FAINT)
        return found

    def unnamed(self) -> list[str]:
        """Controls, links and charts that have no name for who cannot see them."""
        found: list[str] = self.page.evaluate(_UNNAMED)
        return found

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"))

    def says(self) -> str:
        """All text that can be seen, also in charts."""
        found: str = self.page.evaluate(
            "() => document.body.innerText + [...document.querySelectorAll('svg text')]"
            ".filter((one) => one.checkVisibility({ visibilityProperty: true }))"
            ".map((one) => one.textContent).join(' ')"
        )
        return found


@contextmanager
def open_dashboard(page: "Page", path: Path, size: tuple[int, int] = DESK) -> Iterator[DashboardPage]:
    """The page at `path`, drawn to the end; afterwards nothing was said in the console or asked of a network."""
    browser = page.context.browser
    assert browser is not None
    tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
    try:
        opened = DashboardPage(tab, path)
        yield opened
        assert opened.wrong == []
    finally:
        tab.close()
