"""Kills of a process that receives and stages, before each kind of change that it makes to its home."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from data_platform_tests.conformance.played import Record
from data_platform_tests.conformance.town import STAGED, Stage, Town, expect, expect_closed_accounts
from data_platform_tests.proof.kill_touches import Touch
from data_platform_tests.proof.kill_victims import Victims

OfMonths = Mapping[str, Sequence[Record]]
_NAMES = re.compile(
    r"(?<=/)[0-9a-f]{2}(?=/)|[0-9a-f]{64}|\d{8}T\d{6}Z-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27,}|[0-9a-f]{32}|\d{2,}"
)
# Staging does the same whatever the source was, and all of its steps are tried for one of them elsewhere.
_OF_STAGING = re.compile(r"(rename|link|remove) lake/staged/")
# An empty folder or file tells nobody anything, and notes may be deleted at any time.
_OF_RECEIVING = re.compile(r"(?!mkdir|touch|open)\w+ (?!lake/staged|tmp/|[^/]*(settled|checked))")


@dataclass(frozen=True)
class Killing:
    """A home in which `before` was received and staged, and a source that has `after` since."""

    stage: Stage
    victims: Victims
    before: OfMonths
    after: OfMonths

    def steps(self) -> list[str]:
        """Each kind of change that undisturbed work makes to its home, once."""
        with self._home() as town, self.victims.start("work", town.home, self.stage.root, town.home, watched=True) as v:
            met = dict.fromkeys(step_of(touch) for touch in v.touches())
        return [step for step in met if _OF_RECEIVING.match(step) or _OF_STAGING.match(step)]

    def kill_before(self, step: str) -> None:
        """Kills work before the first change of a kind; nobody sees a part, and new work ends as if it was alone."""
        with self._home() as town:
            with self.victims.start("work", town.home, self.stage.root, town.home, watched=True) as victim:
                killed = victim.kill_before(lambda _, touch: step_of(touch) == step)
            assert killed is not None, f"the step was never reached: {step}"
            self._look(town, step)
            town.works()
            assert {month: town.rows("staged.records", month) for month in self.after} == _rows(self.after), step
            assert town.standing() == self._alone().standing(), step
            expect_closed_accounts(town)

    def overtake(self, step: str) -> None:
        """Holds work before a change until other work has done everything; it then ends as if alone."""
        with self._home() as town:
            with self.victims.start("work", town.home, self.stage.root, town.home, watched=True) as victim:
                was_held = False
                for touch in victim.touches():
                    if not was_held and re.search(step, step_of(touch)):
                        was_held = True
                        town.works()
            assert was_held, f"the step was never reached: {step}"
            # Whoever came second looked again, and saw that all was there.
            expect(town, self.after)
            assert town.standing() == self._alone().standing()
            assert len(town.received()) == len(self._alone().received())

    def _look(self, town: Town, step: str) -> None:
        """Each month is the old one or the new one in both tables, and what is written down is there."""
        alone, template = self._alone().standing(), self._template.standing()
        for month, hashes in town.standing().items():
            assert hashes in (alone.get(month), template.get(month)), step
        for sighting in town.received():
            assert sighting.data_key is None or town.platform.lake.storage.exists(sighting.data_key), step
        for month in town.platform.lake.table(STAGED).partitions():
            found = town.rows("staged.records", month)
            # A kind that is asked by windows may know that one was empty before.
            assert found in (_rows(self.before).get(month, []), _rows(self.after).get(month)), step

    def _alone(self) -> Town:
        """The same work that nobody disturbed."""
        town = self.stage.town.at(self.stage.root / "alone")
        if not town.home.exists():
            shutil.copytree(self._template.home, town.home)
            town.works()
            expect(town, self.after)
        return town

    @property
    def _template(self) -> Town:
        return self.stage.town

    @contextmanager
    def _home(self) -> Iterator[Town]:
        """A copy of the home that no process has seen."""
        homes = self.stage.root / "homes"
        homes.mkdir(exist_ok=True)
        town = self._template.at(homes / str(len(list(homes.iterdir()))))
        shutil.copytree(self._template.home, town.home)
        yield town
        shutil.rmtree(town.home / "lake")


def killing(stage: Stage, victims: Victims, before: OfMonths, after: OfMonths) -> Killing:
    """Receives `before`, and then has the source have `after`."""
    (stage.root / "kind").write_text(stage.kind.name)
    # The process that forks is older than the source, and so are its variables: secrets are among them.
    (stage.root / "environment").write_text(json.dumps(dict(os.environ)))
    for month, found in before.items():
        stage.source.has(month, found)
    stage.town.works()
    for month, found in after.items():
        stage.source.has(month, found)
    return Killing(stage, victims, before, after)


def _rows(of: OfMonths) -> dict[str, list[dict[str, object]]]:
    return {month: [record.row() for record in sorted(found)] for month, found in of.items()}


def step_of(touch: Touch) -> str:
    """The kind of a change: names that are made up and numbers are left out."""
    return _NAMES.sub("…", str(touch))
