"""Logs without the least and greatest values of files that are gone: nothing else of them changes."""

import json
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from data_platform.lake.lake import Lake
from data_platform.lake.log import read_log
from data_platform.lake.names import TableName
from data_platform.lake.old_bounds import without_old_bounds
from data_platform.lake.schema import Column
from data_platform.lake.storage import LocalStorage
from data_platform.lake.tables import WrittenFile

NAME = TableName("staged", "people")
COLUMNS = [Column("city", "VARCHAR")]


def _commit(lake: Lake, city: str, fingerprint: str) -> None:
    table = lake.table(NAME)
    base = table.begin(["2024-01"])
    new = table.new_file("2024-01", rejected=False)
    new.path.write_bytes(city.encode())
    size = lake.storage.keep(new)
    stats = {'"city"': {"min": city, "max": city, "null_count": "0"}}
    file = WrittenFile("2024-01", rejected=False, key=new.key, rows=1, bytes=size, stats=stats)
    table.commit(base, [file], columns=COLUMNS, fingerprints={"2024-01": fingerprint}, provenance={})


def test_bounds_of_files_that_are_gone_leave_log_and_checkpoint_and_the_live_ones_stay(tmp_path: Path) -> None:
    lake = Lake(LocalStorage(tmp_path))
    _commit(lake, "Winterthur", "a" * 15)
    DeltaTable(tmp_path / str(NAME)).create_checkpoint()
    _commit(lake, "Rapperswil", "b" * 15)
    before = read_log(lake.storage, str(NAME))

    assert without_old_bounds(lake.storage, str(NAME))

    log = tmp_path / str(NAME) / "_delta_log"
    texts = {path.name: path.read_bytes() for path in log.iterdir()}
    after = read_log(Lake(LocalStorage(tmp_path)).storage, str(NAME))
    assert not any(b"Winterthur" in text or "checkpoint" in name for name, text in texts.items())
    assert any(b"Rapperswil" in text for text in texts.values())
    assert before is not None
    assert after is not None
    assert after.live == before.live
    (add,) = pa.table(DeltaTable(tmp_path / str(NAME)).get_add_actions(flatten=True)).to_pylist()
    assert (add["num_records"], add["min.city"]) == (1, "Rapperswil")


def test_a_log_that_never_lost_a_file_is_left_alone(tmp_path: Path) -> None:
    lake = Lake(LocalStorage(tmp_path))
    _commit(lake, "Winterthur", "a" * 15)
    log = tmp_path / str(NAME) / "_delta_log"
    before = {path.name: path.read_bytes() for path in log.iterdir()}

    assert not without_old_bounds(lake.storage, str(NAME))
    assert {path.name: path.read_bytes() for path in log.iterdir()} == before
    assert all(json.loads(line) for text in before.values() for line in text.splitlines())
