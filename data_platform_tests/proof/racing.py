"""Processes that race: each is told its part, and none goes past a gate before all that still run have come to one."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    Pipe = Connection[Any, Any]

Gate = Callable[[], None]
Part = Callable[..., Any]
"""What one process does: `part(gate, *arguments)`; both it and its answer can be pickled."""

# Forked from a process that has imported what they need: eight that import it themselves take a quarter of a minute.
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["data_platform_tests.proof.race_parts"])
_PATIENCE_SECONDS = 120  # for a racer that hangs: far more than any part takes


@dataclass(frozen=True)
class _Answer:
    of: Any


class Racers:
    """So many processes, used for one race after the other: none of them pays for its start while it races."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._started: list[tuple[ForkServerProcess, Pipe]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def race(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Lets each process play its part, `(part, *arguments)`; returns their answers in order."""
        if not self._started:
            self._start()
        try:
            return self._race(parts)
        except BaseException:
            # Somebody may still stand at a gate of this race: the next one begins with others.
            self._stop()
            raise

    def _start(self) -> None:
        for _ in range(self._count):
            ours, theirs = _FORKED.Pipe()
            process = _FORKED.Process(target=_play, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._started.append((process, ours))

    def _stop(self) -> None:
        for process, pipe in self._started:
            process.kill()
            process.join()
            pipe.close()
        self._started = []

    def _race(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        running = {number: self._started[number][1] for number in range(len(parts))}
        for number, part in enumerate(parts):
            running[number].send(part)
        answers: dict[int, Any] = {}
        while running:
            for number, pipe in list(running.items()):
                told = self._told(number, pipe)
                if isinstance(told, _Answer):
                    answers[number] = told.of
                    del running[number]
            for pipe in running.values():
                pipe.send(None)
        return [answers[number] for number in range(len(parts))]

    def _told(self, number: int, pipe: "Pipe") -> Any:
        try:
            if pipe.poll(_PATIENCE_SECONDS):
                return pipe.recv()
        except EOFError:
            raise AssertionError(f"racer {number} died; its last words are above") from None
        raise AssertionError(f"racer {number} has not been heard of for {_PATIENCE_SECONDS} seconds")


def _play(pipe: "Pipe") -> None:
    def gate() -> None:
        pipe.send(None)
        pipe.recv()

    while True:
        part, *arguments = pipe.recv()
        pipe.send(_Answer(part(gate, *arguments)))


@contextmanager
def stopped_before(owner: type, name: str, gate: Gate, waits: int = 1) -> Iterator[list[int]]:
    """Inside, the first call of `owner.name` waits at so many gates; yields a list that grows by every call."""
    written = owner.__dict__[name]
    real = getattr(owner, name)
    calls: list[int] = []

    def stopping(*arguments: Any, **named: Any) -> Any:
        calls.append(len(calls))
        for _ in range(waits if len(calls) == 1 else 0):
            gate()
        return real(*arguments, **named)

    setattr(owner, name, staticmethod(stopping) if isinstance(written, staticmethod | classmethod) else stopping)
    try:
        yield calls
    finally:
        setattr(owner, name, written)
