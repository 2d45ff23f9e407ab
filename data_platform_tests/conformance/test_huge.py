"""A slot far larger than what a process may hold: it is received in bounded memory, and all of it is there."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from data_platform_tests.conformance.cases import over
from data_platform_tests.conformance.played import records
from data_platform_tests.conformance.town import FEBRUARY, JANUARY, Stage

FEW, MANY, LETTERS = 9_000, 50_000, 6_000
BOUND = 260_000_000
"""How much more a slot of 300 MB may need than one of 54 MB. Rows are written by groups of 64 MB, two at a time, and
allocators keep what they had: between 20 and 220 MB more, whether the slot has 180 MB or 360. Who held the slot's bytes
and its rows would need some 500 MB more.
"""

PROGRAM = """
import sys
from pathlib import Path
from data_platform_tests.conformance.town import town_of

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

root = Path(sys.argv[2])
town = town_of(sys.argv[1], root, root / "home")

def arrives(month):
    assert town.kind.deliver(town) == []
    town.receive("records", month)
    (current,) = town.platform.lake.ledger("records").read().current(month)
    print(current.records, peak(), flush=True)

arrives("2024-01")
sys.stdin.readline()
arrives("2024-02")
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process by itself")
@over("huge")
def test_a_huge_slot_is_received_in_bounded_memory(stage: Stage) -> None:
    stage.source.has(JANUARY, records(JANUARY, range(FEW), letters=LETTERS))
    program = [sys.executable, "-c", PROGRAM, stage.kind.name, str(stage.root)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdin is not None
        assert receiver.stdout is not None
        few, before = map(int, receiver.stdout.readline().split())
        stage.source.has(FEBRUARY, records(FEBRUARY, range(MANY), letters=LETTERS))
        receiver.stdin.write("\n")
        receiver.stdin.flush()
        many, after = map(int, receiver.stdout.readline().split())
    assert (few, many) == (FEW, MANY)
    assert after - before < BOUND, f"{(after - before) / 1e6:.0f} MB more for a slot of 300 MB"
    with duckdb.connect() as connection:
        storage, ledger = stage.town.platform.lake.storage, stage.town.platform.lake.ledger("records").read()
        paths = [str(storage.local(str(one.data_key))) for one in ledger.current(FEBRUARY)]
        told = "SELECT count(*), sum(CAST(record_id AS BIGINT)), min(length(note)) FROM read_parquet(?)"
        assert connection.execute(told, [paths]).fetchone() == (MANY, sum(range(MANY)), LETTERS)
