"""A browser that opens pages as files and remembers what they did wrong: errors, and whatever they fetched outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from data_platform_tests.ui.pages import browser_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESKTOP, PHONE = (1280, 800), (375, 700)
_FAULTS = Path(__file__).with_name("page_faults.js")


@dataclass
class Browsing:
    """A page of the browser, the addresses that it asked for, and its complaints so far."""

    page: "Page"
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path, fragment: str = "", *, size: tuple[int, int] = DESKTOP) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.goto(path.as_uri() + fragment)

    def faults(self) -> list[str]:
        """What keeps people from using the page as it stands: names, landmarks, headings, tables, contrast, width."""
        found: list[str] = self.page.evaluate(_FAULTS.read_text(encoding="utf-8"))
        return found

    def outside(self, folder: Path) -> list[str]:
        """The addresses asked for that are no files of a folder."""
        return [address for address in self.asked if not _is_within(address, folder)]


def _is_within(address: str, folder: Path) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return True
    return parts.scheme == "file" and Path(unquote(parts.path)).is_relative_to(folder)


@contextmanager
def browsing() -> Iterator[Browsing]:
    """Whoever calls has the marks above, and is the only one at a time."""
    with browser_page(*DESKTOP) as page:
        yield _listening(page)


@contextmanager
def another_reader(browsing: Browsing, **options: Any) -> Iterator[Browsing]:
    """A reader with a browser of their own making: another time zone, no scripts (Playwright's context options)."""
    browser = browsing.page.context.browser
    assert browser is not None
    context = browser.new_context(**options)
    yield _listening(context.new_page())
    context.close()


def _listening(page: "Page") -> Browsing:
    found = Browsing(page)
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("requestfailed", lambda request: found.complaints.append(f"{request.url} could not be had"))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("console", lambda message: _remember(found, message.type, message.text))
    return found


def _remember(found: Browsing, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        found.complaints.append(text)
