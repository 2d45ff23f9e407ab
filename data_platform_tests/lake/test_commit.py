"""Races and deaths around a commit: the old version or the new one, whole, whatever else goes on."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import deltalake
import pytest
from deltalake.exceptions import DeltaError

from data_platform.lake.commit import Change, DeltaFolder
from data_platform.lake.errors import PartitionMoved
from data_platform.lake.lake import Lake
from data_platform.lake.log import Log
from data_platform.lake.schema import Column, fields
from data_platform_tests.lake.conftest import REPOSITORY, Race
from data_platform_tests.lake.writing import COLUMNS, TRIPS, fingerprint, read, replace, rows, write


def test_a_stale_writer_cannot_replace_a_corrected_partition(lake: Lake) -> None:
    stale = lake.table(TRIPS).begin(["2024-01"])
    replace(lake, "2024-01", "corrected", 120)

    with pytest.raises(PartitionMoved, match=r"staged/trips \[2024-01\]: version 1 replaced it .*never been written"):
        replace(lake, "2024-01", "stale", 100, base=stale)
    assert read(lake) == {"corrected": 120}


def test_a_stale_writer_adds_no_columns_either(lake: Lake) -> None:
    table = lake.table(TRIPS)
    replace(lake, "2024-01", "old", 1)
    stale = table.begin(["2024-01"])
    replace(lake, "2024-01", "corrected", 120)

    with pytest.raises(PartitionMoved):
        table.commit(
            stale,
            [write(lake, "2024-01", rows("stale", 1))],
            columns=[*COLUMNS, Column("new", "BIGINT")],
            fingerprints={"2024-01": fingerprint("stale")},
            provenance={},
        )
    assert table.columns() == COLUMNS


def test_columns_that_somebody_else_adds_at_the_same_time_are_no_obstacle(lake: Lake) -> None:
    """Between our opening of the table and our adding of a column, they add theirs."""
    replace(lake, "2024-01", "us", 1)
    theirs, ours = (fields("t", [*COLUMNS, Column(name, "BIGINT")])[-1:] for name in ("theirs", "ours"))
    both = [*fields("t", COLUMNS), *theirs, *ours]
    interloper = DeltaFolder(lake.storage, str(TRIPS), partitioned=True)

    class Overtaken(DeltaFolder):
        def _open(self) -> deltalake.DeltaTable:
            table = super()._open()
            interloper.ensure([*fields("t", COLUMNS), *theirs])
            return table

    Overtaken(lake.storage, str(TRIPS), partitioned=True).ensure(both)
    assert [column.name for column in lake.table(TRIPS).columns()] == ["a", "who", "theirs", "ours"]


def test_a_commit_of_equal_content_moves_the_partition_too(lake: Lake) -> None:
    """Compared is the commit, not its fingerprint: an old result may come back while a newer one was read."""
    replace(lake, "2024-01", "first", 1)
    stale = lake.table(TRIPS).begin(["2024-01"])
    replace(lake, "2024-01", "second", 2)
    replace(lake, "2024-01", "first", 1)

    with pytest.raises(PartitionMoved):
        replace(lake, "2024-01", "stale", 3, base=stale)


def test_a_writer_of_another_partition_is_no_obstacle(lake: Lake) -> None:
    base = lake.table(TRIPS).begin(["2024-01"])
    replace(lake, "2024-02", "other", 2)

    replace(lake, "2024-01", "ours", 1, base=base)
    assert read(lake) == {"ours": 1, "other": 2}


def test_one_moved_partition_holds_back_the_whole_range(lake: Lake) -> None:
    table = lake.table(TRIPS)
    base = table.begin(["2024-01", "2024-02"])
    files = [write(lake, partition, rows("range", 1)) for partition in base.partitions]
    replace(lake, "2024-02", "corrected", 5)

    with pytest.raises(PartitionMoved, match="2024-02"):
        table.commit(
            base, files, columns=COLUMNS, fingerprints=dict.fromkeys(base.partitions, fingerprint("r")), provenance={}
        )
    assert read(lake) == {"corrected": 5}


@pytest.mark.parametrize(
    "partition",
    [
        pytest.param("2024-01", id="one that was there: its file is removed twice"),
        pytest.param("2024-02", id="a new one: nothing but the app transaction stands between the two writers"),
    ],
)
def test_somebody_who_commits_between_the_comparison_and_the_commit_is_noticed(lake: Lake, partition: str) -> None:
    """The gap that only delta-rs's own checks can close, driven at the lowest level."""
    replace(lake, "2024-01", "old", 1)
    folder = DeltaFolder(lake.storage, str(TRIPS), partitioned=True)
    attempts: list[int] = []

    def attempt(log: Log) -> Change:
        attempts.append(log.version)
        if len(attempts) == 1:
            replace(lake, partition, "interloper", 2)
        return Change(adds=(), replaces=[partition], transactions={f"p/{partition}": 1}, note={})

    folder.commit(attempt)
    assert attempts == [1, 2]


