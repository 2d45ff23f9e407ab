"""A push is made a run of by the sensor, known to Dagster, and never told as something that is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from data_platform.lake.names import TableName
from data_platform_tests.components.small_dagster import SmallDagster, definitions_of, key, materialized, observed
from data_platform_tests.service.pushing import Shop, lines, open_shop, review
from data_platform_tests.small_dataset import NOW


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shop, SmallDagster]]:
    with open_shop(tmp_path, monkeypatch) as shop, dg.DagsterInstance.ephemeral() as instance:
        found = SmallDagster(shop.small, instance)
        found.run("raw/places", partition=None)
        yield shop, found


def _tick(town: SmallDagster) -> list[tuple[str | None, list[str]]]:
    """Partition and assets of each run that a tick of the sensor asks for."""
    repository = definitions_of(town.small).get_repository_def()
    resources = {"platform": town.small.platform}
    with dg.build_sensor_context(town.instance, repository_def=repository, resources=resources) as context:
        found = repository.get_sensor_def("rain_is_stale").evaluate_tick(context).run_requests or []
    return [(one.partition_key, ["/".join(asset.path) for asset in one.asset_selection or []]) for one in found]


def test_the_sensor_runs_what_reads_a_push_and_tells_dagster_of_it(town: tuple[Shop, SmallDagster]) -> None:
    shop, dagster = town
    before = _tick(dagster)
    shop.push("k", lines(review(1)))

    asked = _tick(dagster)
    dagster.run("staged/reviews")

    assert (before, asked) == ([], [("2024-01", ["staged/reviews"])])
    assert dagster.instance.get_materialized_partitions(key("raw/reviews")) == {"2024-01"}
    assert _tick(dagster) == []
    shop.push("late", lines(review(2)))
    assert _tick(dagster) == [("2024-01", ["staged/reviews"])]


def test_a_push_before_its_month_is_over_waits_for_its_end(town: tuple[Shop, SmallDagster]) -> None:
    shop, dagster = town
    now = datetime.now(UTC)
    shop.push("early", lines(review(1, written_at=now.isoformat())))
    (sighting,) = shop.sightings()
    partitions = shop.small.catalog.raw(TableName("raw", "reviews")).partitions
    assert partitions is not None

    early = shop.small.stale(now)
    later = shop.small.stale(partitions.ends_at(sighting.partition))

    assert (_tick(dagster), early.stale) == ([], ())
    assert dagster.instance.get_materialized_partitions(key("raw/reviews")) == set()
    (waits,) = (item for item in early.waiting if str(item.table) == "staged/reviews")
    assert (waits.partition, waits.overdue) == (sighting.partition, False)
    assert "waits for the end of its partition" in waits.reason
    assert [(str(item.table), item.partition) for item in later.stale] == [("staged/reviews", sighting.partition)]


def test_nothing_is_missing_where_nobody_can_tell_what_will_come(town: tuple[Shop, SmallDagster]) -> None:
    shop, _ = town
    shop.push("k", lines(review(1)))
    told = [item for item in shop.small.stale(NOW).waiting if str(item.table) in ("raw/reviews", "raw/notes")]

    assert [(item.partition, item.reason, item.overdue) for item in told] == [
        ("all", "nothing has come", False),
        ("2024-02", "nothing has come", False),
    ]
    expecting = "      description: Reviews, pushed by the shop and the web site.\n"
    defs = (
        (shop.small.folder / "defs.yaml")
        .read_text()
        .replace(expecting, f"{expecting}      expected: {{after_days: 3}}\n")
    )
    shop.small.write({"defs.yaml": defs})
    (late,) = (item for item in shop.small.stale(NOW).waiting if str(item.table) == "raw/reviews")
    assert (late.partition, late.overdue) == ("2024-02", True)


def test_materializing_what_was_pushed_finds_it_in_the_ledger(town: tuple[Shop, SmallDagster]) -> None:
    shop, dagster = town
    shop.push("k", lines(review(1)))

    there = dagster.run("raw/reviews")
    missing = dagster.run("raw/reviews", partition="2024-02")

    assert (set(materialized(there)), observed(there)) == ({"raw/reviews"}, {})
    assert (set(materialized(missing)), set(observed(missing))) == (set(), {"raw/reviews"})
    assert len(shop.sightings()) == 1
