"""Processes to be killed: forked, ready to work, from one that has imported everything and used nothing.

In the test `with Victims(root) as victims, victims.start("work", …) as victim:`; `python -m` is the other end.
"""

import gc
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from select import select
from types import ModuleType
from typing import Self

from data_platform_tests.proof.kill_touches import Touch, be_watched, touches

REPOSITORY = Path(__file__).resolve().parents[2]
Chosen = Callable[[int, Touch], bool]


@dataclass
class Victim:
    """A running process. It stays a zombie until `end`: its number is nobody else's so long."""

    pid: int
    descriptor: int
    home: Path
    listener: socket.socket

    def ends_within(self, seconds: float | None) -> bool:
        """Whether it ended by itself; waits so long for it (None: however long it takes)."""
        return bool(select([self.descriptor], [], [], seconds)[0])

    def kill(self) -> None:
        signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
        self.ends_within(None)

    def kill_before(self, chosen: Chosen) -> Touch | None:
        """Kills it before the first touch of its home that is chosen; the touch, None if there was none."""
        for number, touch in enumerate(self.touches()):
            if chosen(number, touch):
                self.kill()
                return touch
        return None

    def touches(self) -> Iterator[Touch]:
        """Each touch of its home; it waits before each until the next is asked for."""
        return touches(self.listener, self.home)


class Victims:
    """The process from which they are forked, for the dataset below `root`, and what they said on stderr (in `log`).

    `actions`: the module that has what they do, by name; its `prepare(root)` is called once before all forks.
    """

    def __init__(self, root: Path, actions: str = "data_platform_tests.proof.kill_actions") -> None:
        self.root = root
        self.actions = actions
        self.log = root / "victims.log"

    def __enter__(self) -> Self:
        self.ours, theirs = socket.socketpair()
        with theirs, self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __spec__.name, str(theirs.fileno()), self.root, self.actions],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=[theirs.fileno()],
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()
        self.ours.close()

    @contextmanager
    def start(self, action: str, home: Path, *arguments: object, watched: bool = False) -> Iterator[Victim]:
        """A process that does one of the actions and ends; killed at the latest at the end of the block.

        Raises AssertionError for one that failed by itself.
        """
        pid = int(self._ask("watched" if watched else "free", action, *arguments))
        descriptor = os.pidfd_open(pid)
        try:
            victim = Victim(pid, descriptor, home, self.ours)
            yield victim
        finally:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            os.close(descriptor)
            code = int(self._ask("end"))
        assert code in (0, -signal.SIGKILL), f"{action} ended with {code}:\n{self.log.read_text()[-5000:]}"

    def run(self, action: str, home: Path, *arguments: object) -> None:
        """Does an action in a process of its own, undisturbed."""
        with self.start(action, home, *arguments) as victim:
            victim.ends_within(None)

    def _ask(self, *words: object) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\t".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the process that forks has ended:\n{self.log.read_text()[-5000:]}"
        return answer


def _serve(ours: socket.socket, root: str, actions: ModuleType) -> None:
    actions.prepare(root)
    # Else the first collection of each forked process would copy every page that it was forked with.
    gc.collect()
    gc.freeze()
    while words := sys.stdin.readline().rstrip("\n").split("\t"):
        if words == [""]:
            return
        watched, action, *arguments = words
        pid = os.fork()
        if pid == 0:
            _die_as(getattr(actions, action), arguments, ours if watched == "watched" else None)
        print(pid, flush=True)  # noqa: T201 - the answer to whoever started this process
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - the same


def _die_as(act: Callable[..., None], arguments: list[str], watcher: socket.socket | None) -> None:
    """What a forked process does; it never returns."""
    code = 1
    try:
        os.dup2(2, 1)
        if watcher is not None:
            be_watched(watcher)
        act(*arguments)
        code = 0
    except BaseException:  # noqa: BLE001 - told, and then the process ends
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as to_watcher:
        _serve(to_watcher, sys.argv[2], import_module(sys.argv[3]))
