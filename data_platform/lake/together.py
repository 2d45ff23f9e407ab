"""Appends of several threads to one ledger, in few commits: who comes while one is written joins the next."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from data_platform.lake.ledger import Ledger
from data_platform.lake.sightings import Sighting, Sightings

Choice = Callable[[Sightings], Sighting | None]


@dataclass(eq=False)
class _Waiting:
    place: str
    choose: Choice
    done: threading.Event = field(default_factory=threading.Event)
    after: Sightings | None = None
    error: BaseException | None = None


class Together:
    """One ledger's appends of this process. Those of other processes are met as always, by comparing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[_Waiting] = []

    def append(self, place: str, choose: Choice) -> Sightings:
        """Appends what `choose` makes of the ledger as it is committed against, None: nothing; returns the ledger then.

        Of one place only one is in a commit, so that each sees those before it. Raises what the commit raised.
        """
        ours = _Waiting(place, choose)
        with self._lock:
            self._waiting.append(ours)
        while not ours.done.is_set():
            with self._writing:
                if not ours.done.is_set():
                    self._write(self._next())
        if ours.error is not None:
            raise ours.error
        assert ours.after is not None  # done without an error
        return ours.after

    def _next(self) -> Sequence[_Waiting]:
        """The first of each place, in the order in which they came."""
        with self._lock:
            first: dict[str, _Waiting] = {}
            for each in self._waiting:
                first.setdefault(each.place, each)
            chosen = list(first.values())
            self._waiting = [each for each in self._waiting if each not in chosen]
        return chosen

    def _write(self, group: Sequence[_Waiting]) -> None:
        def choose(now: Sightings) -> Sequence[Sighting]:
            return [chosen for each in group if (chosen := each.choose(now)) is not None]

        after: Sightings | None = None
        error: BaseException | None = None
        try:
            after = self._ledger.append_by(choose)
        except BaseException as raised:  # noqa: BLE001 - it is raised where each of them waits
            error = raised
        for each in group:
            each.after, each.error = after, error
            each.done.set()
