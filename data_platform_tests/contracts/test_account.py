"""The arithmetic of the account; `engines/test_staging_losses.py` has the models that it catches."""

import hashlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.contracts.account import FileAccount, Identity, RowAccount, account

ROWS = st.lists(st.integers(0, 50), max_size=12)


def identity(rows: list[int]) -> Identity:
    hashes = (int.from_bytes(hashlib.sha256(b"%d" % row).digest()) for row in rows)
    return Identity(len(rows), sum(rows), sum(hashes))


@settings(deadline=None)
@given(ROWS, ROWS, ROWS)
def test_it_closes_exactly_when_the_parts_are_the_whole(
    clean: list[int], rejected: list[int], dropped: list[int]
) -> None:
    arrived = [*dropped, *clean, *rejected]
    whole = FileAccount("f", identity(arrived), identity(clean), identity(rejected), identity(dropped))
    assert whole.closes
    assert whole.gap == ""
    for lost in arrived[:1]:
        rest = list(arrived)
        rest.remove(lost)
        assert not FileAccount("f", identity(rest), whole.clean, whole.rejected, whole.dropped).closes


def test_a_gap_says_how_many_rows_of_which_file() -> None:
    def gap(arrived: list[int], found: list[int]) -> str:
        return FileAccount("jan.parquet", identity(arrived), identity(found)).gap

    assert gap([0, 1, 2], [0, 2]) == "jan.parquet: 3 rows arrived, 2 found again (1 lost)"
    assert gap([0], [0, 0, 0]) == "jan.parquet: 1 rows arrived, 3 found again (2 too many)"
    assert gap([0, 1], [0, 0]) == "jan.parquet: 2 rows arrived and as many were found, but not the same ones"
    # Neither count nor sum tells these two apart.
    assert gap([1, 4], [2, 3]) == "jan.parquet: 2 rows arrived and as many were found, but not the same ones"


def test_files_are_accounted_for_one_by_one() -> None:
    """A loss in one file and a gain in another do not make up for each other."""
    three, two = identity([0, 1, 2]), identity([0, 1])
    moved = account({"a": three, "b": two}, {"a": two, "b": three}, {}, {})
    assert not moved.closes
    assert len(moved.gaps) == 2
    assert (moved.arrived, moved.clean) == (5, 5)


def test_a_file_on_any_side_gets_a_line() -> None:
    one = identity([0])
    whole = account({"a": one}, {"b": one}, {"c": one}, {"d": one}, rejected_by={"x": 1})
    assert [file.source_file for file in whole.files] == ["a", "b", "c", "d"]
    assert (whole.arrived, whole.clean, whole.rejected, whole.dropped) == (1, 1, 1, 1)
    assert whole.rejected_share == 1.0
    assert whole.rejected_by == {"x": 1}


def test_without_rows_nothing_is_missing() -> None:
    empty = RowAccount(())
    assert empty.closes
    assert empty.rejected_share == 0.0


def test_large_sums_survive_json() -> None:
    large = 2**70 + 1
    made = account({"a": Identity(1, 5, large)}, {"a": Identity(1, 5, large)}, {}, {}, flagged={"late": 1})
    told = json.loads(json.dumps(made.as_json()))
    assert told["files"][0]["clean"] == {"rows": 1, "row_sum": "5", "hash_sum": str(large)}
    assert "rejected" not in told["files"][0]
    assert (told["arrived"], told["flagged"]) == (1, {"late": 1})
