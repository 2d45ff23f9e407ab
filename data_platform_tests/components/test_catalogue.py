"""The catalogue in Dagster: the job that publishes writes it, and the sensor notices when it is behind."""

import dagster as dg

from data_platform.components.published import is_behind, wanted
from data_platform_tests.components.small_dagster import QUIET, SmallDagster, definitions_of, key
from data_platform_tests.small_dataset import FILES

CATALOGUE = key("published/catalogue")


def publish(town: SmallDagster) -> dg.AssetMaterialization:
    """Runs the job `publish`; returns what it said of the catalogue."""
    job = definitions_of(town.small).resolve_job_def("publish")
    done = job.execute_in_process(instance=town.instance, run_config=QUIET)
    assert done.success
    found = town.instance.get_latest_materialization_event(CATALOGUE)
    assert found is not None
    assert found.asset_materialization is not None
    return found.asset_materialization


def test_publishing_writes_the_catalogue_and_says_where_it_is(town: SmallDagster) -> None:
    town.run_month()
    said = publish(town)
    page = town.small.home / "site" / "catalogue" / "index.html"
    assert said.metadata["page"].value == str(page)
    assert said.metadata["outcome"].value == "written"
    assert "curated.daily_rain" in page.read_text(encoding="utf-8")
    assert publish(town).metadata["outcome"].value == "unchanged"


def test_an_edited_description_is_published_though_no_row_has_changed(town: SmallDagster) -> None:
    town.run_month()
    before = publish(town)
    town.small.write(
        {"staged/places.yaml": FILES["staged/places.yaml"].replace("One row per place", "A row per place")}
    )
    said = publish(town)
    assert said.metadata["outcome"].value == "written"
    assert said.tags is not None
    assert before.tags is not None
    assert said.tags["dagster/data_version"] != before.tags["dagster/data_version"]


def test_a_file_that_was_refused_is_news_for_the_catalogue_alone(town: SmallDagster) -> None:
    town.run_month()
    publish(town)
    assert not is_behind(town.small.platform, [])
    before = wanted(town.small.platform)
    town.small.put_file("readings-2024-02.parquet", b"torn")
    assert town.small.receive("readings", "2024-02")[0].outcome == "refused"
    assert is_behind(town.small.platform, [])
    # Otherwise the sensor would take the run for one that was tried already.
    assert wanted(town.small.platform) != before
    publish(town)
    assert not is_behind(town.small.platform, [])
