"""The page that the site begins with: where catalogue, lineage and dashboards are."""

from pathlib import Path
from uuid import uuid4

from data_platform.site.pages import render, write


def write_front(site: Path) -> None:
    """Writes `index.html` of the site's folder, in one step; not while it says the same."""
    page = site / "index.html"
    text = render("front.html", title="Data platform", section=None, root="catalogue/")
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return
    complete = page.with_name(f".{page.name}.{uuid4().hex}")
    try:
        write(complete, text)
        complete.replace(page)
    finally:
        complete.unlink(missing_ok=True)
