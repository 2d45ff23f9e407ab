"""A process that fetches needs no more memory for a huge or endless answer than for a small one."""

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_platform_tests.sources.server import Answer, Server, whole

_MB = 1_000_000
HUGE = 200 * _MB
"""An answer; a process that held it would stand out from the chance of some megabytes."""
BOUND = 40 * _MB

PROGRAM = """
import sys
from pathlib import Path
from data_platform.sources.errors import SourceError
from data_platform.sources.http_file import HttpFile

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

def fetch(url):
    try:
        print(HttpFile(url, attempts=1, max_bytes=200_000_000).fetch(url, Path(sys.argv[1])).bytes)
    except SourceError as error:
        print(error)

fetch(sys.argv[2])
before = peak()
fetch(sys.argv[3])
print(peak() - before)
"""


def _zeros() -> Iterator[bytes]:
    for _ in range(HUGE // _MB):
        yield bytes(_MB)


def _endless() -> Iterator[bytes]:
    for _ in range(2 * HUGE // _MB):  # a client without a limit shall not fill the disk
        yield bytes(_MB)


def _file(server: Server) -> str:
    return server.gives("/huge", Answer(headers=(("Content-Length", str(HUGE)),), body=_zeros))


def _without_end(server: Server) -> str:
    return server.gives("/endless", Answer(body=_endless))


def _redirect(server: Server) -> str:
    return server.gives("/redirect", Answer(302, (("Location", "/small"), ("Content-Length", str(HUGE))), _zeros))


def _bomb(server: Server) -> str:
    packed = gzip.compress(bytes(_MB)) * (2 * HUGE // _MB)
    return server.gives("/bomb", whole(packed, Content_Encoding="gzip"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_file, f"{HUGE}\n"),
        (_without_end, "larger than max_bytes=200,000,000 (did not end there)"),
        (_redirect, "1000\n"),
        (_bomb, "larger than max_bytes=200,000,000 (did not end there)"),
    ],
)
def test_memory_does_not_grow_with_the_answer(
    server: Server, tmp_path: Path, answer: Callable[[Server], str], said: str
) -> None:
    small = server.gives("/small", whole(bytes(1000)))
    program = [sys.executable, "-c", PROGRAM, str(tmp_path / "f"), small, answer(server)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    first, rest = done.stdout.split("\n", 1)
    assert first == "1000"
    assert said in rest
    assert int(rest.split()[-1]) < BOUND
