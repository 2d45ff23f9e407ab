"""Readers go on while publications replace one another."""

import subprocess
import sys
from pathlib import Path

from data_platform.warehouse.read import open_read_only
from data_platform_tests.warehouse.example import GENERATIONS, generation, generations_in, publish_onto_current

_PUBLICATIONS = 25
_PUBLISHER = """
import sys
from pathlib import Path
from data_platform_tests.warehouse.example import generation, publish_onto_current
root = Path(sys.argv[1])
for number in range(1, int(sys.argv[2]) + 1):
    publish_onto_current(root, generation(root, number))
"""


def test_a_reader_never_errs_and_never_sees_two_publications_in_one_query(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse" / "warehouse.duckdb"
    publish_onto_current(tmp_path, generation(tmp_path, 0))
    reads = [generations_in(warehouse)]
    command = [sys.executable, "-c", _PUBLISHER, str(tmp_path), str(_PUBLICATIONS)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as publisher:
        while publisher.poll() is None:
            reads.append(generations_in(warehouse))
    assert publisher.returncode == 0
    reads.append(generations_in(warehouse))
    assert all(len(read) == 1 for read in reads), [read for read in reads if len(read) != 1]
    numbers = [next(iter(read)) for read in reads]
    assert numbers == sorted(numbers)
    assert (numbers[0], numbers[-1]) == (0, _PUBLICATIONS)


def test_a_reader_that_stays_open_keeps_its_publication_and_blocks_no_publisher(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse" / "warehouse.duckdb"
    publish_onto_current(tmp_path, generation(tmp_path, 1))
    with open_read_only(warehouse) as early:
        assert early.execute(GENERATIONS).fetchall() == [(1,)]
        for number in (2, 3):
            publish_onto_current(tmp_path, generation(tmp_path, number))
        assert early.execute(GENERATIONS).fetchall() == [(1,)]
        # Also within the process of the early reader.
        assert generations_in(warehouse) == {3}
