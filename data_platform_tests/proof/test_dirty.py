"""Hostile files of other people's collections: received with an account that closes, or refused in words."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from data_platform_tests.proof.dirty import PAGE, files_of, page, seen
from data_platform_tests.proof.dirty_file import Seen, through

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

# A name is data: nothing in it may become SQL, a pattern, a format or a path.
ODD_NAMES = (
    'it\'s "quoted".csv',
    "50%25 {partition:%Y} {{x}}.csv",
    "two\nlines.csv",
    "Ünïcødé 中国 🚕.csv",
    "*[a]?.csv",
)
# Where the collection's JSON is not of these bytes: another telephone number, and line ends that Git made LF.
NOT_AS_EXPECTED = {
    "location_coordinates": {"Contact Phone Number": "2095257564"},
    "newlines_crlf": {"a": "Once upon \na time"},
}
TABLE = [{"id": "1", "name": "english"}, {"id": "2", "name": "中国人"}]


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "dirty"


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[Path, Seen]:
    return seen(files_of(folder))


def test_every_file_is_received_with_an_account_or_refused_in_words(found: dict[Path, Seen]) -> None:
    assert {each.outcome for each in found.values()} == {"received", "refused", "not read"}
    assert [path for path, each in found.items() if each.outcome != "received" and len(each.told.split()) < 3] == []
    received = {path: each for path, each in found.items() if each.outcome == "received"}
    assert [path for path, each in received.items() if each.clean + each.unparsed != each.records] == []


def test_the_page_says_what_is_found_today(found: dict[Path, Seen], folder: Path) -> None:
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert page(found, folder) == written, "python -m data_platform_tests.proof.dirty FOLDER --write writes it anew"


def test_values_are_those_that_csv_spectrum_expects(found: dict[Path, Seen], folder: Path) -> None:
    paths = sorted((folder / "csv-spectrum" / "csvs").glob("*.csv"))
    for path in paths:
        expected = json.loads((folder / "csv-spectrum" / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        rows = [dict(row) for row in (expected if isinstance(expected, list) else [expected])]
        if path.stem in NOT_AS_EXPECTED:
            rows = [
                {**row, **NOT_AS_EXPECTED[path.stem]} if at == len(rows) // 2 else row for at, row in enumerate(rows)
            ]
        assert _texts(found[path]) == [{name: value or None for name, value in row.items()} for row in rows], path.name
    assert len(paths) == 12


@pytest.mark.parametrize(
    "name",
    [
        *(
            "table.csv.gz",
            "table.csv.zip",
            "table.ndjson",
            "table.jsonl",
            "bom.csv",
            "delimiter.csv",
            "table-delimiter.csv",
        ),
        *("compression/explicit.csv.gz", "compression/implicit-gz.csv", "compression/implicit-zip.csv"),
        "skip-rows-before-headers.csv",
    ],
)
def test_the_table_of_frictionless_is_the_same_in_every_disguise(
    found: dict[Path, Seen], folder: Path, name: str
) -> None:
    assert _texts(found[folder / "frictionless" / name]) == TABLE


def test_the_members_of_an_archive_are_one_table(found: dict[Path, Seen], folder: Path) -> None:
    rows = _texts(found[folder / "frictionless" / "table-multiple-files.zip"])
    assert rows == [{"id": "1", "name": "中国人"}, {"id": "2", "name": "english"}, *TABLE]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_s_name_is_data(folder: Path, tmp_path: Path, name: str) -> None:
    shutil.copyfile(folder / "csv-spectrum" / "csvs" / "simple.csv", tmp_path / name)
    assert through(tmp_path / name, tmp_path / "lake").rows == ({"a": "1", "b": "2", "c": "3"},)


def _texts(each: Seen) -> list[dict[str, Any]]:
    return list(each.rows)
