"""Pages of the Dagster UI as a person sees them: where they are, and when they have finished loading."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = (Path("/usr/bin/chromium"), Path("/usr/bin/google-chrome"))
_MILLISECONDS = 60_000


def chromium() -> Path | None:
    """The installed browser, if there is one."""
    return next((path for path in CHROMIUM if path.exists()), None)


IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium is installed"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed"),
]
"""The marks of a module whose tests drive a browser."""


@contextmanager
def browser_page(width: int, height: int) -> Iterator["Page"]:
    """A page of a headless browser; whoever calls has seen that there is one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium has no sandbox for root, which containers and CI run as.
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(_MILLISECONDS)
        yield page
        browser.close()


def open_graph(page: "Page", url: str, *groups: str) -> None:
    """The global lineage with these groups opened, drawn to the end."""
    from playwright.sync_api import expect

    opened = quote(",".join(f"global@global:{group}" for group in groups), safe="")
    page.goto(f"{url}/asset-groups?expanded={opened}")
    page.get_by_text("Latest event").first.wait_for()
    expect(page.get_by_text("Loading...")).to_have_count(0, timeout=_MILLISECONDS)


@dataclass(frozen=True)
class Node:
    """An asset in the graph: its left edge, and all that it says."""

    x: float
    lines: tuple[str, ...]


def nodes(page: "Page") -> dict[str, Node]:
    """`layer/name` → node. The layer is the one among the kinds; the warehouse has none."""
    found: dict[str, Node] = {}
    for node in page.locator("foreignObject").all():
        text: str = node.evaluate("node => node.firstElementChild?.innerText ?? ''")
        lines = tuple(line for line in text.split("\n") if line)
        box = node.bounding_box()
        if box is not None and "Latest event" in lines:
            # A kind that Dagster knows is written as Dagster writes it: Dashboard.
            kinds = [line.lower() for line in lines]
            layer = next((kind for kind in kinds if kind in ("raw", "staged", "curated", "dashboard")), "")
            found[f"{layer}/{lines[0]}"] = Node(box["x"], lines)
    return found


def open_asset(page: "Page", url: str, asset: str) -> None:
    page.goto(f"{url}/assets/{asset}")
    page.get_by_text("Metadata", exact=True).first.wait_for()


def launch(page: "Page", url: str, asset: str, partition: str) -> None:
    """Clicks through to a run of one partition of an asset."""
    open_asset(page, url, asset)
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("ex: ").fill(partition)
    dialog.get_by_placeholder("ex: ").press("Enter")
    dialog.get_by_role("button", name="Launch 1 run").click()
    dialog.wait_for(state="detached")
