"""Reading logs: incremental, indifferent to who wrote, and not fooled by deleted or damaged tables."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest

from data_platform.lake.errors import DamagedLog
from data_platform.lake.lake import Lake
from data_platform.lake.log import read_log
from data_platform_tests.lake.conftest import REPOSITORY
from data_platform_tests.lake.writing import TRIPS, read, replace

_OTHER_PROCESS = """
import sys
from pathlib import Path
from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage
from data_platform_tests.lake.writing import replace
replace(Lake(LocalStorage(Path(sys.argv[1]))), "2024-01", "other process", 5)
"""


def log_folder(lake: Lake) -> Path:
    return Path(lake.storage.delta_uri(f"{TRIPS}/_delta_log"))


def test_only_newer_versions_are_read_again(lake: Lake) -> None:
    """The old version's file is spoilt in place: who reads it again fails."""
    replace(lake, "2024-01", "first", 1)
    first = read_log(lake.storage, str(TRIPS))
    assert first is not None
    assert read_log(lake.storage, str(TRIPS)) is first
    (log_folder(lake) / f"{1:020d}.json").write_text("spoilt")
    shutil.copyfile(log_folder(lake) / f"{0:020d}.json", log_folder(lake) / f"{2:020d}.json")

    second = read_log(lake.storage, str(TRIPS))
    assert second is not None
    assert second.versions[:2] == first.versions
    assert second.version == 2


def test_what_another_process_commits_is_seen(lake: Lake) -> None:
    replace(lake, "2024-01", "first", 1)
    assert read(lake) == {"first": 1}
    subprocess.run([sys.executable, "-c", _OTHER_PROCESS, lake.storage.delta_uri("")], cwd=REPOSITORY, check=True)

    assert read(lake) == {"other process": 5}
    assert lake.table(TRIPS).partitions()["2024-01"].version == 2


def test_a_table_that_was_deleted_and_made_anew_is_read_anew(lake: Lake) -> None:
    for count in range(3):
        replace(lake, "2024-01", "before", count + 1)
    assert lake.table(TRIPS).partitions()["2024-01"].version == 3
    shutil.rmtree(lake.storage.delta_uri(str(TRIPS)))
    assert lake.table(TRIPS).partitions() == {}
    replace(lake, "2024-01", "after", 1)

    assert lake.table(TRIPS).partitions()["2024-01"].version == 1
    assert read(lake) == {"after": 1}


def test_a_log_whose_beginning_is_missing_is_not_taken_for_an_empty_table(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 1)
    (log_folder(lake) / f"{0:020d}.json").unlink()
    with pytest.raises(DamagedLog, match="version 0 is missing from staged/trips/_delta_log"):
        lake.table(TRIPS).partitions()


def test_commits_that_are_not_ours_are_versions_without_a_note(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 1)
    rows = pa.table({"a": [7], "who": ["them"], "_partition": ["their month"], "_rejected": [False]})
    deltalake.write_deltalake(lake.storage.delta_uri(str(TRIPS)), rows, mode="append")

    assert read(lake) == {"us": 1, "them": 1}
    assert read(lake, ["their month"]) == {"them": 1}
    assert list(lake.table(TRIPS).partitions()) == ["2024-01"]
    assert [commit.version for commit in lake.table(TRIPS).history()] == [1]


def test_time_never_runs_backwards_along_a_log(lake: Lake) -> None:
    """A writer's clock that is a year behind: its version is as old as the one before."""
    first = replace(lake, "2024-01", "us", 1)
    replace(lake, "2024-01", "us", 2)
    late = log_folder(lake) / f"{2:020d}.json"
    stamp = str(int(lake.table(TRIPS).history()[0].committed_at.timestamp() * 1000))[:9]
    copy = Path(str(lake.storage.delta_uri("")) + " copy")
    late.write_text(late.read_text().replace(f'"timestamp":{stamp}', '"timestamp":100000000'))
    shutil.copytree(lake.storage.delta_uri(""), copy)

    from data_platform.lake.storage import LocalStorage

    copied = Lake(LocalStorage(copy)).table(TRIPS)
    assert copied.history()[0].committed_at == first.committed_at
    assert copied.version_at(first.committed_at) == 2
    assert copied.history()[0].committed_at > datetime(2020, 1, 1, tzinfo=UTC)


def test_reading_needs_neither_deltalake_nor_pyarrow(lake: Lake) -> None:
    """They cost half a second of start-up."""
    replace(lake, "2024-01", "us", 1)
    script = (
        "import sys; from pathlib import Path; from data_platform.lake.storage import LocalStorage;"
        "from data_platform.lake.lake import Lake; from data_platform.lake.names import TableName;"
        "lake = Lake(LocalStorage(Path(sys.argv[1]))); table = lake.table(TableName('staged', 'trips'));"
        "assert table.partitions() and table.files().clean and table.history(); lake.ledger('trips').read();"
        "print({'deltalake', 'pyarrow', 'duckdb', 'dagster'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, lake.storage.delta_uri("")]
    assert subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout == "set()\n"
