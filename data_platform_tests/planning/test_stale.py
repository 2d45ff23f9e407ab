"""What must run, asked of real sources and a real lake: level-triggered, and each thing once."""

import os
from datetime import UTC, datetime

from data_platform.lake.names import TableName
from data_platform.planning.stale import stale
from data_platform.planning.versions import Versions
from data_platform_tests.planning.town import APRIL, expect, fingerprints, rain, snow, told, waiting
from data_platform_tests.small_dataset import PLACES, SmallDataset


def test_nothing_is_stale_after_a_run_and_nothing_is_done_by_another(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    assert waiting(built_town) == []
    assert built_town.run() == []


def test_a_month_that_appears_late_is_asked_for_until_it_is_there(built_town: SmallDataset) -> None:
    assert waiting(built_town, APRIL) == [
        "raw/readings 2024-03: not at its source, expected since 2024-04-01!",
        "raw/snow 2024-03: not at its source, expected since 2024-04-01!",
    ]
    rain(built_town, "2024-03", 7)
    snow(built_town, "2024-03", 1)
    assert told(built_town, APRIL) == [
        "raw/readings 2024-03: new at the source",
        "raw/snow 2024-03: new at the source",
    ]
    assert sorted(built_town.run(APRIL)) == [
        "curated.daily_rain 2024-03",
        "curated.monthly_weather 2024-03",
        "curated.record_days all",
        "raw.readings 2024-03",
        "raw.snow 2024-03",
        "staged.readings 2024-03",
        "staged.snow 2024-03",
    ]
    assert told(built_town, APRIL) == []


def test_a_month_that_is_not_over_is_not_asked_for(built_town: SmallDataset) -> None:
    rain(built_town, "2024-03", 7)
    assert told(built_town) == []


def test_a_corrected_month_runs_once_and_only_it(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 3, 4)
    assert told(built_town) == ["raw/readings 2024-02: changed at the source"]
    assert built_town.run() == [
        "raw.readings 2024-02",
        "staged.readings 2024-02",
        "curated.daily_rain 2024-02",
        "curated.monthly_weather 2024-02",
        "curated.record_days all",
    ]
    assert len(built_town.rows("staged.readings", "2024-02")) == 2
    assert told(built_town) == []


def test_a_received_correction_is_what_makes_the_models_stale(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 3, 4)
    built_town.receive("readings", "2024-02")
    assert told(built_town) == ["staged/readings 2024-02: input moved: raw/readings"]
    built_town.built("staged.readings", "2024-02")
    assert told(built_town) == [
        "curated/daily_rain 2024-02: input moved: staged/readings",
        "curated/monthly_weather 2024-02: input moved: staged/readings",
    ]


def test_a_withdrawn_correction_brings_the_first_version_back(built_town: SmallDataset) -> None:
    before = fingerprints(built_town)
    rain(built_town, "2024-02", 3, 4)
    built_town.run()
    assert fingerprints(built_town) != before
    rain(built_town, "2024-02", 3)
    assert told(built_town) == ["raw/readings 2024-02: changed at the source"]
    built_town.run()
    assert fingerprints(built_town) == before
    assert len(built_town.rows("staged.readings", "2024-02")) == 1


def test_a_correction_withdrawn_before_it_was_built_leaves_nothing_to_do(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 3, 4)
    built_town.receive("readings", "2024-02")
    rain(built_town, "2024-02", 3)
    assert built_town.run() == ["raw.readings 2024-02"]


def test_the_same_bytes_delivered_again_are_noted_and_nothing_follows(built_town: SmallDataset) -> None:
    os.utime(built_town.source / "readings-2024-02.parquet", (0, 0))
    assert told(built_town) == ["raw/readings 2024-02: changed at the source"]
    assert built_town.run() == ["raw.readings 2024-02"]
    assert told(built_town) == []


def test_a_file_that_its_source_takes_away_stays_as_it_was_received(built_town: SmallDataset) -> None:
    (built_town.source / "readings-2024-02.parquet").unlink()
    assert told(built_town) == waiting(built_town) == []


def test_a_lookup_that_moved_is_a_reason_for_every_month(built_town: SmallDataset) -> None:
    built_town.put_file("places.csv", PLACES.replace("Harbour", "Old Harbour"))
    assert told(built_town) == ["raw/places all: changed at the source"]
    done = built_town.run()
    assert done[:2] == ["raw.places all", "staged.places all"]
    assert [line for line in done if line.startswith("staged.readings")] == [
        "staged.readings 2024-01",
        "staged.readings 2024-02",
    ]
    assert {row["place"] for row in built_town.rows("curated.record_days")} == {"Old Harbour"}
    assert len(done) == len(set(done))


def test_an_input_that_begins_later_is_waited_for_from_then_on(built_town: SmallDataset) -> None:
    states = built_town.platform.lake.table(TableName("curated", "monthly_weather")).partitions()
    assert set(states["2024-01"].provenance["inputs"]) == {"staged/readings"}
    assert set(states["2024-02"].provenance["inputs"]) == {"staged/readings", "staged/snow"}
    rain(built_town, "2024-03", 7)
    built_town.run(APRIL)
    assert waiting(built_town, APRIL) == [
        "raw/snow 2024-03: not at its source, expected since 2024-04-01!",
        "curated/monthly_weather 2024-03: waits for staged/snow 2024-03",
    ]


def test_a_reader_of_all_months_waits_until_each_input_has_one(small_town: SmallDataset) -> None:
    small_town.write(
        {
            "curated/days.sql": "SELECT (SELECT count(*) FROM curated.daily_rain) AS rain, "
            "(SELECT count(*) FROM staged.snow) AS snow",
            "curated/days.yaml": "description: Days of rain and of snow.\npartitions: none\n"
            "columns:\n  rain: {type: BIGINT}\n  snow: {type: BIGINT}\nreconciles: {none: nothing to compare}\n",
        }
    )
    rain(small_town, "2024-01", 1)
    small_town.run()
    assert "curated/days all: waits for staged/snow" in waiting(small_town)
    snow(small_town, "2024-02", 1)
    assert "curated.days all" in small_town.run()


def test_only_the_last_received_months_are_asked_for_corrections(built_town: SmallDataset) -> None:
    expect(built_town, "{recheck_last: 1}")
    rain(built_town, "2024-01", 9)
    assert told(built_town) == []
    rain(built_town, "2024-02", 9)
    assert told(built_town) == ["raw/readings 2024-02: changed at the source"]
    expect(built_town, "{recheck_last: 2}")
    assert told(built_town) == [
        "raw/readings 2024-01: changed at the source",
        "raw/readings 2024-02: changed at the source",
    ]


def test_a_missing_month_is_asked_for_whatever_its_age(built_town: SmallDataset) -> None:
    expect(built_town, "{recheck_last: 0}")
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace('start: "2024-01"', 'start: "2023-12"')})
    rain(built_town, "2023-12", 9)
    assert told(built_town) == ["raw/readings 2023-12: new at the source"]


