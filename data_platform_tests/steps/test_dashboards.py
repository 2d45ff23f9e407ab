"""Dashboards are drawn when the publication or their file has changed; readers get all pages in one step."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.steps.dashboards import (
    Dashboard,
    Drawn,
    Failed,
    dashboards_are_behind,
    dashboards_folder,
    draw,
    waiting,
)
from data_platform.steps.publish import publish_warehouse
from data_platform_tests.planning.town import rain
from data_platform_tests.small_dataset import NOW, SmallDataset
from data_platform_tests.ui.dagster_dev import REPOSITORY

_RAIN = '''\
"""Rain a day

How much it rained.
"""

import altair as alt


def dashboard(warehouse):
    rows = warehouse.sql("SELECT reading_date, rain_mm FROM curated.daily_rain")
    return alt.Chart(rows, title="Rain").mark_bar().encode(x="reading_date:T", y="rain_mm:Q")
'''
_READINGS = (
    _RAIN.replace("Rain a day", "Readings")
    .replace("curated.daily_rain", "staged.readings")
    .replace("reading_date", "read_at")
)
_BROKEN = _RAIN.replace('title="Rain"', "title=1 / 0")


def _dashboards(small: SmallDataset, **texts: str | None) -> tuple[Dashboard, ...]:
    small.write({f"dashboards/{name}.py": text for name, text in texts.items()})
    return small.datasets.by_name["rain"].dashboards


def _drawn(small: SmallDataset, dashboards: Sequence[Dashboard]) -> dict[str, Drawn]:
    drawn, failed = draw(small.platform, dashboards)
    assert failed == []
    assert not dashboards_are_behind(small.platform, dashboards)
    return {one.dashboard.name: one for one in drawn}


def _folder(small: SmallDataset) -> Path:
    return dashboards_folder(small.platform)


def _index(small: SmallDataset) -> str:
    return (_folder(small) / "index.html").read_text(encoding="utf-8")


def test_a_dashboard_follows_the_publication_and_its_own_text(built_town: SmallDataset) -> None:
    dashboards = _dashboards(built_town, rain=_RAIN)
    assert draw(built_town.platform, dashboards) == ([], [])
    assert not dashboards_are_behind(built_town.platform, dashboards)

    publish_warehouse(built_town.platform, now=NOW)
    assert dashboards_are_behind(built_town.platform, dashboards)
    first = _drawn(built_town, dashboards)["rain"]
    assert (first.changed, first.png[:4]) == (True, b"\x89PNG")
    assert (first.dashboard.about.title, first.dashboard.about.text) == ("Rain a day", "How much it rained.")
    standing = _folder(built_town).readlink()
    again = _drawn(built_town, dashboards)["rain"]
    assert (again.changed, again.png, _folder(built_town).readlink()) == (False, first.png, standing)

    rain(built_town, "2024-02", 40)
    built_town.run()
    assert not dashboards_are_behind(built_town.platform, dashboards)
    publish_warehouse(built_town.platform, now=NOW + timedelta(minutes=1))
    second = _drawn(built_town, dashboards)["rain"]
    assert second.changed
    assert second.png != first.png

    edited = _dashboards(built_town, rain=_RAIN.replace("mark_bar", "mark_line"))
    assert dashboards_are_behind(built_town.platform, edited)
    assert _drawn(built_town, edited)["rain"].png != second.png


def test_a_page_that_was_deleted_is_drawn_again(built_town: SmallDataset) -> None:
    dashboards = _dashboards(built_town, rain=_RAIN)
    publish_warehouse(built_town.platform, now=NOW)
    _drawn(built_town, dashboards)["rain"].page.unlink()
    assert dashboards_are_behind(built_town.platform, dashboards)
    assert _drawn(built_town, dashboards)["rain"].changed


def test_one_that_fails_keeps_its_page_tells_its_line_and_holds_back_no_other(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    first = _drawn(built_town, _dashboards(built_town, rain=_RAIN, readings=_READINGS))
    before = first["rain"].page.read_bytes()

    dashboards = _dashboards(built_town, rain=_BROKEN, readings=_READINGS.replace("mark_bar", "mark_point"))
    drawn, (failed,) = draw(built_town.platform, dashboards)
    assert [(one.dashboard.name, one.changed) for one in drawn] == [("readings", True)]
    line = _BROKEN[: _BROKEN.index("1 / 0")].count("\n") + 1
    path = built_town.folder / "dashboards" / "rain.py"
    assert failed.reason == f"{path}:{line}: ZeroDivisionError: division by zero"
    assert (_folder(built_town) / "rain.html").read_bytes() == before
    assert dashboards_are_behind(built_town.platform, dashboards)
    assert "The last attempt failed; this is the page before" in _index(built_town)

    _drawn(built_town, _dashboards(built_town, rain=_RAIN))
    assert "The last attempt failed" not in _index(built_town)


def test_a_wrong_query_is_told_at_the_line_that_asks(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    wrong = _RAIN.replace("rain_mm FROM", "snow_mm FROM")
    _, (failed,) = draw(built_town.platform, _dashboards(built_town, rain=wrong))
    assert isinstance(failed, Failed)
    assert re.search(r"dashboards/rain\.py:10: BinderException: .*snow_mm", failed.reason)
    assert [path.name for path in _folder(built_town).iterdir() if path.suffix == ".html"] == ["index.html"]


def test_a_query_that_makes_no_sense_is_refused_with_its_line_and_the_repair(built_town: SmallDataset) -> None:
    contract = built_town.folder / "staged" / "readings.yaml"
    text = contract.read_text(encoding="utf-8")
    meant = text.replace("reading_id: {type: BIGINT,", "reading_id: {type: BIGINT, semantic: id,")
    assert meant != text
    built_town.write({"staged/readings.yaml": meant})
    publish_warehouse(built_town.platform, now=NOW)
    summed = _READINGS.replace("read_at, rain_mm FROM", "read_at,\n    sum(reading_id) AS rain_mm FROM")
    summed = summed.replace('"SELECT', '"""-- Rain\nSELECT').replace('readings")', 'readings GROUP BY read_at""")')
    _, (failed,) = draw(built_town.platform, _dashboards(built_town, readings=summed))
    assert re.search(
        r"readings\.py:9: ValueError: query 1 \(Rain\), line 3: sum\(reading_id\): .* \[sum_of_id\]", failed.reason
    )


