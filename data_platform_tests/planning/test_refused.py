"""Files that cannot be read: they wait, hold back nobody else, and are looked at again when it may help."""

from data_platform_tests.planning.town import APRIL, expect, rain, snow, told, waiting
from data_platform_tests.small_dataset import PLACES, SmallDataset


def test_a_broken_correction_waits_and_the_version_before_stays_current(built_town: SmallDataset) -> None:
    good = rain(built_town, "2024-02", 3, 4).read_bytes()
    built_town.put_file("readings-2024-02.parquet", good[:-20])
    snow(built_town, "2024-02", 10, 20)
    done = built_town.run()
    assert "curated.monthly_weather 2024-02" in done  # for the snow
    assert "staged.readings 2024-02" not in done
    assert told(built_town) == []
    (refused,) = waiting(built_town)
    assert refused.startswith("raw/readings 2024-02: refused: ")
    assert "truncated" in refused
    assert refused.endswith("!")
    assert len(built_town.rows("staged.readings", "2024-02")) == 1

    built_town.put_file("readings-2024-02.parquet", good)
    assert told(built_town) == ["raw/readings 2024-02: changed at the source after it was refused"]
    built_town.run()
    assert len(built_town.rows("staged.readings", "2024-02")) == 2


def test_a_broken_first_file_holds_back_its_own_month_and_no_other(built_town: SmallDataset) -> None:
    built_town.put_file("readings-2024-03.parquet", b"<html>not found</html>")
    snow(built_town, "2024-03", 1)
    rain(built_town, "2024-02", 3, 4)
    done = built_town.run(APRIL)
    assert "curated.record_days all" in done
    assert [line for line in done if "2024-03" in line] == [
        "raw.readings 2024-03",
        "raw.snow 2024-03",
        "staged.snow 2024-03",
    ]
    assert told(built_town, APRIL) == []
    refused, month = waiting(built_town, APRIL)
    assert refused.startswith("raw/readings 2024-03: refused: ")
    assert month == "curated/monthly_weather 2024-03: waits for staged/readings 2024-03"


def test_a_refused_file_that_is_taken_away_is_missing_again(built_town: SmallDataset) -> None:
    built_town.put_file("readings-2024-03.parquet", b"")
    built_town.receive("readings", "2024-03")
    (built_town.source / "readings-2024-03.parquet").unlink()
    assert "raw/readings 2024-03: not at its source, expected since 2024-04-01!" in waiting(built_town, APRIL)


def test_a_refused_correction_is_asked_for_however_old_it_is(built_town: SmallDataset) -> None:
    good = rain(built_town, "2024-01", 5, 6).read_bytes()
    built_town.put_file("readings-2024-01.parquet", good[:50])
    built_town.run()
    expect(built_town, "{recheck_last: 0}")
    assert len(waiting(built_town)) == 1
    built_town.put_file("readings-2024-01.parquet", good)
    assert told(built_town) == ["raw/readings 2024-01: changed at the source after it was refused"]


def test_a_file_that_was_refused_in_one_format_is_looked_at_again_in_another(built_town: SmallDataset) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    wrong = defs.replace("  places:\n      description", "  places:\n      format: parquet\n      description")
    assert wrong != defs
    built_town.put_file("places.csv", PLACES + "3,Mill\n")
    built_town.write({"defs.yaml": wrong})
    assert built_town.run() == ["raw.places all"]
    assert len(waiting(built_town)) == 1
    built_town.write({"defs.yaml": defs})
    assert told(built_town) == ["raw/places all: changed at the source after it was refused"]
    built_town.run()
    assert {row["name"] for row in built_town.rows("staged.places")} == {"Harbour", "Hill", "Mill"}
