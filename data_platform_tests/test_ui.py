"""The Dagster UI in a real browser: the graph, a partition made by clicking, and what an asset's page tells."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from data_platform_tests.ui.dagster_dev import dagster_dev
from data_platform_tests.ui.pages import IN_BROWSER, browser_page, launch, nodes, open_asset, open_graph
from data_platform_tests.ui.taxi_home import LOADED, MISSING, taxi_home

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [*IN_BROWSER, pytest.mark.slow]
_RUN_SECONDS = 120


@dataclass(frozen=True)
class Ui:
    page: "Page"
    url: str
    home: Path

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.home / "dagster"))


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """A browser before `dagster dev`, over a home in which one month is loaded and one is missing."""
    folder = tmp_path_factory.mktemp("ui")
    env = taxi_home(folder / "home")
    with dagster_dev(env, folder / "dagster.log") as url, browser_page(2600, 1100) as page:
        yield Ui(page, url, folder / "home")


def test_a_person_sees_the_graph_makes_a_month_and_reads_what_came_of_it(ui: Ui) -> None:
    _the_graph_goes_from_raw_to_dashboards(ui)
    _a_missing_month_is_made_by_clicking(ui)
    _the_asset_page_shows_columns_checks_and_account(ui)
    _the_dashboard_page_shows_the_picture(ui)


def _the_graph_goes_from_raw_to_dashboards(ui: Ui) -> None:
    open_graph(ui.page, ui.url, "nyc_taxi", "published")

    found = nodes(ui.page)
    way = ["raw/yellow_trips", "staged/yellow_trips", "staged/trips", "curated/daily_revenue", "/warehouse"]
    places = [found[name].x for name in (*way, "dashboard/revenue_trend")]
    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert "4 / 4 Passed" in found["staged/yellow_trips"].lines
    assert len(found) == 18


def _a_missing_month_is_made_by_clicking(ui: Ui) -> None:
    launch(ui.page, ui.url, "raw/green_trips", MISSING)

    key = dg.AssetKey(["raw", "green_trips"])
    with ui.instance() as instance:
        _wait_until(lambda: instance.get_materialized_partitions(key) == {MISSING, LOADED})
        (run,) = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": MISSING}))
        succeeded = dg.RunsFilter(run_ids=[run.run_id], statuses=[dg.DagsterRunStatus.SUCCESS])
        _wait_until(lambda: instance.get_runs_count(succeeded) == 1)
    ui.page.get_by_text(MISSING).first.wait_for()


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _RUN_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the run that was clicked did not end"
        time.sleep(0.2)


def _the_asset_page_shows_columns_checks_and_account(ui: Ui) -> None:
    open_asset(ui.page, ui.url, "staged/green_trips")

    shown = ui.page.locator("body")
    for text in ("Row count", "pickup_at", "TIMESTAMP", "unit: seconds", "rows_by_rule", "distance_miles_range"):
        shown.get_by_text(text, exact=True).first.wait_for()
    account = shown.get_by_role("row").filter(has=ui.page.get_by_text("account", exact=True)).first
    assert "arrived\tclean\trejected\tdropped" in account.inner_text()

    ui.page.get_by_role("tab", name="Checks").click()
    for name in ("rows_accounted_for", "contract_bounds", "grain_is_unique"):
        ui.page.get_by_text(name, exact=True).first.wait_for()
    ui.page.get_by_text("Succeeded").nth(2).wait_for()


def _the_dashboard_page_shows_the_picture(ui: Ui) -> None:
    open_asset(ui.page, ui.url, "dashboards/revenue_trend")

    ui.page.get_by_text("[Show Markdown]").first.click()
    picture = ui.page.get_by_role("dialog").get_by_role("img", name="revenue_trend")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") > 500
