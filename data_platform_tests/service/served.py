"""The endpoint in a process of its own: `python -m data_platform_tests.service.served ROOT [STEP [SECONDS]]` serves the
dataset below ROOT, and is killed at a step of the first push; SECONDS is how long it waits for a request's head.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data_platform.lake.together import Together
from data_platform.service import patience
from data_platform.service.serving import serve
from data_platform.steps import push
from data_platform.steps.keeping import keep
from data_platform_tests.service.pushing import TOKENS
from data_platform_tests.small_dataset import SmallDataset
from data_platform_tests.ui.dagster_dev import REPOSITORY

KILLED_AT = ("body is whole", "bytes are kept", "ledger has it")
_SECONDS = 30


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _then_die(function: Callable[..., Any]) -> Callable[..., Any]:
    def done(*arguments: Any, **named: Any) -> None:
        function(*arguments, **named)
        _die()

    return done


def _kill_at(step: str) -> None:
    # There is no other place between the steps than where one calls the next.
    if step == "body is whole":
        vars(push)["keep"] = _die
    elif step == "bytes are kept":
        vars(push)["keep"] = _then_die(keep)
    elif step == "ledger has it":
        Together.append = _then_die(Together.append)  # type: ignore[method-assign] # see above


@contextmanager
def served(root: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process, and the address at which it answers; it is killed at the end if it has not ended."""
    log = root / "served.log"
    environment = {**os.environ, **TOKENS, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", __name__, str(root), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output)
    try:
        yield process, _address(process, log)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _SECONDS
    while not (found := re.search(r"(http://\S+?)/v1/.*\n(?s:.*)Started server", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return found[1]


if __name__ == "__main__":
    root = Path(sys.argv[1])
    _kill_at(sys.argv[2] if len(sys.argv) > 2 else "")
    patience.HEAD_SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else patience.HEAD_SECONDS
    small = SmallDataset(root / "datasets" / "rain", root / "source", root / "home")
    sys.exit(serve(small.platform, host="127.0.0.1", port=0))
