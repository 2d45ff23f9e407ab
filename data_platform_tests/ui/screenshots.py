"""Takes the pictures of README again: `python -m data_platform_tests.ui.screenshots` loads the sample into a
temporary home, starts `dagster dev` and writes docs/images.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from data_platform_tests.ui.dagster_dev import REPOSITORY, dagster_dev, environment
from data_platform_tests.ui.pages import browser_page, nodes, open_asset, open_graph
from data_platform_tests.ui.site_pictures import catalogue, dashboards_and_lineage

IMAGES = REPOSITORY / "docs" / "images"
_MARGIN = 12
_NAVIGATION = 240


def graph(page: Page, url: str, path: Path) -> None:
    """The whole graph, cut out. The window is so wide that nodes show their checks and kinds."""
    page.set_viewport_size({"width": 2560, "height": 2400})
    open_graph(page, url, "nyc_taxi", "mta_turnstile", "published")
    page.wait_for_load_state("networkidle")
    boxes = [node.bounding_box() for node in page.locator("foreignObject").all()]
    found = [box for box in boxes if box is not None and box["width"] > 50]
    assert len(found) >= len(nodes(page))
    left, top = (min(box[side] for box in found) - _MARGIN for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in found) + _MARGIN
    bottom = max(box["y"] + box["height"] for box in found) + _MARGIN
    page.screenshot(path=path, clip={"x": left, "y": top, "width": right - left, "height": bottom - top})


def asset(page: Page, url: str, path: Path) -> None:
    """A staged table: what it is, a few of its columns, and the account of its last commit."""
    page.set_viewport_size({"width": 1400, "height": 1360})
    open_asset(page, url, "staged/green_trips")
    page.get_by_placeholder("Filter columns").fill("is")
    page.get_by_text("dropoff_at", exact=True).wait_for(state="detached")
    page.get_by_text("rows_by_rule").wait_for()
    page.wait_for_load_state("networkidle")  # the last icons
    page.screenshot(path=path, clip={"x": _NAVIGATION, "y": 0, "width": 1400 - _NAVIGATION, "height": 1360})


def main() -> int:
    argparse.ArgumentParser(prog="python -m data_platform_tests.ui.screenshots", description=__doc__).parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder) / "home")
        subprocess.run([sys.executable, "-m", "data_platform", "run"], cwd=REPOSITORY, env=env, check=True)
        with dagster_dev(env, Path(folder) / "dagster.log") as url, browser_page(1400, 1000) as page:
            graph(page, url, IMAGES / "asset-graph.png")
            asset(page, url, IMAGES / "asset-page.png")
            site = Path(folder) / "home" / "site"
            catalogue(page, site, IMAGES)
            dashboards_and_lineage(page, site, IMAGES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
