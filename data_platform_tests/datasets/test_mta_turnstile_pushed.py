"""Weeks of turnstile readings that are pushed into the landing zone, in both layouts, gzipped and not."""

import gzip
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.resources.platform import platform_of
from data_platform.settings import Settings
from data_platform_tests.datasets.building import House
from data_platform_tests.datasets.conftest import DATASETS
from data_platform_tests.datasets.mta_lines import WIDE_WEEK, path_of

READINGS = TableName("staged", "turnstile_readings")
_LIST = Path("resources/nyct/turnstile/Remote-Booth-Station.xls")

pytestmark = pytest.mark.slow


def pushed(root: Path, files: Mapping[str, bytes], booths: Path) -> House:
    """A house whose site has the list of booths only, made after these files lay in the landing zone."""
    landing = root / "landing" / "mta_turnstile"
    landing.mkdir(parents=True)
    for name, content in files.items():
        (landing / name).write_bytes(content)
        os.utime(landing / name, (0, 0))
    listed = root / "mta" / _LIST
    listed.parent.mkdir(parents=True)
    shutil.copyfile(booths, listed)
    settings = Settings(
        home=root / "home",
        sources="live",
        landing=root / "landing",
        mta_url=(root / "mta").as_uri(),
        tlc_url=(root / "none").as_uri(),
        memory_limit="1GiB",
        threads=2,
    )
    datasets = read_datasets(DATASETS, settings)
    house = House(settings, datasets, platform_of(settings, datasets.catalog), datetime(2024, 2, 1, tzinfo=UTC))
    house.make()
    return house


def accounts(house: House) -> dict[str, Any]:
    """Of each week, without what tells the files apart."""
    told = ("arrived", "clean", "rejected_by", "dropped", "flagged")
    found = {week: state.provenance["account"] for week, state in house.states(READINGS).items()}
    return {week: {name: account[name] for name in told} for week, account in found.items()}


def test_a_week_that_is_pushed_makes_the_same_rows_as_one_that_is_fetched(house: House, tmp_path: Path) -> None:
    sample = house.settings.samples_path / "mta_turnstile"
    present = "2014-10-18"
    files = {
        path_of(sample, WIDE_WEEK).name: path_of(sample, WIDE_WEEK).read_bytes(),
        f"{_ends(present):%y%m%d}.csv.gz": gzip.compress(path_of(sample, present).read_bytes()),
    }
    ours = pushed(tmp_path, files, sample / _LIST)
    assert accounts(ours) == {week: accounts(house)[week] for week in (WIDE_WEEK, present)}
    # Each of the two tables takes its own files, and none is left over.
    assert [item.reason for item in ours.stale().waiting if "files belong to" in item.reason] == []


def _ends(week: str) -> date:
    return date.fromisoformat(week) + timedelta(days=7)


@pytest.mark.real_data
def test_a_real_week_of_the_layout_before_is_read_whole(real_data: Path, tmp_path: Path) -> None:
    """7,343 readings in 999 lines, as the README beside the data has them; some are there twice."""
    mta = real_data / "mta"
    wide = (mta / "turnstile_110528.wide.txt").read_bytes()
    house = pushed(tmp_path, {"turnstile_110528.txt": wide}, mta / "Remote-Booth-Station.xls")
    ((week, account),) = accounts(house).items()
    assert (week, account["arrived"], account["rejected_by"]) == ("2011-05-21", 7343, {"duplicate": 29})
    unknown = account["flagged"].get("unknown_station", 0)
    assert unknown < account["arrived"] / 10
    found = house.ask("SELECT DISTINCT audit_kind FROM rows", house.paths(READINGS.sql, week))
    assert {"REGULAR", "DOOR", "OPEN"} <= set(found.audit_kind)
