"""`trace` on the command line: what is printed of files, rows and notes."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from data_platform.cli.tracing import runs, say
from data_platform.steps.errors import StepError
from data_platform_tests.small_dataset import SmallDataset, reading, small_dataset


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SmallDataset:
    small = small_dataset(tmp_path_factory.mktemp("town [red]"))
    rows = [reading(1), reading(2, value=None), reading(3), reading(4), reading(5, place_id=9)]
    small.put("2024-01", rows)
    small.run()
    return small


def _say(small: SmallDataset, table: str, *key: str, null: Sequence[str] = (), partition: str | None = None) -> str:
    printed = io.StringIO()
    console = Console(file=printed, width=80)
    assert say(small.platform, table, key, null=null, partition=partition, console=console) == 0
    return printed.getvalue()


def test_files_and_rows_are_printed_as_they_are_called(town: SmallDataset) -> None:
    printed = _say(town, "curated.daily_rain", "place=Harbour", "reading_date=2024-01-10")
    assert printed.splitlines() == [
        "curated.daily_rain: 1 row, made of 3 source rows",
        f"  {town.source.as_uri()}/readings-2024-01.parquet",
        "    through staged.readings 2024-01, rows 0, 2 to 3",
        "note: staged.readings looks values up in staged.places, whose rows are not listed",
    ]


def test_what_was_kept_out_is_printed_with_its_rules(town: SmallDataset) -> None:
    printed = _say(town, "staged.readings", "reading_id=2", partition="2024-01")
    assert f"  row 1 of {town.source.as_uri()}/readings-2024-01.parquet: rain_mm_required" in printed.splitlines()


def test_a_missing_value_is_asked_for_by_name(town: SmallDataset) -> None:
    assert "rows 4\n" in _say(town, "curated.daily_rain", "reading_date=2024-01-10", null=["place"])


def test_a_text_without_a_value_is_refused(town: SmallDataset) -> None:
    with pytest.raises(StepError, match="'place' is no column=value; for a column that is NULL write --null place"):
        _say(town, "curated.daily_rain", "place")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), ""),
        ((3,), "3"),
        ((0, 1, 2, 7, 9, 10), "0 to 2, 7, 9 to 10"),
        (tuple(range(0, 200, 2)), ", ".join(map(str, range(0, 80, 2))) + " …"),
    ],
)
def test_neighbouring_rows_are_told_together_and_many_are_cut_off(rows: Sequence[int], told: str) -> None:
    assert runs(rows) == told
