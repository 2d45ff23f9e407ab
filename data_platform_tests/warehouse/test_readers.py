"""Readers go on while publications replace one another."""

from pathlib import Path

from data_platform.warehouse.read import open_read_only
from data_platform_tests.warehouse.example import GENERATIONS, generation, generations_in, publish_onto_current


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
