"""Processes that begin and end together, as `make ui` has them."""

import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest

# A process that waits until it is told to end, and says so in good order.
_WAITS = (
    "import os, signal\n"
    "os.write(1, b'up\\n')\n"
    "number = signal.sigwait({signal.SIGTERM, signal.SIGINT})\n"
    "os.write(1, f'ended {signal.Signals(number).name}\\n'.encode())\n"
)
_ENDS = "import sys; sys.exit(3)"
_TOGETHER = (
    "import sys\n"
    "from data_platform.cli.ui import together\n"
    "sys.exit(together([[sys.executable, '-c', text] for text in sys.argv[1:]]))\n"
)


def _started(texts: Sequence[str]) -> "subprocess.Popen[str]":
    """The supervisor over some programs, in a session of its own, with an interrupt as at a terminal."""
    blocked = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})\n"
    command = ["env", "--default-signal=INT", sys.executable, "-c", _TOGETHER, *(blocked + text for text in texts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def _lines(process: "subprocess.Popen[str]", count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_all_of_them_end_in_good_order(number: signal.Signals) -> None:
    process = _started([_WAITS, _WAITS])
    came_up = _lines(process, 2)
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)

    assert came_up == ["up", "up"]
    assert (process.returncode, rest.splitlines()) == (0, ["ended SIGTERM"] * 2)


def test_when_one_ends_the_others_do_and_its_exit_code_is_told() -> None:
    process = _started([_WAITS, _ENDS])
    told, _ = process.communicate(timeout=60)

    assert process.returncode == 3
    assert "ended SIGTERM" in told
