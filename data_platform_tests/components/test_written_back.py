"""Write back in Dagster: an asset for each target, a check of its rows, and a sensor that notices what it lacks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from data_platform.components.written_back import CHECK, behind
from data_platform.steps.catalogue import catalogue
from data_platform_tests.cli.driven import drive
from data_platform_tests.components.small_dagster import SmallDagster, checks, definitions_of, failure, materialized
from data_platform_tests.databases import Database
from data_platform_tests.sinks.town import Town, town

SENT = "sent/daily_rain"


@pytest.fixture
def gauges(tmp_path: Path, sqlite: Database) -> Town:
    sqlite.run("CREATE TABLE theirs (a INTEGER)")
    return town(tmp_path / "town", sqlite)


@pytest.fixture
def dagster(gauges: Town) -> Iterator[SmallDagster]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield SmallDagster(gauges, instance)


def test_a_run_sends_and_says_how_many_rows_there_are(dagster: SmallDagster, gauges: Town) -> None:
    gauges.run()
    result = dagster.run(SENT, partition=None)
    assert materialized(result)[SENT].metadata["outcome"].value == "sent"
    found = checks(result)[f"{SENT} {CHECK}"]
    assert (found.passed, found.metadata["rows_there"].value) == (True, 4)
    again = materialized(dagster.run(SENT, partition=None))[SENT]
    assert again.metadata["outcome"].value == "unchanged"


def test_make_run_makes_sends_and_has_nothing_to_do_afterwards(dagster: SmallDagster, gauges: Town) -> None:
    done, printed = drive(gauges, dagster.instance)
    assert done.failed == []
    assert "written back: curated/daily_rain" in printed
    assert len(gauges.there()) == 4
    assert behind(gauges.platform) == []
    assert drive(gauges, dagster.instance)[1] == ""


def test_the_sensor_sends_what_a_target_lacks_and_nothing_else(dagster: SmallDagster, gauges: Town) -> None:
    gauges.run()
    assert _requested(dagster) == [dg.AssetKey(["sent", "daily_rain"])]
    dagster.run(SENT, partition=None)
    assert _requested(dagster) == []
    gauges.database.run('DELETE FROM "daily rain"')
    assert _requested(dagster) == [dg.AssetKey(["sent", "daily_rain"])]


def test_a_target_that_cannot_be_reached_fails_its_run_and_no_other(dagster: SmallDagster, gauges: Town) -> None:
    Path(gauges.database.name).unlink()
    done, _ = drive(gauges, dagster.instance)
    (failed,) = done.failed
    assert "daily_rain" in failed
    assert "there is no such file" in failed
    assert done.published
    assert "there is no such file" in failure(dagster.run(SENT, partition=None))


def _requested(dagster: SmallDagster) -> list[dg.AssetKey]:
    defs = definitions_of(dagster.small)
    sensor = defs.resolve_sensor_def("targets_are_behind")
    resources = {"platform": dagster.small.platform}
    with dg.build_sensor_context(instance=dagster.instance, definitions=defs, resources=resources) as context:
        found = sensor.evaluate_tick(context).run_requests or []
    return [key for request in found for key in request.asset_selection or ()]


def test_the_catalogue_says_where_a_table_is_written_back_to_and_what_was_sent(
    dagster: SmallDagster, gauges: Town
) -> None:
    gauges.run()
    assert "nothing sent yet" in _page(gauges)
    drive(gauges, dagster.instance)
    page = _page(gauges)
    assert f"daily rain at {gauges.database.url}" in page
    assert "by place, reading_date" in page
    assert "4 rows of 2 partitions" in page


def _page(gauges: Town) -> str:
    written = catalogue(gauges.platform, now=datetime.now(UTC))
    return (written.page.parent / "tables" / "curated.daily_rain.html").read_text(encoding="utf-8")


def test_each_column_of_a_target_is_known_to_come_from_one_of_ours(gauges: Town) -> None:
    gauges.says(", columns: {where: place, day: reading_date}")
    spec = definitions_of(gauges).resolve_assets_def(SENT.split("/")).get_asset_spec()
    assert [dep.asset_key for dep in spec.deps] == [dg.AssetKey(["curated", "daily_rain"])]
    lineage = spec.metadata["dagster/column_lineage"].deps_by_column
    assert {name: deps[0].column_name for name, deps in lineage.items()} == {"where": "place", "day": "reading_date"}
