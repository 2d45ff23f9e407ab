"""The landing zone against real folders and a real ledger: what is received, once, and what waits or is told."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from data_platform_tests.planning.landed import Landed, landed, with_source
from data_platform_tests.planning.town import told
from data_platform_tests.small_dataset import NOW

MIRROR = with_source('format: "%Y-%m"}\n', 'format: "%Y-%m"}\n          mirror: true\n')


@pytest.fixture
def gauges(tmp_path: Path) -> Landed:
    return landed(tmp_path)


def test_files_that_are_there_and_not_received_are_what_is_asked_for(gauges: Landed) -> None:
    gauges.drop("readings-2024-02.csv", "1,1,2.5")
    gauges.drop("readings-2024-01-harbour.csv", "1,1,1.5")
    gauges.drop("north/readings-2024-01.csv", "2,2,3.5")
    assert told(gauges) == [
        "raw/readings 2024-01: new at the source (2 files)",
        "raw/readings 2024-02: new at the source",
    ]
    gauges.run()
    assert told(gauges) == gauges.tells() == []
    assert gauges.values("readings", "2024-01") == [1.5, 3.5]
    gauges.drop("readings-2024-01-hill.csv", "3,2,4.5")
    assert told(gauges) == ["raw/readings 2024-01: new at the source"]
    gauges.run()
    assert gauges.values("readings", "2024-01") == [1.5, 3.5, 4.5]
    assert gauges.received()[-1] == ("received", "2024-01", "readings-2024-01-hill.csv")
    assert len(gauges.received()) == 4


def test_a_rewritten_file_takes_the_place_of_what_it_was(gauges: Landed) -> None:
    path = gauges.drop("readings-2024-01.csv", "1,1,1.5")
    gauges.run()
    gauges.drop("readings-2024-01.csv", "1,1,2.5")
    assert told(gauges) == ["raw/readings 2024-01: changed at the source"]
    gauges.run()
    assert gauges.values() == [2.5]
    # Of the same size, at the time of before: only the system's own time tells.
    then = path.stat().st_mtime
    gauges.drop("readings-2024-01.csv", "1,1,7.5", at=then)
    gauges.run()
    assert gauges.values() == [7.5]


def test_the_same_bytes_again_are_noted_and_nothing_follows(gauges: Landed) -> None:
    gauges.drop("readings-2024-01.csv", "1,1,1.5")
    gauges.run()
    gauges.drop("readings-2024-01.csv", "1,1,1.5", at=NOW.timestamp() - 60)
    assert gauges.run() == ["raw.readings 2024-01"]


def test_equal_bytes_in_several_files_and_months_keep_their_rows_apart(gauges: Landed) -> None:
    for name in ("a/readings-2024-01.csv", "b/readings-2024-01.csv", "readings-2024-02.csv", "readings-2024-01-b.csv"):
        gauges.drop(name, "1,1,1.5")
    gauges.run()
    assert gauges.values("readings", "2024-01") == [1.5, 1.5, 1.5]
    assert gauges.values("readings", "2024-02") == [1.5]


def test_a_file_that_is_still_being_written_waits(gauges: Landed) -> None:
    gauges.drop("readings-2024-01.csv", "1,1,1.5", at=NOW.timestamp() - 2)
    gauges.drop("readings-2024-02.csv", "1,1,2.5")
    assert told(gauges) == ["raw/readings 2024-02: new at the source"]
    assert gauges.tells() == [
        "raw/readings 2024-01: readings-2024-01.csv was changed 2 s ago: waits until it has rested for 5 s"
    ]
    (waiting,) = gauges.receive("readings", "2024-01")
    assert (waiting.outcome, waiting.text) == ("absent", "1 files are still being written")
    gauges.run()
    assert gauges.values() == [2.5]
    assert gauges.run(NOW + timedelta(seconds=4))[0] == "raw.readings 2024-01"


def test_a_time_that_a_copy_kept_does_not_hide_that_it_was_just_made(gauges: Landed) -> None:
    path = gauges.drop("readings-2024-01.csv", "1,1,1.5")
    changed = NOW.fromtimestamp(path.stat().st_ctime, NOW.tzinfo)
    assert not any(item.table.table == "readings" for item in gauges.stale(changed).stale)
    later = changed + timedelta(seconds=6)
    assert [item.partition for item in gauges.stale(later).stale if item.table.table == "readings"] == ["2024-01"]


def test_times_in_the_future_hold_nothing_back(gauges: Landed) -> None:
    gauges.drop("readings-2024-01.csv", "1,1,1.5", at=NOW.timestamp() + 10**8)
    gauges.run()
    gauges.drop("readings-2024-01.csv", "1,1,2.5", at=NOW.timestamp() - 10**8)
    gauges.run()
    assert gauges.values() == [2.5]


def test_what_is_no_date_or_of_another_time_is_told_and_blocks_nothing(gauges: Landed) -> None:
    gauges.drop("readings-2024-13.csv", "1,1,0.5")
    gauges.drop("readings-2023-12.csv", "1,1,0.5")
    gauges.drop("readings-2024-03.csv", "1,1,3.5")
    gauges.drop("readings-2024-01.csv", "1,1,1.5")
    gauges.drop("notes.txt")
    gauges.run()
    assert gauges.values() == [1.5]
    assert gauges.tells() == [
        "raw/readings 2024-03: readings-2024-03.csv is early: received once its partition is over, 2024-04-01",
        "raw/readings no partition: readings-2024-13.csv '2024-13' is no date of the form %Y-%m!",
        "raw/readings no partition: 1 files belong to partitions that this table does not have: readings-2023-12.csv",
    ]


def test_a_broken_file_is_refused_once_and_looked_at_again_when_it_changes(gauges: Landed) -> None:
    gauges.drop_bytes("readings-2024-01-a.csv", b"<html>busy</html>")
    gauges.drop("readings-2024-01-b.csv", "1,1,1.5")
    gauges.run()
    assert gauges.values() == [1.5]
    assert told(gauges) == []
    (refused,) = gauges.tells()
    assert refused.startswith("raw/readings 2024-01: refused: readings-2024-01-a.csv: is an HTML page")
    gauges.drop("readings-2024-01-b.csv", "1,1,2.5")
    gauges.run()
    assert [state for state, _, name in gauges.received() if name == "readings-2024-01-a.csv"] == ["refused"]
    gauges.drop("readings-2024-01-a.csv", "2,2,9.5")
    assert told(gauges) == ["raw/readings 2024-01: changed at the source after it was refused"]
    gauges.run()
    assert gauges.values() == [2.5, 9.5]


def test_what_was_refused_is_read_again_when_somebody_asks_for_its_partition(gauges: Landed) -> None:
    gauges.drop_bytes("readings-2024-01.csv", b"")
    gauges.drop("readings-2024-01-b.csv", "1,1,1.5")
    first, again = (gauges.receive("readings", "2024-01")[0] for _ in range(2))
    assert (first.outcome, again.outcome) == ("received", "refused")
    assert len(first.refused) == len(again.refused) == 1


def test_links_pipes_and_odd_names_are_told_and_not_followed(gauges: Landed, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    secret = tmp_path / "elsewhere" / "readings-2024-01.csv"
    secret.write_text("reading_id,place_id,value\n1,1,1\n")
    gauges.drop("readings-2024-02.csv", "1,1,2.5")
    (gauges.zone / "readings-2024-01.csv").symlink_to(secret)
    (gauges.zone / "more").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(gauges.zone / "readings-2024-01-p.csv")
    os.close(os.open(os.fsencode(gauges.zone) + b"/readings-2024-01-\xff.csv", os.O_CREAT))
    gauges.run()
    assert gauges.values() == [2.5]
    expected = [
        f"raw/{table} no partition: {name} {what}!"
        for table in ("levels", "readings")
        for name, what in [
            ("more", "is a symbolic link, which is not followed; put the file itself there"),
            ("readings-2024-01-%FF.csv", "has a name that is no UTF-8; rename it"),
            ("readings-2024-01-p.csv", "is a pipe, a socket or a device, not a file"),
            ("readings-2024-01.csv", "is a symbolic link, which is not followed; put the file itself there"),
        ]
    ]
    assert sorted(gauges.tells()) == sorted(expected)


_ODD_NAMES = [
    "it's",
    '"q"',
    "100%25 {x}",
    "{partition}",
    "ligne\nzwei",
    "été-Ω-雨",
    "a#b?c&d=e",
    ";DROP TABLE",
    "[red]x",
    "é",
]


def test_names_are_data_wherever_they_go(gauges: Landed) -> None:
    for number, odd in enumerate(_ODD_NAMES):
        for folder in ("", f"{odd}/"):
            gauges.drop(f"{folder}readings-2024-01 {odd}.csv", f"{number},1,1.5")
    gauges.run()
    assert told(gauges) == gauges.tells() == []
    assert sorted(row["reading_id"] for row in gauges.rows("staged.readings")) == sorted([*range(10), *range(10)])
    sightings = gauges.platform.lake.ledger("readings").read().all()
    assert len({s.uri for s in sightings}) == len({s.slot for s in sightings}) == 20
    assert all(s.uri.isascii() and s.uri.isprintable() and " " not in s.uri for s in sightings)


def test_a_file_that_is_taken_away_changes_nothing(gauges: Landed) -> None:
    gauges.drop("README")
    path = gauges.drop("readings-2024-01.csv", "1,1,1.5")
    gauges.run()
    path.unlink()
    assert told(gauges) == gauges.tells() == []
    assert gauges.values() == [1.5]


def test_a_mirror_withdraws_what_is_taken_away_and_takes_it_back(tmp_path: Path) -> None:
    gauges = landed(tmp_path, MIRROR)
    first = gauges.drop("readings-2024-01-a.csv", "1,1,1.5")
    second = gauges.drop("readings-2024-01-b.csv", "2,1,2.5")
    gauges.drop("readings-2024-02.csv", "3,1,3.5")
    gauges.run()
    before = gauges.platform.lake.ledger("readings").read().data_version("2024-01")
    kept = second.read_bytes()
    second.unlink()
    assert told(gauges) == ["raw/readings 2024-01: was taken away at the source"]
    gauges.run()
    assert gauges.values("readings", "2024-01") == [1.5]
    first.unlink()
    gauges.run()
    assert gauges.values("readings", "2024-01") == []
    assert gauges.rows("curated.totals", "2024-01") == []
    assert [state for state, _, _ in gauges.received()].count("withdrawn") == 2
    assert told(gauges) == []
    gauges.drop("readings-2024-01-a.csv", "1,1,1.5")
    gauges.drop_bytes("readings-2024-01-b.csv", kept)
    assert told(gauges) == ["raw/readings 2024-01: back at the source (2 files)"]
    gauges.run()
    assert gauges.platform.lake.ledger("readings").read().data_version("2024-01") == before


def test_a_mirror_that_is_empty_or_cannot_be_read_withdraws_nothing(tmp_path: Path) -> None:
    gauges = landed(tmp_path, MIRROR)
    path = gauges.drop("in/readings-2024-01.csv", "1,1,1.5")
    gauges.run()
    path.unlink()
    path.parent.rmdir()
    assert told(gauges) == []
    gauges.zone.rmdir()
    assert told(gauges) == []


def test_a_file_that_belongs_to_another_partition_now_leaves_the_one_it_was_in(gauges: Landed) -> None:
    gauges.drop("levels_240215.csv", "1,1,1.5")
    gauges.run()
    assert gauges.values("levels", "2024-02") == [1.5]
    gauges.write(with_source("shift: -7d", "shift: -20d"))
    assert told(gauges) == [
        "raw/levels 2024-01: new at the source",
        "raw/levels 2024-02: belongs to 2024-01 now",
    ]
    gauges.run()
    assert (gauges.values("levels", "2024-01"), gauges.values("levels", "2024-02")) == ([1.5], [])
    assert told(gauges) == []


def test_what_is_pushed_and_what_is_pulled_feed_one_table_and_do_not_ask_in_turn(gauges: Landed) -> None:
    gauges.put_file("levels-2024-01.csv", "reading_id,place_id,value\n1,1,1.5\n")
    gauges.run()
    gauges.drop("levels_240208.csv", "1,1,2.5")
    assert told(gauges) == ["raw/levels 2024-02: new at the source"]
    gauges.drop("levels_240131.csv", "1,1,3.5")
    gauges.run()
    assert (gauges.values("levels", "2024-01"), gauges.values("levels", "2024-02")) == ([3.5], [2.5])
    assert told(gauges) == gauges.run() == []
    gauges.put_file("levels-2024-01.csv", "reading_id,place_id,value\n1,1,4.5\n")
    gauges.run()
    assert gauges.values("levels", "2024-01") == [4.5]
    assert told(gauges) == gauges.run() == []


def test_the_latest_delivery_of_a_partition_wins_and_each_is_received_once(gauges: Landed) -> None:
    gauges.drop("levels_240131.csv", "1,1,1.5", at=NOW.timestamp() - 500)
    gauges.drop("levels_240130.csv", "1,1,2.5", at=NOW.timestamp() - 600)
    gauges.run()
    assert gauges.values("levels") == [1.5]
    gauges.drop("levels_240129.csv", "1,1,3.5", at=NOW.timestamp() - 700)
    gauges.run()
    assert gauges.values("levels") == [3.5]
    assert [name for _, _, name in gauges.received("levels")] == [
        "levels_240130.csv",
        "levels_240131.csv",
        "levels_240129.csv",
    ]
    assert told(gauges) == []


def test_a_server_that_is_down_does_not_hold_back_what_is_pushed(gauges: Landed) -> None:
    (gauges.source / "levels-2024-01.csv").mkdir()
    gauges.drop("levels_240131.csv", "1,1,1.5")
    (received,) = gauges.receive("levels", "2024-01")
    assert received.outcome == "received"
    assert "is not a regular file" in received.text


def test_a_file_that_is_too_large_is_refused_and_blocks_nothing(gauges: Landed) -> None:
    gauges.drop("readings-2024-02.csv", "1,1,2.5")
    gauges.write(with_source("partition: {from: month", "max_bytes: 60\n          partition: {from: month"))
    gauges.drop("readings-2024-01.csv", *["1,1,1.5"] * 9)
    gauges.run()
    assert gauges.values() == [2.5]
    (refused,) = gauges.tells()
    assert "larger than max_bytes=60" in refused
    assert told(gauges) == []
