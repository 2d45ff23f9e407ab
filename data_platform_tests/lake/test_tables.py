"""Tables: replacing partitions, what is there, what was there, and how columns may change."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from data_platform.lake.errors import LakeError, NoSuchVersion, SchemaConflict, UnsupportedType
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.tables import UNPARTITIONED, TableFiles, WrittenFile
from data_platform_tests.lake.writing import COLUMNS, TRIPS, fingerprint, read, read_keys, replace, rows, write


def test_a_table_that_does_not_exist_is_empty(lake: Lake) -> None:
    table = lake.table(TRIPS)
    assert not table.exists()
    assert table.partitions() == {}
    assert table.columns() == ()
    assert table.files() == TableFiles((), ())
    assert table.history() == ()
    assert table.begin(["2024-01"]).versions == {"2024-01": None}
    with pytest.raises(NoSuchVersion, match="there was no such table"):
        table.version_at(datetime.now(UTC))
    with pytest.raises(NoSuchVersion, match="the table does not exist"):
        table.files(version=0)
    assert list(lake.storage.list("")) == []


def test_a_commit_replaces_clean_and_rejected_rows_of_its_partition_only(lake: Lake) -> None:
    replace(lake, "2024-01", "old", 3)
    replace(lake, "2024-02", "other", 5)
    commit = replace(lake, "2024-01", "new", 4)
    table = lake.table(TRIPS)

    assert read(lake) == {"new": 4, "other": 5}
    assert read(lake, ["2024-01"]) == {"new": 4}
    assert read_keys(lake, table.files(["2024-01"]).rejected) == {"new": 1}
    assert len(table.files().rejected) == 2
    assert (commit.table, commit.version, commit.partitions) == (TRIPS, 3, ("2024-01",))
    assert commit.fingerprints == {"2024-01": fingerprint("new 4")}
    assert commit.provenance == {"who": "new", "rows": 4}
    assert table.history()[0] == commit
    assert [c.provenance["who"] for c in table.history()] == ["new", "other", "old"]


def test_a_partition_says_what_its_last_commit_was(lake: Lake) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    replace(lake, "2024-01", "first", 1)
    commit = replace(lake, "2024-02", "second", 2)
    states = lake.table(TRIPS).partitions()

    assert list(states) == ["2024-01", "2024-02"]
    state = states["2024-02"]
    assert (state.partition, state.version, state.fingerprint) == ("2024-02", 2, fingerprint("second 2"))
    assert state.provenance == {"who": "second", "rows": 2}
    assert before <= state.committed_at == commit.committed_at <= datetime.now(UTC)


def test_a_range_of_partitions_is_one_commit(lake: Lake) -> None:
    table = lake.table(TRIPS)
    replace(lake, "2024-02", "old", 9)
    base = table.begin(["2024-01", "2024-02", "2024-03"])
    commit = table.commit(
        base,
        [write(lake, "2024-01", rows("range", 1)), write(lake, "2024-02", rows("range", 2))],
        columns=COLUMNS,
        fingerprints={p: fingerprint(p) for p in base.partitions},
        provenance={},
    )
    assert commit.version == 2
    assert commit.partitions == ("2024-01", "2024-02", "2024-03")
    assert read(lake) == {"range": 3}
    states = table.partitions()
    assert {p: s.fingerprint for p, s in states.items()} == {p: fingerprint(p) for p in base.partitions}
    assert table.files(["2024-03"]) == TableFiles((), ())


def test_a_partition_without_files_is_present_and_empty(lake: Lake) -> None:
    replace(lake, "2024-01", "old", 3)
    table = lake.table(TRIPS)
    table.commit(
        table.begin(["2024-01"]), [], columns=COLUMNS, fingerprints={"2024-01": fingerprint("")}, provenance={}
    )
    assert read(lake) == {}
    assert list(table.partitions()) == ["2024-01"]
    assert table.columns() == COLUMNS


def test_a_snapshot_stays_as_it_was_while_others_commit(lake: Lake) -> None:
    table = lake.table(TRIPS)
    assert table.snapshot().partitions == {}
    assert table.snapshot().files() == TableFiles((), ())
    replace(lake, "2024-01", "old", 3)
    before = table.snapshot()
    replace(lake, "2024-01", "new", 4)
    replace(lake, "2024-02", "new", 5)

    assert {p: s.version for p, s in before.partitions.items()} == {"2024-01": 1}
    assert read_keys(lake, before.files().clean) == {"old": 3}
    assert read_keys(lake, before.files(["2024-01"]).rejected) == {"old": 1}
    assert before.files(["2024-02"]) == TableFiles((), ())
    assert table.snapshot().files() == table.files()
    assert table.snapshot().partitions == table.partitions()


def test_an_unpartitioned_table_has_one_partition(lake: Lake) -> None:
    zones = TableName("curated", "zones")
    replace(lake, UNPARTITIONED, "us", 2, table=zones)
    replace(lake, UNPARTITIONED, "us", 3, table=zones)
    assert read(lake, table=zones) == {"us": 3}
    assert list(lake.table(zones).partitions()) == ["all"]


ODD_KEYS = [
    "it's",
    'a "b"',
    "50%",
    "%20",
    "a/b",
    "..",
    "é/ü",
    "日本",
    "null",
    "x=y",
    "a, b",
    "back\\slash",
    "~41",
    "*?[x]",
]


def test_odd_partition_keys_are_kept_apart(lake: Lake) -> None:
    keys = [*ODD_KEYS, "true", "--", "a b", "A B"]
    for number, key in enumerate(keys):
        replace(lake, key, f"old {number}", 1)
    for number, key in enumerate(keys):
        replace(lake, key, f"new {number}", 2)

    assert set(lake.table(TRIPS).partitions()) == set(keys)
    for number, key in enumerate(keys):
        assert read(lake, [key]) == {f"new {number}": 2}
        assert read_keys(lake, lake.table(TRIPS).files([key]).rejected) == {f"new {number}": 1}
    assert sum(read(lake).values()) == 2 * len(keys)
    # Nothing that a file system, a URL or a glob would read in another way.
    for file in lake.storage.list("staged"):
        assert set(file.key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~=/"), file.key


def test_odd_partition_keys_make_a_range_too(lake: Lake) -> None:
    table = lake.table(TRIPS)
    for _ in range(2):
        base = table.begin(ODD_KEYS)
        files = [write(lake, key, rows("us", 1)) for key in ODD_KEYS]
        table.commit(base, files, columns=COLUMNS, fingerprints={p: fingerprint(p) for p in ODD_KEYS}, provenance={})
    assert read(lake) == {"us": len(ODD_KEYS)}


@pytest.mark.parametrize("key", ["", "a\nb", "a\0b", "\x7f", "x" * 201, "日" * 30])
def test_a_partition_key_that_cannot_be_a_folder_is_refused(lake: Lake, key: str) -> None:
    with pytest.raises(ValueError, match="partition key"):
        lake.table(TRIPS).begin([key])
    with pytest.raises(ValueError, match="partition key"):
        lake.table(TRIPS).new_file(key, rejected=False)


@pytest.mark.parametrize("partitions", [[], ["2024-01", "2024-01"]])
def test_work_begins_on_partitions_each_once(lake: Lake, partitions: list[str]) -> None:
    with pytest.raises(ValueError, match="expected partitions, each once"):
        lake.table(TRIPS).begin(partitions)


def commit_files(lake: Lake, files: list[WrittenFile], **differently: object) -> None:
    table = lake.table(TRIPS)
    arguments = {"columns": COLUMNS, "fingerprints": {"2024-01": fingerprint("x")}, "provenance": {}} | differently
    table.commit(table.begin(["2024-01"]), files, **arguments)  # type: ignore[arg-type] # checked where it arrives


def test_a_commit_is_checked_before_it_is_made(lake: Lake) -> None:
    file = write(lake, "2024-01", rows("us", 1))
    other = write(lake, "2024-02", rows("us", 1))
    misplaced = WrittenFile("2024-01", True, file.key, file.rows, file.bytes, file.stats)
    short = WrittenFile("2024-01", False, file.key, file.rows, file.bytes + 1, file.stats)
    missing = WrittenFile("2024-01", False, f"{file.key}x", file.rows, file.bytes, file.stats)

    for files, said in [
        ([file, file], "named twice"),
        ([other], "of partition '2024-02', but .* were begun"),
        ([misplaced], "not where staged/trips keeps"),
        ([short], rf"has {file.bytes} bytes, expected {file.bytes + 1}"),
        ([missing], "is not there, expected"),
    ]:
        with pytest.raises(LakeError, match=said):
            commit_files(lake, files)
    for fingerprints, said in [({}, "fingerprints of"), ({"2024-01": "XYZ"}, "expected 15 hex digits")]:
        with pytest.raises(LakeError, match=said):
            commit_files(lake, [file], fingerprints=fingerprints)
    with pytest.raises(ValueError, match="not JSON compliant"):
        commit_files(lake, [file], provenance={"share": float("nan")})
    assert lake.table(TRIPS).partitions() == {}

    commit_files(lake, [file])
    assert read(lake) == {"us": 1}


def test_a_new_column_is_added_first_and_old_files_stay(lake: Lake) -> None:
    replace(lake, "2024-01", "old", 3)
    table = lake.table(TRIPS)
    wider = [Column("paid_at", "TIMESTAMP"), *COLUMNS, Column("tip_usd", "DECIMAL(12,2)")]
    base = table.begin(["2024-02"])
    file = write(lake, "2024-02", "SELECT 1::BIGINT AS a, 'new' AS who, 2.50::DECIMAL(12,2) AS tip_usd")
    commit = table.commit(base, [file], columns=wider, fingerprints={"2024-02": fingerprint("w")}, provenance={})

    assert commit.version == 3, "the columns came in a commit of their own"
    assert sorted(table.columns(), key=str) == sorted(wider, key=str)
    assert table.columns(version=1) == COLUMNS
    assert read(lake) == {"old": 3, "new": 1}
    assert [c.version for c in table.history()] == [3, 1]


@pytest.mark.parametrize(
    ("columns", "error", "said"),
    [
        ([Column("a", "DOUBLE"), COLUMNS[1]], SchemaConflict, "'a' is BIGINT in the table and DOUBLE in this commit"),
        ([Column("a", "INTEGER"), COLUMNS[1]], SchemaConflict, "'a' is BIGINT in the table and INTEGER in this commit"),
        ([COLUMNS[0]], SchemaConflict, "'who' is in the table and not in this commit"),
        ([*COLUMNS, Column("Who", "VARCHAR")], SchemaConflict, "one name"),
        ([*COLUMNS, Column("n", "UBIGINT")], UnsupportedType, "Delta has no UBIGINT; use DECIMAL"),
    ],
)
def test_any_other_change_of_columns_is_refused_and_changes_nothing(
    lake: Lake, columns: list[Column], error: type[LakeError], said: str
) -> None:
    replace(lake, "2024-01", "old", 3)
    file = write(lake, "2024-01", rows("new", 1))
    before = sorted(file.key for file in lake.storage.list(f"{TRIPS}/_delta_log"))

    with pytest.raises(error, match=said):
        commit_files(lake, [file], columns=columns)
    assert sorted(file.key for file in lake.storage.list(f"{TRIPS}/_delta_log")) == before
    assert read(lake) == {"old": 3}


def test_an_unsupported_type_creates_no_table(lake: Lake) -> None:
    with pytest.raises(UnsupportedType):
        commit_files(lake, [write(lake, "2024-01", rows("us", 1))], columns=[Column("a", "HUGEINT")])
    assert not lake.table(TRIPS).exists()


def test_a_table_is_read_as_of_a_version(lake: Lake) -> None:
    for count in range(1, 4):
        replace(lake, "2024-01", f"take {count}", count)
    assert [read(lake, version=v) for v in range(4)] == [{}, {"take 1": 1}, {"take 2": 2}, {"take 3": 3}]
    for version in (-1, 4):
        with pytest.raises(NoSuchVersion, match="the table has versions 0 to 3"):
            read(lake, version=version)


def test_a_table_is_read_as_of_a_time_told_in_any_zone(lake: Lake) -> None:
    commits = [replace(lake, "2024-01", f"take {count}", count) for count in range(1, 3)]
    table = lake.table(TRIPS)
    moment = commits[0].committed_at.astimezone(timezone(timedelta(hours=-5)))
    # Two commits may fall into one millisecond: then the later one is what a reader saw.
    expected = 1 if commits[1].committed_at > commits[0].committed_at else 2
    assert table.version_at(moment) == expected
    assert table.version_at(datetime.now(UTC) + timedelta(days=1)) == 2
    with pytest.raises(NoSuchVersion, match="there was no such table at"):
        table.version_at(commits[0].committed_at - timedelta(days=1))
    with pytest.raises(ValueError, match="has no time zone"):
        table.version_at(datetime(2024, 1, 1))


def test_a_copied_lake_tells_the_same_times(lake: Lake, tmp_path: Path) -> None:
    """By the commits themselves: a copy's files are all as young as the copy."""
    import shutil

    from data_platform.lake.storage import LocalStorage

    commit = replace(lake, "2024-01", "us", 1)
    shutil.copytree(lake.storage.delta_uri(""), tmp_path / "copy", copy_function=shutil.copyfile)
    copy = Lake(LocalStorage(tmp_path / "copy"))
    assert copy.table(TRIPS).version_at(commit.committed_at) == commit.version
    assert copy.table(TRIPS).partitions() == lake.table(TRIPS).partitions()
    assert read(copy) == {"us": 1}