def test_a_month_is_overdue_after_the_days_its_source_is_given(built_town: SmallDataset) -> None:
    expect(built_town, "{after_days: 10}")
    early, late = datetime(2024, 4, 10, tzinfo=UTC), datetime(2024, 4, 11, tzinfo=UTC)
    assert waiting(built_town, early)[0] == "raw/readings 2024-03: not at its source yet, expected by 2024-04-11"
    assert waiting(built_town, late)[0] == "raw/readings 2024-03: not at its source, expected since 2024-04-11!"


def test_a_source_that_cannot_be_asked_is_told_and_the_rest_goes_on(built_town: SmallDataset) -> None:
    (built_town.source / "readings-2024-02.parquet").unlink()
    (built_town.source / "readings-2024-02.parquet").mkdir()
    snow(built_town, "2024-02", 10, 20)
    rain(built_town, "2024-01", 5)
    answer = built_town.stale()
    assert [(item.table.table, item.partition) for item in answer.unanswered] == [("readings", "2024-02")]
    assert "is not a regular file" in answer.unanswered[0].error
    assert told(built_town) == [
        "raw/readings 2024-01: changed at the source",
        "raw/snow 2024-02: changed at the source",
    ]
    built_town.run()
    assert told(built_town) == []


def test_a_table_can_be_asked_alone_and_sources_left_in_peace(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 3, 4)
    platform, readings = built_town.platform, TableName("raw", "readings")
    assert stale(platform.catalog, platform.lake, APRIL, ask=()).stale == ()
    assert stale(platform.catalog, platform.lake, APRIL, tables=[TableName("raw", "snow")]).stale == ()
    (only,) = stale(platform.catalog, platform.lake, APRIL, tables=[readings]).stale
    assert (only.table, only.partition) == (readings, "2024-02")


def test_versions_are_read_once_a_question(built_town: SmallDataset) -> None:
    platform, readings = built_town.platform, TableName("raw", "readings")
    versions = Versions(platform.catalog, platform.lake)
    before = versions.of(readings)
    rain(built_town, "2024-02", 3, 4)
    built_town.receive("readings", "2024-02")
    # Asked for each of hundreds of partitions: computing it again would make the question quadratic.
    assert versions.of(readings) is before
    assert Versions(platform.catalog, platform.lake).of(readings) != before
