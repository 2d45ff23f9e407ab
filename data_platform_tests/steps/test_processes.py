"""Kills and races with real processes: afterwards the old version or the new one stands, and the next run completes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from data_platform.lake.names import TableName
from data_platform_tests.planning.town import fingerprints, rain, told
from data_platform_tests.small_dataset import PLACES, SmallDataset

REPOSITORY = Path(__file__).resolve().parents[2]
READINGS = TableName("staged", "readings")
Start = Callable[..., "subprocess.Popen[str]"]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(built_town: SmallDataset) -> Iterator[Start]:
    """Starts a process of `racers.py` at the town."""
    started: list[subprocess.Popen[str]] = []

    def run(action: str, *arguments: str) -> "subprocess.Popen[str]":
        places = [str(place) for place in (built_town.folder, built_town.source, built_town.home)]
        command = [sys.executable, "-m", "data_platform_tests.steps.racers", *places, action, *arguments]
        started.append(
            subprocess.Popen(command, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def _ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def _answer(process: "subprocess.Popen[str]") -> str:
    answer, _ = process.communicate("go\n", timeout=60)
    assert process.returncode == 0
    return answer


def _values(small: SmallDataset, month: str = "2024-02") -> list[float]:
    """The clean values of a month; whatever stands, its account closes and tells of exactly these rows."""
    rows = small.rows("staged.readings", month)
    provenance = small.platform.lake.table(READINGS).partitions()[month].provenance
    account = provenance["account"]
    assert account["arrived"] == account["clean"] + account["rejected"] + account["dropped"]
    assert (account["clean"], account["rejected"]) == (len(rows), len(small.quarantine("staged.readings", month)))
    assert provenance["rows"] == len(rows)
    return [float(row["rain_mm"]) for row in rows]


def _expect_current(small: SmallDataset) -> None:
    assert told(small) == []
    daily = small.rows("curated.daily_rain", "2024-02")
    assert sum(float(row["rain_mm"]) for row in daily) == sum(_values(small))


def test_killed_between_data_files_and_commit_the_old_version_stays(built_town: SmallDataset, start: Start) -> None:
    rain(built_town, "2024-02", 30, 40, None)
    built_town.receive("readings", "2024-02")
    before = fingerprints(built_town)
    killed = start("build_and_die_before_the_commit", "staged.readings", "2024-02")
    assert killed.wait(60) == -SIGKILL
    assert fingerprints(built_town) == before
    assert _values(built_town) == [3]
    assert told(built_town) == ["staged/readings 2024-02: input moved: raw/readings"]
    built_town.run()
    assert _values(built_town) == [30, 40]
    _expect_current(built_town)


def test_killed_between_commit_and_event_the_new_version_stands(built_town: SmallDataset, start: Start) -> None:
    rain(built_town, "2024-02", 30, 40, None)
    built_town.receive("readings", "2024-02")
    killed = start("build_and_die_after_the_commit", "staged.readings", "2024-02")
    assert killed.wait(60) == -SIGKILL
    assert _values(built_town) == [30, 40]
    done = built_town.run()
    assert "staged.readings 2024-02" not in done
    assert "curated.daily_rain 2024-02" in done
    _expect_current(built_town)


@pytest.mark.parametrize(
    ("table", "partition", "action"),
    [
        ("readings", "2024-02", ("receive_and_die_before_the_ledger", "1")),
        ("places", "all", ("receive_and_die_before_the_ledger", "1")),
        ("places", "all", ("receive_and_die_before_the_ledger", "2")),
        ("readings", "2024-02", ("receive_and_die_in_the_ledger",)),
    ],
    ids=["bytes kept", "rows of text kept", "rows and bytes of text kept", "sightings written"],
)
def test_killed_while_receiving_nothing_was_received(
    built_town: SmallDataset, start: Start, table: str, partition: str, action: tuple[str, ...]
) -> None:
    rain(built_town, "2024-02", 30, 40, None)
    built_town.put_file("places.csv", PLACES.replace("Harbour", "Old Harbour"))
    before = built_town.platform.lake.ledger(table).read().all()
    killed = start(action[0], table, partition, *action[1:])
    assert killed.wait(60) == -SIGKILL
    assert built_town.platform.lake.ledger(table).read().all() == before
    assert f"raw/{table} {partition}: changed at the source" in told(built_town)
    built_town.run()
    assert _values(built_town) == [30, 40]
    assert {row["place"] for row in built_town.rows("staged.readings")} == {"Old Harbour"}
    _expect_current(built_town)


def test_two_processes_that_build_one_new_partition_make_it_once(built_town: SmallDataset, start: Start) -> None:
    defs = (built_town.folder / "defs.yaml").read_text()
    built_town.write({"defs.yaml": defs.replace('start: "2024-01"', 'start: "2023-12"')})
    rain(built_town, "2023-12", 5, 6, None)
    built_town.receive("readings", "2023-12")
    both = [start("build_when_told", "staged.readings", "2023-12") for _ in range(2)]
    for process in both:
        _ready(process)
    assert both[0].stdin is not None
    both[0].stdin.write("go\n")
    both[0].stdin.flush()
    answers = sorted([_answer(both[1]), both[0].communicate(timeout=60)[0]])
    assert answers[0].startswith("Built")
    assert answers[1] == "UpToDate"
    assert _values(built_town, "2023-12") == [5, 6]
    assert len(built_town.platform.lake.table(READINGS).files(["2023-12"]).clean) == 1


def test_a_writer_of_old_inputs_does_not_overwrite_a_correction(built_town: SmallDataset, start: Start) -> None:
    rain(built_town, "2024-02", 1, 1, 1)
    built_town.receive("readings", "2024-02")
    slow = start("build_when_told", "staged.readings", "2024-02")
    _ready(slow)
    rain(built_town, "2024-02", 30, 40)
    built_town.receive("readings", "2024-02")
    built_town.built("staged.readings", "2024-02")
    corrected = fingerprints(built_town)
    assert _answer(slow) == "UpToDate"
    assert fingerprints(built_town) == corrected
    assert _values(built_town) == [30, 40]


def test_what_was_made_of_inputs_that_moved_meanwhile_is_made_again(built_town: SmallDataset, start: Start) -> None:
    rain(built_town, "2024-02", 30, 40)
    built_town.receive("readings", "2024-02")
    slow = start("build_when_told", "staged.readings", "2024-02")
    _ready(slow)
    rain(built_town, "2024-02", 3)
    built_town.receive("readings", "2024-02")
    # Nobody committed in between: it commits what it read, whole, and the next question sees that it is old.
    assert _answer(slow).startswith("Built")
    assert _values(built_town) == [30, 40]
    assert told(built_town)[0] == "staged/readings 2024-02: input moved: raw/readings"
    built_town.run()
    assert _values(built_town) == [3]
    _expect_current(built_town)


def test_two_processes_that_receive_one_file_note_it_once(built_town: SmallDataset, start: Start) -> None:
    rain(built_town, "2024-02", 50)
    before = len(built_town.platform.lake.ledger("readings").read().all())
    slow = start("receive_when_told", "readings", "2024-02")
    _ready(slow)
    (received,) = built_town.receive("readings", "2024-02")
    assert received.outcome == "received"
    assert _answer(slow) == "unchanged"
    assert len(built_town.platform.lake.ledger("readings").read().all()) == before + 1
    built_town.run()
    assert _values(built_town) == [50]
    _expect_current(built_town)
