"""Pictures of the site's pages: as they are opened from the file, the catalogue also on a phone."""

from pathlib import Path

from playwright.sync_api import Page

# Page of the site → its picture, and the size of the window: what of a page shows what it is for.
_PAGES = {
    "catalogue/lineage.html#curated.daily_revenue.revenue_usd?steps=2": ("lineage.png", 1200, 900),
    "dashboards/ridership.html": ("dashboard-ridership.png", 1200, 1750),
    "dashboards/demand.html": ("dashboard-demand.png", 1200, 1550),
    "dashboards/revenue_trend.html": ("dashboard-revenue.png", 1200, 1500),
}


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


def dashboards_and_lineage(page: Page, site: Path, images: Path) -> None:
    """The pages as a browser opens them from the disk, each drawn to the end."""
    for address, (name, width, height) in _PAGES.items():
        path, _, fragment = address.partition("#")
        page.set_viewport_size({"width": width, "height": height})
        page.goto("about:blank")
        page.goto(f"{(site / path).as_uri()}#{fragment}")
        page.wait_for_load_state("load")
        if path.startswith("dashboards/"):
            page.locator("main[aria-busy='false']").wait_for()
        else:
            page.locator("#graph .card.start").wait_for()
        page.screenshot(path=images / name)
