"""A process that receives a large window needs no more memory for it than for a small one."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_platform_tests.sources.rest.playing import Api, Stage

_RECORDS, _SIZE = 200_000, 2_000
BOUND = 40_000_000

PROGRAM = """
import sys
from pathlib import Path
from data_platform.sources.rest.paging import Offset
from data_platform.sources.rest.rest_api import RestApi

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

def fetch(**params):
    source = RestApi(
        sys.argv[1], "/v1/posts", Path(sys.argv[2]), None, params=params, paging=Offset(int(sys.argv[3])),
        records=("data",), total=("meta", "total"), key=("id",),
    )
    print(source.fetch(source.shown.replace("…", "1"), Path(sys.argv[2]) / "f").version.partition(";")[0])

fetch(first="1")
before = peak()
fetch()
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
def test_memory_does_not_grow_with_the_window(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    text = '{"id": %d, "text": "' + "What was written, with letters. " * 12 + '"}'
    large = Api([text % number for number in range(_RECORDS)], way="offset", size=_SIZE)
    small = Api(large.records[:_SIZE], way="offset", size=_SIZE)
    large.hook = lambda _number, request: small.answered(request) if "first" in request.query_params else None
    stage.source(large)
    program = [sys.executable, "-c", PROGRAM, stage.base, str(stage.folder), str(_SIZE)]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert told[:2] == [f"records={_SIZE}", f"records={_RECORDS}"]
    assert int(told[2]) < BOUND
