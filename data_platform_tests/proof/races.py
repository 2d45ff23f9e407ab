"""Races between processes, each a trial that can be repeated: no lost commit, no mixed rows, no stale win.

`python -m data_platform_tests.proof.races --trials 100` repeats each of them and prints how often it was run.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from data_platform.lake.lake import Lake
from data_platform.lake.log import read_log
from data_platform.lake.storage import written_at
from data_platform.warehouse.publication import current
from data_platform.warehouse.read import open_read_only
from data_platform_tests.lake.writing import TRIPS, read_keys, replace, sighting
from data_platform_tests.proof.race_parts import (
    APPENDS,
    COMMITS,
    READINGS,
    append_often,
    append_to_shared_slot,
    commit_often,
    commit_once,
    correct,
    lake_in,
    publish_often,
    publish_step_by_step,
    read_between_steps,
    read_on,
    receive_build_and_publish,
)
from data_platform_tests.proof.racing import Racers
from data_platform_tests.small_dataset import FILES, reading, small_dataset
from data_platform_tests.warehouse.example import generation, publish_onto_current

PROCESSES = 8
PUBLICATIONS = 200
_WRITERS = 8  # in each process

Figures = Counter[str]
Trial = Callable[[Racers, Path], Figures]
"""Runs one race below an empty folder, asserts what must hold, and returns what was counted."""


def different_partitions(racers: Racers, root: Path) -> Figures:
    """8 processes overwrite partitions of their own at once: every commit lands, in a version of its own."""
    lake = lake_in(root)
    months = [f"2024-{number + 1:02}" for number in range(PROCESSES)]
    for month in months:
        replace(lake, month, "old", 9)
    before = lake.table(TRIPS).history()[0].version
    answers = racers.race([(commit_often, root, month, f"writer of {month}") for month in months])
    versions = sorted(version for mine, _ in answers for version in mine)
    assert versions == list(range(before + 1, before + 1 + PROCESSES * COMMITS))
    for month, (mine, _) in zip(months, answers, strict=True):
        assert lake.table(TRIPS).partitions()[month].version == mine[-1]
        _expect_rows(lake, month, f"writer of {month}", COMMITS, rejected=1)
    return _attempts(answers, landed=len(versions))


def the_same_partition(racers: Racers, root: Path) -> Figures:
    """4 processes overwrite one partition that exists, each having found it unmoved: one wins, with its rows alone."""
    replace(lake_in(root), "2024-01", "old", 9)
    return _one_winner(racers, root)


def a_new_partition(racers: Racers, root: Path) -> Figures:
    """4 processes write a partition that does not exist: no file is replaced, and still one wins."""
    replace(lake_in(root), "2024-02", "another", 9)
    lost = _one_winner(racers, root)
    _expect_rows(lake_in(root), "2024-02", "another", 9, rejected=1)
    return lost


def a_new_table(racers: Racers, root: Path) -> Figures:
    """4 processes find no table: all create it, one writes it."""
    return _one_winner(racers, root)


def a_stale_writer(racers: Racers, root: Path) -> Figures:
    """A writer that has compared and is about to write, when a correction lands: the correction stands."""
    lake = lake_in(root)
    replace(lake, "2024-01", "old", 9)
    (stale, attempts), corrected = racers.race(
        [(commit_once, root, "2024-01", "stale", 100, 2), (correct, root, "2024-01", 120)]
    )
    assert (stale, corrected, attempts) == ("moved", 2, 1)
    _expect_rows(lake, "2024-01", "corrected", 120, rejected=1)
    return Figures({"commits": 2, "lost attempts": 1})


def a_stale_first_writer(racers: Racers, root: Path) -> Figures:
    """The same for a partition that did not exist: neither has a file of the other to replace."""
    lake = lake_in(root)
    replace(lake, "2024-02", "another", 9)
    (stale, attempts), corrected = racers.race(
        [(commit_once, root, "2024-01", "stale", 100, 2), (correct, root, "2024-01", 120)]
    )
    assert (stale, corrected, attempts) == ("moved", 2, 1)
    _expect_rows(lake, "2024-01", "corrected", 120, rejected=1)
    return Figures({"commits": 2, "lost attempts": 1})


def ledger_appends(racers: Racers, root: Path) -> Figures:
    """8 processes append to one ledger and compact it meanwhile: one order, and nothing lost in it."""
    lake = lake_in(root)
    answers = racers.race([(append_often, root, f"slot {number}") for number in range(PROCESSES)])
    everything = lake.ledger("trips").read().all()
    assert [s.sequence for s in everything] == list(range(1, PROCESSES * APPENDS + 1))
    for number, (sequences, _) in enumerate(answers):
        mine = [(s.sequence, s.version) for s in everything if s.slot == f"slot {number}"]
        assert mine == [(sequence, f'"slot {number} {i}"') for i, sequence in enumerate(sequences)]
    log = read_log(lake.storage, "ledger/trips")
    assert log is not None
    ever = {file.key for version in log.versions for file in version.adds}
    rows_on_disk = {f.key for f in lake.storage.list("ledger/trips") if written_at(f.key) is not None}
    assert rows_on_disk == ever, "attempts that lost leave no files"
    return _attempts(answers, landed=len(everything))


def a_shared_slot(racers: Racers, root: Path) -> Figures:
    """8 processes append to one slot, each having found it unmoved: one gets it."""
    lake = lake_in(root)
    ledger = lake.ledger("trips")
    ledger.append([sighting("shared", "before")], base=ledger.read())
    answers = racers.race([(append_to_shared_slot, root, f"writer {number}") for number in range(PROCESSES)])
    (winner,) = [answer for answer, _ in answers if answer != "moved"]
    assert [s.version for s in ledger.read().all()] == ['"before"', f'"{winner}"']
    return _attempts(answers, landed=1)


def sixty_four_writers(racers: Racers, root: Path) -> Figures:
    """64 writers in 8 processes receive and build 64 months of one table at once; then all 8 publish at once."""
    months = [f"{2018 + number // 12}-{number % 12 + 1:02}" for number in range(PROCESSES * _WRITERS)]
    monthly = FILES["defs.yaml"].replace('start: "2024-01"', f'start: "{months[0]}"')
    small = small_dataset(root, {"defs.yaml": monthly})
    for number, month in enumerate(months):
        small.put(month, [reading(i, read_at=_noon(month), value=number) for i in range(number + 1)])
    small.receive("places")
    small.built("staged.places")
    shares = [months[number::PROCESSES] for number in range(PROCESSES)]
    loaded = racers.race([(receive_build_and_publish, small, share) for share in shares])
    assert loaded == [_WRITERS] * PROCESSES
    lake = small.platform.lake
    assert [s.sequence for s in lake.ledger("readings").read().all()] == list(range(1, len(months) + 1))
    assert sorted(lake.table(READINGS).partitions()) == months
    found = [(row["read_at"], float(row["rain_mm"])) for row in small.rows("staged.readings")]
    assert sorted(found) == [(_noon(month), number) for number, month in enumerate(months) for _ in range(number + 1)]
    with open_read_only(small.platform.warehouse / "warehouse.duckdb") as reader:
        told = reader.execute("SELECT count(*) FROM operations.commits WHERE table_name = 'staged/readings'").fetchall()
        held = reader.execute("SELECT count(*) FROM staged.readings").fetchall()
    assert told == [(len(months),)]
    assert held == [(sum(range(len(months) + 1)),)]
    return Figures({"writers": len(months)})


def a_reader_through_publications(racers: Racers, root: Path) -> Figures:
    """A reader goes on through 200 publications: it never errs, sees two of them in one question, or goes back."""
    publish_onto_current(root, generation(root, 0))
    _, seen = racers.race([(publish_often, root, PUBLICATIONS), (read_on, root)])
    assert all(len(generations) == 1 for generations in seen), [g for g in seen if len(g) != 1]
    assert seen == sorted(seen)
    assert seen[-1] == [PUBLICATIONS]
    standing = current(root / "warehouse")
    assert standing is not None
    assert standing.versions == generation(root, PUBLICATIONS).versions
    return Figures(publications=PUBLICATIONS, questions=len(seen), seen=len({*map(tuple, seen)}))


def a_reader_at_every_step_of_a_publication(racers: Racers, root: Path) -> Figures:
    """A reader asks before each of the steps in which a publication takes its place: it is the old one, or the new."""
    for number in (0, 1):
        publish_onto_current(root, generation(root, number))
    touches, seen = racers.race([(publish_step_by_step, root, 2), (read_between_steps, root)])
    assert len(seen) >= touches
    assert seen == sorted(seen)
    assert {*map(tuple, seen)} == {(1,), (2,)}
    return Figures(steps=touches, questions=len(seen))


def _one_winner(racers: Racers, root: Path) -> Figures:
    """4 writers of January: one commits, the others are told, and nothing of theirs is seen."""
    lake = lake_in(root)
    before = len(lake.table(TRIPS).history())
    answers = racers.race([(commit_once, root, "2024-01", f"writer {n}", n + 1) for n in range(4)])
    (winner,) = [n for n, (answer, _) in enumerate(answers) if answer != "moved"]
    history = lake.table(TRIPS).history()
    assert len(history) == before + 1
    assert history[0].version == answers[winner][0]
    assert history[0].provenance == {"who": f"writer {winner}"}
    _expect_rows(lake, "2024-01", f"writer {winner}", winner + 1, rejected=winner + 2)
    # All had found the partition as they knew it, and began to write.
    assert [attempts for _, attempts in answers] == [1] * 4
    return _attempts(answers, landed=1)


def _expect_rows(lake: Lake, partition: str, who: str, clean: int, *, rejected: int) -> None:
    files = lake.table(TRIPS).files([partition])
    assert read_keys(lake, files.clean) == {who: clean}
    assert read_keys(lake, files.rejected) == {who: rejected}


def _attempts(answers: list[tuple[Any, int]], *, landed: int) -> Figures:
    return Figures({"commits": landed, "lost attempts": sum(attempts for _, attempts in answers) - landed})


def _noon(month: str) -> datetime:
    return datetime.fromisoformat(f"{month}-15T12:00")


TRIALS: tuple[Trial, ...] = (
    different_partitions,
    the_same_partition,
    a_new_partition,
    a_new_table,
    a_stale_writer,
    a_stale_first_writer,
    ledger_appends,
    a_shared_slot,
    a_reader_at_every_step_of_a_publication,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100, help="how often each of the short races is run")
    trials: int = parser.parse_args().trials
    runs = [(trial, trials) for trial in TRIALS] + [
        (sixty_four_writers, 1 + trials // 20),
        (a_reader_through_publications, 1),
    ]
    with Racers(PROCESSES) as racers, tempfile.TemporaryDirectory() as folder:
        for trial, times in runs:
            began = time.monotonic()
            figures = Figures()
            for number in range(times):
                figures += trial(racers, Path(folder) / trial.__name__ / str(number))
            counted = ", ".join(f"{count:,} {name}" for name, count in figures.items())
            took = time.monotonic() - began
            print(f"{trial.__name__}: {times} trials, {counted}, {took:.0f} s", flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
