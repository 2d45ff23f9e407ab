"""The catalogue is written when it would show something new, as a whole, and otherwise left alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from data_platform.site.dashboards.folder import standing
from data_platform.steps.catalogue import catalogue, catalogue_is_behind, catalogue_page
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, reading, small_dataset


@pytest.fixture
def shown(tmp_path: Path) -> SmallDataset:
    """A published month, with its catalogue."""
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1), reading(2, value=None)])
    small.run()
    publish_warehouse(small.platform, now=NOW)
    assert catalogue_is_behind(small.platform)
    assert catalogue(small.platform, now=NOW).changed
    return small


def folders(small: SmallDataset) -> set[Path]:
    return {path for path in small.platform.site.glob("catalogue.*") if path.is_dir()}


def test_nothing_is_written_while_nothing_has_changed(shown: SmallDataset) -> None:
    before = folders(shown)
    assert not catalogue_is_behind(shown.platform)
    again = catalogue(shown.platform, now=NOW + timedelta(days=1))
    assert not again.changed
    assert folders(shown) == before


def test_a_new_commit_a_refused_file_and_another_description_are_each_shown(shown: SmallDataset) -> None:
    shown.put("2024-01", [reading(1), reading(2, value=2.0)])
    shown.run()
    _follows(shown)
    shown.put_file("readings-2024-02.parquet", b"torn")
    assert shown.receive("readings", "2024-02")[0].outcome == "refused"
    _follows(shown)
    shown.write(
        {"curated/daily_rain.yaml": FILES["curated/daily_rain.yaml"].replace("Rain per place", "Wet per place")}
    )
    _follows(shown)
    assert "Wet per place" in catalogue_page(shown.platform).read_text(encoding="utf-8")
    shown.write({"defs.yaml": FILES["defs.yaml"].replace("Rain gauges", "Wet gauges")})
    _follows(shown)


def _follows(small: SmallDataset) -> None:
    assert catalogue_is_behind(small.platform)
    assert catalogue(small.platform, now=NOW).changed
    assert not catalogue_is_behind(small.platform)


def test_a_publication_brings_sample_rows(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1)])
    small.run()
    # Nobody is waiting for pages before anything is published; who asks gets them.
    assert not catalogue_is_behind(small.platform)
    page = catalogue(small.platform, now=NOW).page.parent / "tables" / "staged.readings.html"
    assert "Not published yet." in page.read_text(encoding="utf-8")
    publish_warehouse(small.platform, now=NOW)
    _follows(small)
    assert "Not published yet." not in page.read_text(encoding="utf-8")
    assert "1.50" in page.read_text(encoding="utf-8")


def test_an_error_while_pages_are_written_leaves_those_before(shown: SmallDataset) -> None:
    before = catalogue_page(shown.platform).read_text(encoding="utf-8")
    kept = shown.platform.warehouse / "warehouse.duckdb"
    broken = replace(shown.platform, warehouse=shown.home / "broken")
    broken.warehouse.mkdir()
    for path in shown.platform.warehouse.iterdir():
        (broken.warehouse / path.name).write_bytes(path.read_bytes())
    (broken.warehouse / kept.name).write_bytes(b"no warehouse")
    shown.write({"defs.yaml": FILES["defs.yaml"].replace("Rain gauges", "Wet gauges")})
    broken = replace(broken, catalog=shown.catalog)
    with pytest.raises(duckdb.Error):
        catalogue(broken, now=NOW)
    assert catalogue_page(shown.platform).read_text(encoding="utf-8") == before
    _follows(shown)


def test_who_reads_the_catalogue_while_it_is_written_goes_on_reading(shown: SmallDataset) -> None:
    inside = catalogue_page(shown.platform).parent.resolve()
    shown.put("2024-02", [reading(7)])
    shown.run()
    _follows(shown)
    assert (inside / "tables" / "staged.readings.html").exists()
    assert catalogue_page(shown.platform).parent.resolve() != inside


def test_the_site_begins_with_a_page_that_stays_while_it_says_the_same(shown: SmallDataset) -> None:
    front = shown.platform.site / "index.html"
    before = front.stat().st_ino
    assert 'href="catalogue/index.html"' in front.read_text(encoding="utf-8")
    shown.put("2024-02", [reading(7)])
    shown.run()
    _follows(shown)
    assert front.stat().st_ino == before
    front.write_text("an older one", encoding="utf-8")
    shown.put("2024-02", [reading(8)])
    shown.run()
    _follows(shown)
    assert 'href="catalogue/index.html"' in front.read_text(encoding="utf-8")


def test_links_to_dashboards_lead_to_an_index_also_before_any_is_drawn(shown: SmallDataset) -> None:
    index = shown.platform.site / "dashboards" / "index.html"
    assert "No dashboard is drawn yet." in index.read_text(encoding="utf-8")
    assert standing(index.parent) == {}
    inside = index.parent.resolve()
    shown.put("2024-02", [reading(7)])
    shown.run()
    _follows(shown)
    assert index.parent.resolve() == inside
