"""Kills one after the other at random moments, in one home whose sources go on changing. The schedule has a seed."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from data_platform_tests.planning.town import fingerprints
from data_platform_tests.proof.kill_rain import GENERATIONS, SOURCES, Rain
from data_platform_tests.proof.kill_readers import TABLES, Readers
from data_platform_tests.proof.kill_victims import Victims

_COMPLETE_EVERY = 20


@dataclass
class Tally:
    """What came of a series: how many were killed, ended before their time came, or were let go on to the end."""

    killed: int = 0
    too_late: int = 0
    completed: int = 0
    changed: int = 0
    """Kills after which something stood that had not stood before."""

    def __str__(self) -> str:
        return (
            f"{self.killed} killed ({self.changed} of them had committed or published something), "
            f"{self.too_late} had ended before, {self.completed} runs completed and compared"
        )


@dataclass
class Series:
    """One home, what its sources have now, and the schedule."""

    rain: Rain
    victims: Victims
    action: str
    schedule: random.Random
    home: Path
    now: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    tally: Tally = field(default_factory=Tally)
    longest: float = 0.0

    def __post_init__(self) -> None:
        self.readers = Readers(self.rain, self.rain.at(self.home))
        self._change(SOURCES)
        self.complete()

    def run(self, kills: int) -> Tally:
        """So many kills; in between, now and then, and at the end, a run that nobody disturbs."""
        while self.tally.killed < kills:
            self._change(self.schedule.sample(SOURCES, self.schedule.randint(1, 2)))
            self._kill()
            if self.tally.killed % _COMPLETE_EVERY == 0:
                self.complete()
        self.complete()
        self._compare_with_a_build_that_nobody_disturbed()
        return self.tally

    def _change(self, sources: "tuple[str, ...] | list[str]") -> None:
        for source in sources:
            self.now[source] = self.schedule.choice(GENERATIONS)
            self.rain.deliver(source, self.now[source])

    def _kill(self) -> None:
        stood, began = self.readers.standing, time.perf_counter()
        with self.victims.start(self.action, self.home, self.rain.root, self.home) as victim:
            too_late = victim.ends_within(self.schedule.random() * self.longest)
            victim.kill()
        self.readers.look(self.now)
        if too_late:
            # There is less to do at some times than at others; a kill should be able to hit any moment of it.
            self.tally.too_late += 1
            self.longest = time.perf_counter() - began
        else:
            self.tally.killed += 1
            self.tally.changed += self.readers.standing != stood
            self.longest *= 1.1

    def _compare_with_a_build_that_nobody_disturbed(self) -> None:
        undisturbed = self.rain.at(self.home.with_name("undisturbed"))
        self.victims.run("make_and_publish", undisturbed.home, self.rain.root, undisturbed.home)
        killed = self.rain.at(self.home)
        assert fingerprints(killed) == fingerprints(undisturbed)
        for table in (name.replace("/", ".") for name in TABLES):
            assert killed.rows(table) == undisturbed.rows(table) != []
            assert killed.quarantine(table) == undisturbed.quarantine(table)

    def complete(self) -> None:
        began = time.perf_counter()
        self.victims.run(self.action, self.home, self.rain.root, self.home)
        self.longest = self.longest or time.perf_counter() - began
        self.victims.run("maintain", self.home, self.rain.root, self.home)
        self.readers.expect(self.now)
        self.readers.expect_nothing_left_over()
        self.tally.completed += 1


@contextmanager
def series(root: Path, action: str, *, seed: int, rows: int) -> Iterator[Series]:
    """A series in a home that has run once."""
    rain = Rain(root, rows=rows)
    with Victims(root) as victims:
        yield Series(rain, victims, action, random.Random(seed), root / "home")
