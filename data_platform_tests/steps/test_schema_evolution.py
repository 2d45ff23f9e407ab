"""A table's columns over time: new ones come, everything else is refused before a byte is written."""

from datetime import datetime
from pathlib import Path

import pytest

from data_platform.contracts.errors import ContractError
from data_platform.engines.inputs import TableInput, bind
from data_platform.lake.errors import SchemaConflict
from data_platform.lake.names import TableName
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

CONTRACT = FILES["staged/readings.yaml"]


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    """January is built."""
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1)])
    small.run()
    return small


def with_column(text: str) -> str:
    return CONTRACT.replace("  note: {type: VARCHAR}\n", text)


def test_a_new_column_is_null_in_partitions_that_were_built_before(small: SmallDataset) -> None:
    small.write(
        {
            "staged/readings.yaml": with_column("  note: {type: VARCHAR}\n  gauge: {type: BIGINT}\n"),
            "staged/readings.sql": FILES["staged/readings.sql"].replace("r.note", "r.note, 7 AS gauge"),
        }
    )
    small.put("2024-02", [reading(2, read_at=datetime(2024, 2, 3))])
    small.receive("readings", "2024-02")
    small.built("staged.readings", "2024-02")
    assert small.rows("staged.readings", "2024-02")[0]["gauge"] == 7
    files = small.platform.lake.table(TableName("staged", "readings")).snapshot().files()
    table = TableInput(
        TableName("staged", "readings"),
        (("gauge", "BIGINT"),),
        tuple(small.platform.lake.storage.local(key) for key in files.clean),
    )
    with small.platform.engine.connect() as connection:
        bind(connection, [table])
        rows = connection.execute("SELECT gauge FROM staged.readings ORDER BY gauge NULLS FIRST").fetchall()
    assert rows == [(None,), (7,)]


@pytest.mark.parametrize(
    ("column", "word"),
    [("  note: {type: BIGINT}\n", "note"), ("", "note"), ("  NOTE: {type: VARCHAR}\n", "NOTE")],
    ids=["retyped", "gone", "another case"],
)
def test_what_a_stored_column_cannot_become_is_refused_before_anything_is_written(
    small: SmallDataset, column: str, word: str
) -> None:
    sql = FILES["staged/readings.sql"]
    small.write(
        {
            "staged/readings.yaml": with_column(column),
            "staged/readings.sql": sql if column else sql.replace(", r.note", ""),
        }
    )
    before = {path: path.stat().st_mtime_ns for path in (small.home / "lake").rglob("*")}
    with pytest.raises(SchemaConflict, match=word):
        small.build("staged.readings", "2024-01")
    assert {path: path.stat().st_mtime_ns for path in (small.home / "lake").rglob("*")} == before


def test_a_type_that_the_lake_cannot_store_is_told_with_its_line(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, {"staged/readings.yaml": with_column("  note: {type: HUGEINT}\n")})
    with pytest.raises(ContractError, match=r"readings\.yaml:8: .*column 'note': Delta has no HUGEINT; use BIGINT"):
        _ = small.catalog
