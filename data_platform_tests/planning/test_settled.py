"""The same question again: what has not moved is not read, and what has moved is always seen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data_platform.lake.log import read_log
from data_platform.planning.stale import stale
from data_platform_tests.planning.town import rain, told, waiting
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset

NOTES = "tables.settled"
# A process of its own remembers no log; it tells which log files it opened and what it found stale.
_ASK = """\
import json, sys
from pathlib import Path
from data_platform.planning.stale import stale
from data_platform_tests.small_dataset import NOW, SmallDataset

small = SmallDataset(*map(Path, sys.argv[1:4]))
platform, opened = small.platform, []
sys.addaudithook(lambda event, told: opened.append(str(told[0])) if event == "open" else None)
answer = stale(platform.catalog, platform.lake, NOW, ask=())
logs = sorted({Path(path).parents[1].name for path in opened if "/_delta_log/" in path and "/ledger/" not in path})
print(json.dumps({"logs": logs, "stale": [f"{item.table} {item.partition}" for item in answer.stale]}))
"""


def asked(small: SmallDataset) -> tuple[list[str], list[str]]:
    """Of a new process: the tables whose logs were opened, and what is stale."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, small.folder, small.source, small.home],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    answer = json.loads(done.stdout)
    return answer["logs"], answer["stale"]


def test_a_new_process_opens_no_log_of_what_has_not_moved(built_town: SmallDataset) -> None:
    assert told(built_town) == []

    assert asked(built_town) == ([], [])


def test_what_has_moved_is_read_with_its_readers_and_nothing_else(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    built_town.write({"staged/snow.yaml": _snow(built_town).replace("unit: mm", "unit: mm, min: 0")})

    logs, found = asked(built_town)
    # Until it is built anew, nothing that reads snow differs.
    assert found == ["staged/snow 2024-02"]
    assert logs == ["snow"]

    built_town.built("staged.snow", "2024-02")
    logs, found = asked(built_town)
    assert found == ["curated/monthly_weather 2024-02"]
    assert logs == ["monthly_weather", "readings", "snow"]


def _snow(small: SmallDataset) -> str:
    return (small.folder / "staged/snow.yaml").read_text()


@pytest.mark.parametrize(
    "harm",
    [
        Path.unlink,
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_text(path.read_text().replace("staged/", "stages/")),
    ],
)
def test_a_lost_or_broken_note_costs_time_and_nothing_else(built_town: SmallDataset, harm: object) -> None:
    assert told(built_town) == []
    assert callable(harm)
    harm(built_town.home / NOTES)

    logs, found = asked(built_town)
    assert found == []
    assert len(logs) == len(list((built_town.home / "lake").glob("[sc]*/*/_delta_log")))


def test_a_table_that_was_deleted_is_stale_however_settled_it_was(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    shutil.rmtree(built_town.home / "lake/curated/daily_rain")

    _, found = asked(built_town)
    assert "curated/daily_rain 2024-01" in found


def test_a_log_that_was_begun_anew_with_as_many_versions_is_read(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    storage = built_town.platform.lake.storage
    before = read_log(storage, "curated/daily_rain")
    shutil.rmtree(built_town.home / "lake/curated/daily_rain")
    for month in ("2024-02", "2024-01"):
        built_town.built("curated.daily_rain", month)
    again = read_log(storage, "curated/daily_rain")
    assert before is not None
    assert again is not None
    assert before.version == again.version

    logs, found = asked(built_town)
    assert found == []
    assert "daily_rain" in logs


def test_a_changed_source_is_seen_behind_settled_tables(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    rain(built_town, "2024-02", 3, 4)
    assert told(built_town) == ["raw/readings 2024-02: changed at the source"]
    built_town.receive("readings", "2024-02")

    _, found = asked(built_town)
    assert found == ["staged/readings 2024-02"]


def test_what_waits_is_told_each_time(built_town: SmallDataset) -> None:
    shutil.rmtree(built_town.home / "lake/staged/places")
    first = waiting(built_town)

    assert [line for line in first if line.startswith("staged/readings 2024-01: waits for staged/places")]
    assert waiting(built_town) == first


def test_changed_code_is_seen_and_taken_back(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    built_town.write({"staged/places.yaml": FILES["staged/places.yaml"].replace("required: true", "min: 0")})
    assert told(built_town) == ["staged/places all: code changed"]
    built_town.write({"staged/places.yaml": FILES["staged/places.yaml"]})

    assert told(built_town) == []


def test_one_dataset_that_is_asked_for_does_not_forget_the_others(built_town: SmallDataset) -> None:
    assert told(built_town) == []
    platform = built_town.platform
    places = next(name for name in platform.catalog.order if name.sql == "staged.places")
    assert stale(platform.catalog, platform.lake, NOW, tables=[places]).stale == ()

    assert asked(built_town) == ([], [])
