"""Processes that begin and end together: Dagster's and the endpoint for pushes."""

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Told(BaseException):
    """This process is told to end."""


def together(commands: Sequence[Sequence[str]]) -> int:
    """Runs commands until one of them ends or this process is told to (Ctrl-C), and then ends all of them in good
    order; told once more, at once. Returns 0 when told, else the exit code of the command that ended first.
    """
    before = [signal.signal(number, _tell) for number in _SIGNALS]
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    processes: list[subprocess.Popen[bytes]] = []
    try:
        try:
            for command in commands:
                processes.append(_started(command, ended))
            code = ended.get() or 1  # none of them ends by itself in good order
        except _Told:
            code = 0
        _end(processes, signal.SIGTERM)
        return code
    except _Told:
        _end(processes, signal.SIGKILL)
        return 1
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def _started(command: Sequence[str], ended: "queue.SimpleQueue[int]") -> subprocess.Popen[bytes]:
    # In a session of its own: at a terminal, Ctrl-C would come to it as well, and then once more from here.
    process = subprocess.Popen(command, start_new_session=True)
    threading.Thread(target=lambda: ended.put(process.wait()), daemon=True).start()
    return process


def _tell(_number: int, _frame: FrameType | None) -> None:
    raise _Told


def _end(processes: Sequence[subprocess.Popen[bytes]], how: signal.Signals) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(how)
    for process in processes:
        process.wait()


def commands(arguments: Sequence[str], *, with_pushes: bool) -> list[list[str]]:
    """`dagster dev` with some arguments, and the endpoint where a table is pushed to."""
    python = [sys.executable, "-m"]
    dagster = [*python, "dagster", "dev", "-w", "workspace.yaml", *arguments]
    return [dagster, *([[*python, "data_platform", "serve"]] if with_pushes else [])]
