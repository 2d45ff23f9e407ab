"""What the commands print: the plan to its end, and no table without a row."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from data_platform.cli.driving import Done
from data_platform.cli.report import print_done, print_plan
from data_platform_tests.planning.landed import landed
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset


def _planned(small: SmallDataset) -> list[str]:
    printed = io.StringIO()
    print_plan(Console(file=printed, width=120), small.catalog, small.stale())
    return printed.getvalue().splitlines()


def _done(small: SmallDataset) -> str:
    printed = io.StringIO()
    print_done(Console(file=printed, width=120), small.platform, small.settings, Done(run_ids={"test"}))
    return printed.getvalue()


def test_the_plan_names_what_is_stale_and_what_will_follow(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1)])

    first = _planned(small)
    small.run()
    current = _planned(small)
    small.write({"staged/readings.sql": FILES["staged/readings.sql"].replace("r.value AS", "r.value + 1 AS")})
    changed = _planned(small)

    follow = "then what reads them, if they change: "
    assert f"{follow}staged/places, staged/readings, curated/daily_rain" in first
    assert not any(line.startswith("waiting staged/places") for line in first)
    assert [line for line in current if not line.startswith("missing")] == ["Nothing is stale."]
    assert [line for line in changed if line.startswith("then")] == [f"{follow}curated/daily_rain"]


def test_the_plan_names_each_file_in_the_landing_zone_that_has_no_partition(tmp_path: Path) -> None:
    gauges = landed(tmp_path)
    for name in ("readings-2024-13 [b].csv", "readings-2024-xx.csv"):
        gauges.drop(name)
    told = [line for line in _planned(gauges) if line.startswith("left aside")]
    assert [line.rpartition("/")[2] for line in told] == [
        "readings-2024-13%20%5Bb%5D.csv '2024-13' is no date of the form %Y-%m",
        "readings-2024-xx.csv '2024-xx' is no date of the form %Y-%m",
    ]


@pytest.mark.parametrize("value", [1.5, -1.0], ids=["no row", "a row"])
def test_rules_are_listed_only_where_they_left_out_rows(tmp_path: Path, value: float) -> None:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1), reading(2, value=value)])
    small.run()

    printed = _done(small)

    assert "staged/readings" in printed
    assert ("left out by rule" in printed, "rain_mm_range" in printed) == (value < 0, value < 0)


def test_a_dataset_is_told_whole_before_the_next(tmp_path: Path) -> None:
    small = small_dataset(tmp_path)
    other = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: A harbour
  raw:
    ships:
      description: Ships of a harbour, by name
      source: {http_file: {url: "{{ tlc_url }}/ships.csv"}}
      columns: {ship: {type: VARCHAR}}
"""
    ships = "description: Ships\ncolumns: {ship: {type: VARCHAR}}\n"
    small.write({"../a_harbour/defs.yaml": other, "../a_harbour/staged/ships.yaml": ships})
    small.put_file("ships.csv", "ship\nAurora\n")
    small.put("2024-01", [reading(1)])
    small.run()

    words = (line.split() for line in _done(small).splitlines())
    tables = [line[0] for line in words if line and line[0].startswith(("raw/", "staged/", "curated/"))]

    of_the_other = ["raw/places", "raw/readings", "staged/places", "staged/readings", "curated/daily_rain"]
    assert tables == ["raw/ships", "staged/ships", *of_the_other]
