"""Real weeks of the MTA through the real path, against what others counted in them.

The numbers are read from the README beside the data.
"""

import gzip
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS

# Name beside the data → week. The last three follow one another.
WEEKS = {
    "turnstile_150620_part.csv": "2015-06-20",
    "turnstile_230603.csv.gz": "2023-05-27",
    "240106.csv.gz": "2023-12-30",
    "240113.csv.gz": "2024-01-06",
    "240120.csv.gz": "2024-01-13",
}
READINGS = "staged.turnstile_readings"

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    root = tmp_path_factory.mktemp("real")
    _lay_out(real_data / "mta", root / "mta")
    settings = Settings(
        home=root / "home",
        sources="live",
        mta_url=(root / "mta").as_uri(),
        tlc_url=(root / "none").as_uri(),
        memory_limit="1GiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    house = House(settings, datasets, platform_of(settings, datasets.catalog), datetime(2024, 2, 1, tzinfo=UTC))
    house.make()
    return house


def _lay_out(mta: Path, root: Path) -> None:
    """The files under the names and in the folders of the official site."""
    weeks, lists = root / "data" / "nyct" / "turnstile", root / "resources" / "nyct" / "turnstile"
    weeks.mkdir(parents=True)
    lists.mkdir(parents=True)
    for name, week in WEEKS.items():
        ends = date.fromisoformat(week) + timedelta(days=7)
        written = (mta / name).read_bytes()
        plain = gzip.decompress(written) if name.endswith(".gz") else written
        (weeks / f"turnstile_{ends:%y%m%d}.txt").write_bytes(plain)
    shutil.copyfile(mta / "Remote-Booth-Station.csv", lists / "Remote-Booth-Station.csv")


@pytest.fixture(scope="module")
def known(real_data: Path) -> Mapping[str, Mapping[str, str]]:
    """The README's table of what was counted: week → heading → cell."""
    lines = (real_data / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| file | rows | turnstiles"))
    headings, _, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[start : start + 7])
    by_file = {name.partition(".")[0]: week for name, week in WEEKS.items()}
    return {by_file[cells[0]]: dict(zip(headings, cells, strict=True)) for cells in body}


@pytest.mark.parametrize("week", WEEKS.values())
def test_readings_turnstiles_and_registers_are_those_that_others_counted(
    house: House, known: Mapping[str, Mapping[str, str]], week: str
) -> None:
    theirs = known[week]
    names, names_and_lines = theirs["stations by name / by name+line"].split(" / ")
    ours = house.ask(
        "SELECT count(*) AS readings, count(DISTINCT (control_area, unit, scp)) AS turnstiles,"
        " count(DISTINCT station) AS names, count(DISTINCT (station, line)) AS names_and_lines,"
        " count(*) FILTER (WHERE audit_kind = 'RECOVR AUD') AS recovered,"
        " count(*) - count(DISTINCT (control_area, unit, scp, audited_at)) AS repeated,"
        " greatest(max(entries), max(exits)) AS largest,"
        " strftime(min(audited_at), '%Y-%m-%d %H:%M:%S') || ' .. ' || strftime(max(audited_at), '%Y-%m-%d %H:%M:%S')"
        " AS span FROM rows",
        house.paths(READINGS, week),
    )
    counted = {name: int(theirs[heading]) for name, heading in _HEADINGS.items()}
    expected = {**counted, "names": int(names), "names_and_lines": int(names_and_lines), "span": theirs["time span"]}
    assert ours.iloc[0].to_dict() == expected


_HEADINGS = {
    "readings": "rows",
    "turnstiles": "turnstiles",
    "recovered": "RECOVR AUD",
    "repeated": "same turnstile+time twice",
    "largest": "largest register",
}


def test_no_real_reading_is_left_out(house: House, known: Mapping[str, Mapping[str, str]]) -> None:
    states = house.states(TableName.parse(READINGS))
    assert set(states) == set(WEEKS.values())
    for week, state in states.items():
        account = state.provenance["account"]
        assert (account["arrived"], account["rejected"], account["dropped"]) == (int(known[week]["rows"]), 0, 0)
        full = int(known[week]["rows"]) > 100_000
        assert (0.18 < account["flagged"]["off_hour"] / account["arrived"] < 0.22) == full


def test_booths_are_called_by_their_newest_name(house: House) -> None:
    booths = house.ask("SELECT * FROM rows", house.paths("curated.dim_booth")).set_index(["control_area", "unit"])
    told = booths.loc[("A002", "R051")]
    # LEXINGTON AVE in the MTA's list and in 2015.
    assert (told.station, told.is_listed, f"{told.first_audited_date:%Y-%m-%d}") == ("59 ST", True, "2015-06-20")
    assert booths.index.is_unique
    assert len(booths) == 768 + (~booths.is_listed).sum()
    assert (~booths.is_listed).sum() > 20
