"""Sources that move to another address, and partitions that a table no longer has."""

import shutil
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform_tests.planning.town import expect, fingerprints, rain, told, waiting
from data_platform_tests.small_dataset import SmallDataset


def test_partitions_that_a_table_no_longer_has_stay_in_the_lake_and_out_of_sight(built_town: SmallDataset) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace('start: "2024-01"', 'start: "2024-02"')})
    assert told(built_town) == ["curated/record_days all: input moved: curated/daily_rain"]
    built_town.run()
    assert [row["days"] for row in built_town.rows("curated.record_days")] == [1]
    assert "2024-01" in built_town.platform.lake.table(TableName("staged", "readings")).partitions()

    built_town.write({"defs.yaml": defs})
    assert built_town.run() == ["curated.record_days all"]
    assert [row["days"] for row in built_town.rows("curated.record_days")] == [3]


def test_an_input_that_begins_later_than_it_did_is_left_out_where_it_was_read(built_town: SmallDataset) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace('start: "2024-02"', 'start: "2024-03"')})
    assert told(built_town) == ["curated/monthly_weather 2024-02: input moved: staged/snow"]
    built_town.run()
    assert [row["kind"] for row in built_town.rows("curated.monthly_weather", "2024-02")] == ["rain"]


def test_a_mirror_with_the_same_bytes_changes_nothing_but_the_ledger(built_town: SmallDataset, tmp_path: Path) -> None:
    expect(built_town, "{recheck_last: 0}")
    before = fingerprints(built_town)
    mirror = _moved(built_town, tmp_path / "mirror")
    assert [line.partition(": ")[2] for line in told(mirror)] == [
        f"the source moved here from {built_town.source.as_uri()}/{name}"
        for name in ("places.csv", "readings-2024-01.parquet", "readings-2024-02.parquet", "snow-2024-02.parquet")
    ]
    assert sorted(mirror.run()) == [
        "raw.places all",
        "raw.readings 2024-01",
        "raw.readings 2024-02",
        "raw.snow 2024-02",
    ]
    assert fingerprints(mirror) == before
    assert told(mirror) == waiting(mirror) == []


def test_another_file_at_a_mirror_takes_the_place_of_the_first(built_town: SmallDataset, tmp_path: Path) -> None:
    mirror = _moved(built_town, tmp_path / "mirror")
    rain(mirror, "2024-02", 30, 40)
    mirror.run()
    assert [row["rain_mm"] for row in mirror.rows("staged.readings", "2024-02")] == [30, 40]
    built_town.run()
    assert [row["rain_mm"] for row in built_town.rows("staged.readings", "2024-02")] == [3]


def test_what_a_mirror_lacks_stays_and_is_told(built_town: SmallDataset, tmp_path: Path) -> None:
    mirror = _moved(built_town, tmp_path / "mirror")
    (mirror.source / "readings-2024-02.parquet").unlink()
    mirror.run()
    old, new = (f"{place.as_uri()}/readings-2024-02.parquet" for place in (built_town.source, mirror.source))
    assert waiting(mirror) == [f"raw/readings 2024-02: not at {new}; what {old} gave stays!"]
    assert len(mirror.rows("staged.readings", "2024-02")) == 1


def _moved(small: SmallDataset, to: Path) -> SmallDataset:
    """The same town, whose sources were copied to another address."""
    shutil.copytree(small.source, to)
    return SmallDataset(small.folder, to, small.home)
