"""What README shows works as it stands: the dataset of its ten minutes, and the look into the warehouse. So does the
look at an older version that docs/operating.md shows.
"""

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform_tests.datasets.building import House
from data_platform_tests.small_dataset import small_dataset

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
OPERATING = (REPOSITORY / "docs/operating.md").read_text(encoding="utf-8")
ROWS = [
    "sensor,measured_at,pm25",
    *(f"A,2024-01-05 {hour:02}:00:00,{hour}.5" for hour in range(24)),
    "B,2024-01-05 10:00:00,N/A",
]


def shown_files() -> dict[str, str]:
    return dict(re.findall(r"^`air_quality/([^`]+)`:[^\n]*\n\n```\w+\n(.*?)^```", README, re.DOTALL | re.MULTILINE))


def test_the_dataset_of_the_ten_minutes_loads_and_keeps_its_promises(tmp_path: Path) -> None:
    files = shown_files()
    assert set(files) == {
        "defs.yaml",
        *(f"{x}.{s}" for x in ("staged/readings", "curated/daily_air") for s in ("sql", "yaml")),
    }
    files["defs.yaml"] = files["defs.yaml"].replace("file:///data/air", (tmp_path / "source").as_uri())
    # The example begins in 2025, the clock of these tests stands in March 2024.
    files["defs.yaml"] = files["defs.yaml"].replace('start: "2025-01"', 'start: "2024-01"')
    small = small_dataset(
        tmp_path, {"curated/daily_rain.sql": None, "curated/daily_rain.yaml": None, "staged/places.yaml": None, **files}
    )
    small.put_file("readings_2024-01.csv", "\n".join(ROWS))
    small.run()
    assert [(row["readings"], row["pm25_ugm3"]) for row in small.rows("curated.daily_air")] == [(24, Decimal("12.00"))]
    assert [(row["_source_row"], row["_rules"]) for row in small.quarantine("staged.readings")] == [(24, ["castable"])]


def test_the_look_into_the_warehouse_prints_what_is_there(house: House) -> None:
    printed = _printed(README, ".data_platform/warehouse", house.platform.warehouse)
    assert "yellow" in printed
    assert "duplicate" in printed or "_range" in printed or "_required" in printed


def test_the_look_at_an_older_version_prints_the_rows_of_that_version(house: House) -> None:
    table = house.platform.lake.table(TableName("curated", "daily_revenue"))
    rows = [commit.provenance["rows"] for commit in table.history() if commit.version == 1]
    printed = _printed(OPERATING, ".data_platform/lake", house.settings.lake_path)
    assert [f"[{count} rows x" in printed for count in rows] == [True]
    assert len(table.history()) > 1


def _printed(document: str, ours: str, theirs: Path) -> str:
    """What the document's first snippet of Python prints, with `theirs` for the folder that it names."""
    shown = re.search(r'\.venv/bin/python -c "\n(.*?)"\n', document, re.DOTALL)
    assert shown is not None
    code = shown[1].replace(ours, str(theirs))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