def test_a_process_killed_with_its_files_written_changes_nothing(lake: Lake, race: Race) -> None:
    replace(lake, "2024-01", "old", 3)
    before = lake.table(TRIPS).files()

    ((code, _),) = race([("die_with_files_written", "2024-01")])
    assert code == -9
    assert lake.table(TRIPS).files() == before
    assert read(lake) == {"old": 3}
    orphans = [f.key for f in lake.storage.list(str(TRIPS)) if f.key.endswith(".parquet")]
    assert len(orphans) == 4, "the dead process had really written its files"

    replace(lake, "2024-01", "new", 4)
    assert read(lake) == {"new": 4}


def test_a_process_killed_at_any_moment_leaves_a_whole_version(lake: Lake) -> None:
    for deaths in range(1, 4):
        command = [sys.executable, "-m", "data_platform_tests.lake.racers", lake.storage.delta_uri("")]
        with subprocess.Popen(
            [*command, "die_in_a_row_of_commits", "2024-01"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            for _ in range(1 + deaths):
                answered = process.stdout.readline()
            process.kill()
        ((who, count),) = read(lake).items()
        assert who == f"commit {count}"
        assert count >= int(answered)
        assert lake.table(TRIPS).partitions()["2024-01"].provenance == {"who": who, "rows": count}


def test_the_table_is_what_deltalake_itself_reads(lake: Lake) -> None:
    """An independent reader of the same log: files, partition values, statistics, transactions, configuration."""
    for number in range(1, 4):
        replace(lake, f"2024-0{number}", "us", number)
    replace(lake, "2024-02", "us", 20)
    ours = lake.table(TRIPS).files()
    theirs = deltalake.DeltaTable(lake.storage.delta_uri(str(TRIPS)))

    actions = theirs.get_add_actions(flatten=True).to_struct_array().to_pylist()
    by_rejected = {True: set(ours.rejected), False: set(ours.clean)}
    for rejected, keys in by_rejected.items():
        found = [a for a in actions if a["partition._rejected"] is rejected]
        assert {f"{TRIPS}/{a['path']}" for a in found} == keys
    clean = {a["partition._partition"]: a for a in actions if not a["partition._rejected"]}
    assert {p: a["num_records"] for p, a in clean.items()} == {"2024-01": 1, "2024-02": 20, "2024-03": 3}
    assert (clean["2024-02"]["min.a"], clean["2024-02"]["max.a"]) == (0, 19)
    assert theirs.transaction_version("p/2024-02") == int(fingerprint("us 20"), 16)
    assert theirs.metadata().partition_columns == ["_partition", "_rejected"]
    assert theirs.metadata().configuration == {
        "delta.checkpointInterval": "50",
        "delta.enableExpiredLogCleanup": "false",
    }


def test_fifty_commits_write_a_checkpoint_and_nothing_is_forgotten(lake: Lake) -> None:
    for number in range(52):
        replace(lake, f"2024-{number % 4 + 1:02}", "us", number + 1)

    log = Path(lake.storage.delta_uri(f"{TRIPS}/_delta_log"))
    assert list(log.glob("*.checkpoint.parquet"))
    assert Counter(read(lake)) == {"us": 49 + 50 + 51 + 52}
    table = lake.table(TRIPS)
    assert len(table.history()) == 52
    # Another process knows nothing of what this one remembers.
    script = (
        "import sys; from pathlib import Path; from data_platform.lake.storage import LocalStorage;"
        "from data_platform.lake.lake import Lake; from data_platform_tests.lake.writing import TRIPS;"
        "print({p: s.version for p, s in Lake(LocalStorage(Path(sys.argv[1]))).table(TRIPS).partitions().items()})"
    )
    command = [sys.executable, "-c", script, lake.storage.delta_uri("")]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert answer == f"{ {p: s.version for p, s in table.partitions().items()} }\n"


def test_a_failure_after_the_commit_itself_is_no_failure_of_the_commit(
    lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    """The checkpoint that comes with version 49 cannot be written: the commit stands, and is not made twice."""
    for number in range(48):
        replace(lake, "2024-01", "us", number + 1)
    blocked = Path(lake.storage.delta_uri(f"{TRIPS}/_delta_log")) / f"{49:020d}.checkpoint.parquet"
    blocked.mkdir()
    (blocked / "in the way").touch()

    assert replace(lake, "2024-01", "us", 49).version == 49
    assert read(lake) == {"us": 49}
    assert "version 49 is committed, then" in caplog.text


def test_a_commit_that_cannot_be_written_says_so(lake: Lake) -> None:
    replace(lake, "2024-01", "us", 1)
    blocked = Path(lake.storage.delta_uri(f"{TRIPS}/_delta_log/{2:020d}.json"))
    blocked.mkdir()

    with pytest.raises((DeltaError, IsADirectoryError)):
        replace(lake, "2024-01", "us", 2)