def test_one_that_reads_a_table_without_data_waits_until_it_is_published(built_town: SmallDataset) -> None:
    files = {"curated/storms.sql": "SELECT rain_mm FROM staged.storms", "curated/storms.yaml": _STORMS}
    built_town.write(
        {**files, "staged/storms.yaml": _STORMS.partition("reconciles")[0], "defs.yaml": _defs(built_town)}
    )
    publish_warehouse(built_town.platform, now=NOW)
    storms = _RAIN.replace(
        "reading_date, rain_mm FROM curated.daily_rain", "1 AS reading_date, rain_mm FROM curated.storms"
    )
    dashboards = _dashboards(built_town, rain=_RAIN, storms=storms)
    drawn, failed = draw(built_town.platform, dashboards)
    assert ([one.dashboard.name for one in drawn], failed) == (["rain"], [])
    assert waiting(built_town.platform) == {"storms": "curated.storms"}
    assert not dashboards_are_behind(built_town.platform, dashboards)
    assert "Waits for curated.storms, which is not published yet." in _index(built_town)

    misspelt = _dashboards(built_town, storms=storms.replace("curated.storms", "curated.stroms"))
    _, (wrong,) = draw(built_town.platform, misspelt)
    assert wrong.reason.endswith("storms.py:10: curated.stroms is not in the published warehouse")


_STORMS = """\
description: Storms.
grain: [rain_mm]
columns:
  rain_mm: {type: DOUBLE, required: true}
reconciles: {none: "no rows are lost"}
"""


