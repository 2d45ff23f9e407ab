"""Python models that take their input batch by batch, and modules of a dataset that its models share."""

from pathlib import Path

import pytest

from data_platform.planning.catalog import PythonModel
from data_platform.planning.versions import code_version
from data_platform_tests.components.test_loading_python_models import (
    ARROW,
    DEDUPLICATE,
    MONTH,
    ROWS,
    STAGED_YAML,
    staged_by,
)
from data_platform_tests.small_dataset import SmallDataset, reading, small_dataset

BATCHES = """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def readings(readings: "pa.RecordBatchReader", places: "pa.Table") -> "pa.RecordBatchReader":
    import pyarrow as pa

    names = dict(zip(places["place_id"].to_pylist(), places["name"].to_pylist()))
    schema = pa.schema([{"value": f.with_name("rain_mm")}.get(f.name, f) for f in readings.schema])
    schema = schema.remove(schema.get_field_index("place_id")).append(pa.field("place", pa.string()))

    def made():
        for batch in readings:
            place = pa.array([names.get(place_id) for place_id in batch["place_id"].to_pylist()], pa.string())
            columns = [batch[{"rain_mm": "value"}.get(name, name)] for name in schema.names[:-1]]
            yield pa.RecordBatch.from_arrays([*columns, place], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, made())
"""


def test_batch_by_batch_makes_the_same_table_quarantine_and_account(tmp_path: Path) -> None:
    tables: list[object] = []
    for text in (ARROW, BATCHES):
        small = small_dataset(tmp_path / str(len(tables)), staged_by(text, STAGED_YAML + DEDUPLICATE))
        small.put(MONTH, [*ROWS, *(reading(number) for number in range(10, 9_000))])
        small.run()
        tables.append((small.rows("staged.readings"), small.rows("curated.daily_rain")))
        rules = [row["_rules"] for row in small.quarantine("staged.readings")]
        assert sorted(map(str, rules)) != []
        assert small.run() == []
    assert tables[0] == tables[1]


def test_no_batch_has_more_rows_than_memory_is_meant_for(tmp_path: Path) -> None:
    text = BATCHES.replace(
        "        for batch in readings:\n", "        for batch in readings:\n            told(batch)\n"
    )
    text += f"\n\ndef told(batch):\n    with open({str(tmp_path / 'sizes')!r}, 'a') as file:\n"
    text += "        file.write(f'{batch.num_rows} ')\n"
    small = small_dataset(tmp_path / "town", staged_by(text))
    small.put(MONTH, [reading(number) for number in range(5_000)])
    small.run()
    sizes = [int(size) for size in (tmp_path / "sizes").read_text(encoding="utf-8").split()]
    assert sum(sizes) == 5_000
    assert max(sizes) <= 2048


SHARED = """\
def shouted(name):
    return name and name.upper()
"""


def _sharing(small: SmallDataset) -> dict[str, str | None]:
    name = f"from data_platform.datasets.{small.folder.name}.naming import shouted\n"
    text = name + ARROW.replace("names.get(place_id)", "shouted(names.get(place_id))")
    return {**staged_by(text), "naming.py": SHARED}


def test_a_module_that_models_share_is_part_of_their_version_and_runs_as_it_stands(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.write(_sharing(small))
    small.put(MONTH, [reading(1)])
    small.run()
    assert [row["place"] for row in small.rows("staged.readings")] == ["HARBOUR"]
    small.write({"naming.py": SHARED.replace("upper", "lower")})
    assert small.run() != []
    assert [row["place"] for row in small.rows("staged.readings")] == ["harbour"]
    assert small.run() == []


def test_a_shared_module_counts_where_it_is_imported_through_another(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    package = f"data_platform.datasets.{small.folder.name}"
    files = _sharing(small)
    through = f"from {package}.letters import shouted\n\n__all__ = ['shouted']\n"
    small.write({**files, "naming.py": through, "letters.py": SHARED})

    def version() -> str:
        catalog = small.catalog
        model = next(table for table in catalog if str(table.name) == "staged/readings")
        table = catalog.model(model.name)
        assert isinstance(table.model, PythonModel)
        assert sorted(table.model.modules) == [f"{package}.letters", f"{package}.naming"]
        return code_version(catalog, table)

    before = version()
    small.write({"letters.py": SHARED.replace("upper", "title")})
    assert version() != before


@pytest.mark.parametrize("text", ["def shouted(:\n", "import nothing_of_this_name\n"])
def test_a_shared_module_that_cannot_be_imported_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    small = small_dataset(tmp_path)
    small.write({**_sharing(small), "naming.py": text})
    with pytest.raises(Exception, match=r"naming\.py:1: cannot be "):
        _ = small.catalog
