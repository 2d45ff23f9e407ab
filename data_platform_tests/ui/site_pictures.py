"""Pictures of the site's pages: as they are opened from the file, the catalogue also on a phone."""

from pathlib import Path

from playwright.sync_api import Page

# Dashboard → how much of its page is shown, in pixels.
_DASHBOARDS = {"ridership": 1750, "demand": 1550, "revenue_trend": 1500}


def catalogue(page: Page, site: Path, images: Path) -> None:
    """The index with something searched, the page of a table, and that page on a phone."""
    index, table = site / "catalogue" / "index.html", site / "catalogue" / "tables" / "curated.daily_revenue.html"
    page.set_viewport_size({"width": 1100, "height": 700})
    page.goto(index.as_uri())
    page.get_by_role("searchbox").fill("revenue")
    page.locator("#results mark").first.wait_for()
    page.screenshot(path=images / "catalogue-search.png")
    page.set_viewport_size({"width": 1100, "height": 1000})
    page.goto(table.as_uri())
    page.screenshot(path=images / "catalogue-table.png")
    page.set_viewport_size({"width": 375, "height": 760})
    page.goto(f"{table.as_uri()}#columns")
    page.screenshot(path=images / "catalogue-phone.png")


def lineage(page: Page, site: Path, images: Path) -> None:
    """Where revenue comes from and who reads it, two steps to both sides; a register's way on a phone."""
    drawn = site / "catalogue" / "lineage.html"
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{drawn.as_uri()}#curated.daily_revenue.revenue_usd?steps=2")
    page.locator("#graph .card.start").wait_for()
    page.screenshot(path=images / "lineage.png")
    page.set_viewport_size({"width": 375, "height": 760})
    page.goto(f"{drawn.as_uri()}#raw.turnstile.ENTRIES?steps=2&indirect=0")
    page.locator("#graph .card.start").wait_for()
    page.locator("#drawing-title").evaluate("title => title.scrollIntoView({behavior: 'instant'})")
    page.screenshot(path=images / "lineage-phone.png")


def dashboards(page: Page, site: Path, images: Path) -> None:
    """Each drawn to the end."""
    for name, height in _DASHBOARDS.items():
        page.set_viewport_size({"width": 1200, "height": height})
        page.goto((site / "dashboards" / f"{name}.html").as_uri())
        page.locator("main[aria-busy='false']").wait_for()
        page.screenshot(path=images / f"dashboard-{name}.png")