def _defs(small: SmallDataset) -> str:
    """A raw table more, of which there is no file."""
    return (small.folder / "defs.yaml").read_text() + (
        "    storms:\n"
        "      description: Storms.\n"
        '      source: {http_file: {url: "{{ tlc_url }}/storms-{partition:%Y-%m}.parquet"}}\n'
        "      columns: {rain_mm: {type: DOUBLE}}\n"
    )


def test_what_cannot_be_drawn_at_all_is_told_at_the_function(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    nothing = _RAIN.replace("    return alt", "    alt")
    _, (failed,) = draw(built_town.platform, _dashboards(built_town, rain=nothing))
    assert re.search(r"dashboards/rain\.py:9: DashboardError: .* returned a NoneType", failed.reason)


def test_a_dashboard_that_is_gone_loses_its_page(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    _drawn(built_town, _dashboards(built_town, rain=_RAIN, readings=_READINGS))
    left = _dashboards(built_town, readings=None)
    assert dashboards_are_behind(built_town.platform, left)
    drawn = _drawn(built_town, left)
    assert not drawn["rain"].changed
    assert sorted(path.name for path in _folder(built_town).iterdir()) == [
        "dashboards.json",
        "index.html",
        "rain.html",
        "rain.png",
    ]


def test_only_the_dashboards_that_are_asked_for_are_drawn_and_the_others_stay(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    dashboards = _dashboards(built_town, rain=_RAIN, readings=_READINGS)
    drawn, _ = draw(built_town.platform, dashboards, only=["rain"])
    assert [one.dashboard.name for one in drawn] == ["rain"]
    drawn, _ = draw(built_town.platform, dashboards, only=["readings"])
    assert [(one.dashboard.name, one.changed) for one in drawn] == [("readings", True)]
    assert (_folder(built_town) / "rain.html").exists()


def test_a_query_leads_to_its_tables_and_their_commits(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    drawn = _drawn(built_town, _dashboards(built_town, readings=_READINGS))["readings"]
    page = drawn.page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="queries">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    (query,) = json.loads(found[1])
    commits = query["tables"]["staged.readings"]["staged.readings"]
    states = built_town.platform.lake.table(TableName("staged", "readings")).partitions()
    assert {one["partition"]: one["fingerprint"] for one in commits} == {
        key: state.fingerprint for key, state in states.items()
    }
    assert 'href="../catalogue/tables/staged.readings.html"' in page
    for one in commits:
        assert f"<code>{one['fingerprint']}</code>" in page


def test_a_view_leads_to_the_commits_of_what_it_reads(built_town: SmallDataset) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    over_a_view = _RAIN.replace("reading_date, rain_mm FROM curated.daily_rain", "kind, mm FROM staged.weather")
    over_a_view = over_a_view.replace("reading_date:T", "kind:N").replace("rain_mm:Q", "mm:Q")
    page = _drawn(built_town, _dashboards(built_town, rain=over_a_view))["rain"].page.read_text(encoding="utf-8")
    assert "Reads staged.readings. 2 partitions" in page
    assert "Reads staged.snow. 1 partition" in page


@pytest.mark.parametrize("name", ["rain", "readings"])
def test_the_index_leads_to_each_page(built_town: SmallDataset, name: str) -> None:
    publish_warehouse(built_town.platform, now=NOW)
    _drawn(built_town, _dashboards(built_town, rain=_RAIN, readings=_READINGS))
    index = _index(built_town)
    assert f'<a href="{name}.html">' in index
    assert f'<img src="{name}.png"' in index


def test_the_documented_example_becomes_a_page(built_town: SmallDataset) -> None:
    page = (REPOSITORY / "docs" / "dashboards.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    publish_warehouse(built_town.platform, now=NOW)
    drawn = _drawn(built_town, _dashboards(built_town, rain=found[1]))["rain"]
    text = drawn.page.read_text(encoding="utf-8")
    assert "<h1>Rain by place</h1>" in text
    for part in ("<dt>Rain, mm</dt>", "<h2>Day by day</h2>", '<label for="filter-place">Place</label>'):
        assert part in text
