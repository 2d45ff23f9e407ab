"""Models that are Python functions: found, checked and run through the same contract, account and commit as SQL."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from types import FrameType

import pyarrow as pa
import pytest

from data_platform.components.modules import load_module
from data_platform.planning.catalog import ModelTable, PythonModel
from data_platform.planning.versions import code_version
from data_platform.steps.audit import AuditFailed
from data_platform.steps.errors import StepError
from data_platform_tests.small_dataset import FILES, SCHEMA, SmallDataset, reading, small_dataset

MONTH = "2024-01"
STAGED_YAML = FILES["staged/readings.yaml"] + "inputs: [raw.readings, staged.places]\n"
ARROW = """\
import pyarrow as pa


def readings(readings: pa.Table, places: pa.Table) -> pa.Table:
    names = dict(zip(places["place_id"].to_pylist(), places["name"].to_pylist()))
    place = pa.array([names.get(place_id) for place_id in readings["place_id"].to_pylist()], pa.string())
    renamed = [{"value": "rain_mm"}.get(name, name) for name in readings.column_names]
    return readings.rename_columns(renamed).drop_columns(["place_id"]).append_column("place", place)
"""
PANDAS = """\
import pandas as pd
import pyarrow as pa


def readings(readings: pa.Table, places: pa.Table) -> pd.DataFrame:
    named = readings.to_pandas().merge(places.to_pandas(), on="place_id", how="left")
    return named.rename(columns={"name": "place", "value": "rain_mm"}).drop(columns="place_id")
"""
READER = ARROW.replace("    return readings.rename", "    made = readings.rename") + (
    "    return pa.RecordBatchReader.from_batches(made.schema, made.to_batches())\n"
)
ROWS = [
    reading(1),
    reading(2, value=None),
    reading(3, value=600.0),
    reading(4, place_id=2, value=150.0, note="it's wet"),
    reading(4),
    reading(5, read_at=datetime(2024, 2, 1)),
    reading(6, place_id=9),
]


def staged_by(text: str, contract: str = STAGED_YAML) -> dict[str, str | None]:
    return {"staged/readings.sql": None, "staged/readings.py": text, "staged/readings.yaml": contract}


def made(small: SmallDataset) -> SmallDataset:
    small.put(MONTH, ROWS)
    small.run()
    return small


DEDUPLICATE = "deduplicate: {first_by: [rain_mm]}\n"


@pytest.fixture(scope="module")
def by_sql(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    files = {"staged/readings.yaml": FILES["staged/readings.yaml"] + DEDUPLICATE}
    return made(small_dataset(tmp_path_factory.mktemp("sql"), files))


@pytest.mark.parametrize("text", [ARROW, PANDAS, READER], ids=["arrow", "pandas", "reader"])
def test_python_makes_the_same_table_quarantine_and_account_as_sql(
    tmp_path: Path, text: str, by_sql: SmallDataset
) -> None:
    small = made(small_dataset(tmp_path, staged_by(text, STAGED_YAML + DEDUPLICATE)))
    assert small.rows("staged.readings") == by_sql.rows("staged.readings") != []
    assert small.quarantine("staged.readings") == by_sql.quarantine("staged.readings") != []
    assert small.rows("curated.daily_rain") == by_sql.rows("curated.daily_rain") != []
    assert small.run() == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("    return made.slice(1)\n", "4 rows arrived, 3 found again (1 lost)"),
        ("    return pa.concat_tables([made, made.slice(0, 1)])\n", "4 rows arrived, 5 found again (1 too many)"),
        ("    return pa.concat_tables([made.slice(1), made.slice(1, 1)])\n", "but not the same ones"),
    ],
)
def test_rows_that_a_function_loses_or_doubles_are_caught(tmp_path: Path, source: str, told: str) -> None:
    text = ARROW.replace("    return readings.rename", "    made = readings.rename") + source
    small = small_dataset(tmp_path, staged_by(text, STAGED_YAML.replace("grain: [reading_id]\n", "")))
    small.put(MONTH, [reading(i) for i in range(4)])
    small.receive("places")
    small.build("staged.places")
    small.receive("readings", MONTH)
    with pytest.raises(AuditFailed, match="rows_accounted_for") as raised:
        small.build("staged.readings", MONTH)
    assert told in str(raised.value)


def test_a_text_that_did_not_fit_its_raw_type_still_quarantines_its_row(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, staged_by(PANDAS))
    table = pa.Table.from_pylist([reading(1), reading(2)], schema=SCHEMA)
    small.put(MONTH, table.set_column(3, "value", pa.array(["N/A", "1.5"])))
    small.run()
    (row,) = small.quarantine("staged.readings")
    assert "castable" in row["_rules"]
    assert json.loads(row["_original"]) == {"value": "N/A"}


@pytest.mark.parametrize("column", ["_source_file", "_source_row", "_uncast"])
def test_a_function_must_hand_on_where_each_row_came_from(tmp_path: Path, column: str) -> None:
    text = ARROW.replace('.drop_columns(["place_id"])', f'.drop_columns(["place_id", "{column}"])')
    small = small_dataset(tmp_path, staged_by(text))
    small.put(MONTH, ROWS)
    with pytest.raises(StepError, match=rf"staged/readings\.py: readings\(\) must hand on {column} with each row"):
        small.run()


def test_a_function_that_returns_something_else_is_told_what_to_return(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, staged_by("def readings(readings, places):\n    return readings.to_pylist()\n"))
    small.put(MONTH, ROWS)
    with pytest.raises(StepError, match=r"readings\.py: readings\(\) returned list; return a pyarrow Table"):
        small.run()


def test_a_function_with_other_columns_than_its_contract_is_told_which(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, staged_by(ARROW.replace('"place", place', '"plce", place')))
    small.put(MONTH, ROWS)
    with pytest.raises(StepError, match=r"staged/readings\.py: the contract has place, which the SELECT does not give"):
        small.run()


CURATED = """\
import pandas as pd


