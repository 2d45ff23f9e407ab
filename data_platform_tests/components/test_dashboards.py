"""Dashboards as assets: their pictures, and one that fails beside others that do not."""

from pathlib import Path

import dagster as dg

from data_platform_tests.components.small_dagster import failure, key, materialized, observed, small_dagster
from data_platform_tests.small_dataset import reading

_RAIN = '''\
"""Rain a day"""

import altair as alt


def dashboard(warehouse):
    rows = warehouse.sql("SELECT reading_date, rain_mm FROM curated.daily_rain")
    return alt.Chart(rows).mark_bar().encode(x="reading_date:T", y="rain_mm:Q")
'''
_FILES = {"dashboards/rain.py": _RAIN, "dashboards/broken.py": _RAIN.replace("rain_mm FROM", "snow_mm FROM")}
_BOTH = dg.AssetSelection.assets(key("dashboards/rain"), key("dashboards/broken"))


def test_a_dashboard_that_fails_is_told_with_its_line_and_the_others_show_their_picture(tmp_path: Path) -> None:
    with small_dagster(tmp_path, _FILES) as dagster:
        dagster.small.put("2024-01", [reading(1)])
        assert dagster.run_month().success
        assert dagster.run("published/warehouse", partition=None).success

        result = dagster.launch(_BOTH, partition=None)

        assert not result.success
        assert "dashboards/broken.py:7: BinderException" in failure(result)
        (drawn,) = materialized(result).values()
        assert str(drawn.metadata["picture"].value).startswith("![rain](data:image/png;base64,")
        assert drawn.metadata["outcome"].value == "drawn"
        page = Path(str(drawn.metadata["page"].value))
        assert page == dagster.small.home / "site" / "dashboards" / "rain.html"
        assert "<h1>Rain a day</h1>" in page.read_text(encoding="utf-8")


def test_before_the_first_publication_there_is_nothing_to_draw(tmp_path: Path) -> None:
    with small_dagster(tmp_path, _FILES) as dagster:
        result = dagster.launch(_BOTH, partition=None)

        assert result.success
        assert observed(result) == dict.fromkeys(("dashboards/rain", "dashboards/broken"), "nothing is published yet")
