"""Where kills are tried: a home in which all is made and published, sources that have changed since, and one kill."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_platform_tests.proof.kill_actions import maintain_beside
from data_platform_tests.proof.kill_rain import SOURCES, Generation, Rain
from data_platform_tests.proof.kill_readers import Readers
from data_platform_tests.proof.kill_touches import Touch
from data_platform_tests.proof.kill_victims import Chosen, Victim, Victims

BEFORE: Generation = dict.fromkeys(SOURCES, 1)
AFTER: Generation = dict.fromkeys(SOURCES, 2)
# More than maintenance leaves as they are.
_LONG_LEDGER = 22


@dataclass(frozen=True)
class Stage:
    """The home to be copied for each kill, and who is killed there."""

    root: Path
    rain: Rain
    victims: Victims

    def kill_before(self, chosen: Chosen) -> Touch | None:
        """Kills a day's work before a touch; sees to it that nobody notices; the touch, None if there was none."""
        killed: list[Touch | None] = []
        self._try("work", lambda victim: killed.append(victim.kill_before(chosen)), watched=True)
        return killed[0]

    def kill_first_before(self, chosen: Chosen) -> Touch | None:
        """The same where nothing was ever made: tables, ledgers and the warehouse begin."""
        killed: list[Touch | None] = []
        self._try("work", lambda victim: killed.append(victim.kill_before(chosen)), watched=True, first=True)
        return killed[0]

    def kill_in(self, action: str) -> None:
        """The same for an action that kills itself."""
        self._try(action, lambda victim: victim.ends_within(None), watched=False)

    def all_touches(self, *, first: bool = False) -> list[Touch]:
        """Those of a day's work that nobody disturbs; of the very first one."""
        with self.home(first=first) as (home, readers):
            with self.victims.start("work", home, self.rain.root, home, watched=True) as victim:
                touches = list(victim.touches())
            readers.expect(AFTER)
            readers.expect_nothing_left_over()
        return touches

    def maintain_before(self, chosen: Chosen) -> Touch | None:
        """Holds a day's work before a touch while another process maintains; the work then ends as if alone."""
        found = None
        with self.home() as (home, readers):
            started = datetime.now(UTC).isoformat()
            with self.victims.start("make_and_publish", home, self.rain.root, home, watched=True) as victim:
                for number, touch in enumerate(victim.touches()):
                    if found is None and chosen(number, touch):
                        found = touch
                        maintain_beside(str(self.rain.root), str(home), started)
                        readers.look(AFTER)
            readers.expect(AFTER)
        return found

    def _try(self, action: str, kill: Callable[[Victim], object], *, watched: bool, first: bool = False) -> None:
        with self.home(first=first) as (home, readers):
            with self.victims.start(action, home, self.rain.root, home, watched=watched) as victim:
                kill(victim)
            readers.look(AFTER)
            self.victims.run("work", home, self.rain.root, home)
            readers.expect(AFTER)
            readers.expect_nothing_left_over()

    @contextmanager
    def home(self, *, first: bool = False) -> Iterator[tuple[Path, Readers]]:
        """A copy of the home, or an empty one, that no process has seen; and readers who know what stood there."""
        home = self.root / "homes" / str(len(list((self.root / "homes").iterdir())))
        home.mkdir() if first else shutil.copytree(self.root / "template", home)
        readers = Readers(self.rain, self.rain.at(home))
        readers.look(BEFORE)
        yield home, readers
        shutil.rmtree(home / "lake")


@contextmanager
def stage(root: Path, *, rows: int) -> Iterator[Stage]:
    """Makes generations 0 and 1 and a long ledger, so that maintenance has something of everything to do."""
    rain = Rain(root, rows=rows)
    (root / "homes").mkdir()
    with Victims(root) as victims:
        home = root / "template"
        for generation in (0, 1):
            for source in SOURCES:
                rain.deliver(source, generation)
            victims.run("make_and_publish", home, root, home)
        victims.run("lengthen_ledger", home, root, home, _LONG_LEDGER)
        for source in SOURCES:
            rain.deliver(source, 2)
        yield Stage(root, rain, victims)