def daily_rain(readings) -> pd.DataFrame:
    rows = readings.to_pandas()
    rows["reading_date"] = rows["read_at"].dt.date
    grouped = rows.groupby(["place", "reading_date"], dropna=False, as_index=False)
    return grouped.agg(readings=("reading_id", "count"), rain_mm=("rain_mm", "sum"))
"""


def test_a_curated_function_keeps_the_same_contract(tmp_path: Path, by_sql: SmallDataset) -> None:
    contract = FILES["curated/daily_rain.yaml"] + "inputs: [staged.readings]\n"
    files: dict[str, str | None] = {"curated/daily_rain.sql": None, "curated/daily_rain.yaml": contract}
    files["staged/readings.yaml"] = FILES["staged/readings.yaml"] + DEDUPLICATE
    small = small_dataset(tmp_path, {**files, "curated/daily_rain.py": CURATED})
    small = made(small)
    assert small.rows("curated.daily_rain") == by_sql.rows("curated.daily_rain")
    small.write({"curated/daily_rain.py": CURATED.replace('"sum"', '"max"')})
    with pytest.raises(AuditFailed, match=r"reconciles: rain: "):
        small.run()


def test_code_that_changed_within_a_second_is_run_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "rain" / "staged" / "readings.py"
    path.parent.mkdir(parents=True)
    for answer in (1, 2):
        path.write_text(f"def rows():\n    return {answer}\n", encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert load_module(path).rows() == answer


def test_what_runs_is_the_text_that_the_version_is_of(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, staged_by(ARROW))
    path = small.folder / "staged" / "readings.py"

    def edit_when_read(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_name == "read_text" and frame.f_locals.get("path") == path:
            path.write_text("readings = None\n", encoding="utf-8")

    before = sys.getprofile()
    sys.setprofile(edit_when_read)
    try:
        (table,) = (table for table in small.catalog if str(table.name) == "staged/readings")
    finally:
        sys.setprofile(before)
    assert path.read_text(encoding="utf-8") == "readings = None\n"
    assert isinstance(table, ModelTable)
    assert isinstance(table.model, PythonModel)
    assert table.model.text == ARROW
    assert callable(table.model.function)


def test_the_code_version_covers_the_source_and_the_packages_that_it_imports(tmp_path: Path) -> None:
    small = small_dataset(tmp_path, staged_by(PANDAS))

    def readings() -> tuple[PythonModel, str]:
        catalog = small.catalog
        table = next(table for table in catalog if str(table.name) == "staged/readings")
        model = catalog.model(table.name)
        assert isinstance(model.model, PythonModel)
        return model.model, code_version(catalog, model)

    model, before = readings()
    assert set(model.packages) == {"pandas", "pyarrow"}
    small.write({"staged/readings.py": PANDAS.replace('how="left"', "how='left'")})
    assert readings()[1] != before
