"""Since when what is rejected has been so: through corrections, changes of the contract, and makings in between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit
from data_platform.steps.rejections import OpenRejections, open_rejections, opened
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

TABLE = TableName("staged", "readings")
CONTRACT = "staged/readings.yaml"
A, B = "raw/readings/aa/a.parquet", "raw/readings/bb/b.parquet"


def _day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


def _commit(day: int, rejected: dict[str, int], *rules: str, partition: str = "2024-01") -> Commit:
    """A commit in which these files have so many rejected rows, and these rules reject some."""
    files = [
        {"source_file": file, "arrived": {"rows": 9}, **({"rejected": {"rows": rows}} if rows else {})}
        for file, rows in rejected.items()
    ]
    account = {"files": files, "rejected_by": dict.fromkeys(rules, 1)}
    return Commit(TABLE, day, _day(day), (partition,), {partition: "0" * 15}, {"account": account})


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([_commit(1, {A: 2}, "r")], {(A, "r"): 1}, id="rejected once"),
        pytest.param([_commit(1, {A: 2}, "r"), _commit(5, {A: 2}, "r")], {(A, "r"): 1}, id="made again"),
        pytest.param([_commit(1, {A: 2}, "r"), _commit(5, {B: 2}, "r")], {(B, "r"): 5}, id="another file"),
        pytest.param(
            [_commit(1, {A: 2}, "r"), _commit(5, {A: 2}, "r", "s")], {(A, "r"): 1, (A, "s"): 5}, id="another rule"
        ),
        pytest.param(
            [_commit(1, {A: 2}, "r"), _commit(5, {A: 0}), _commit(7, {A: 1}, "r")], {(A, "r"): 7}, id="passed once"
        ),
        pytest.param([_commit(1, {A: 2}, "r"), _commit(5, {A: 0})], {}, id="mended"),
        pytest.param(
            [_commit(1, {A: 2}, "r"), _commit(5, {f"{A}@2024-01/file": 2}, "r")],
            {(A, "r"): 1},
            id="the same bytes arrived twice by now",
        ),
        pytest.param(
            [_commit(1, {A: 2}, "r"), _commit(5, {A: 0}, partition="2024-02")], {(A, "r"): 1}, id="another partition"
        ),
    ],
)
def test_a_rejection_opened_with_the_first_commit_that_has_it_without_a_break(
    history: list[Commit], expected: dict[tuple[str, str], int]
) -> None:
    since = opened(reversed(history)).get("2024-01", {})
    assert since == {each: _day(day) for each, day in expected.items()}


@pytest.fixture
def town(tmp_path: Path) -> SmallDataset:
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1), reading(2, value=None), reading(3, value=900.0), reading(4, value=None)])
    small.put("2024-02", [reading(5)])
    small.run()
    return small


def _bound(small: SmallDataset, bounds: str) -> None:
    text = FILES[CONTRACT].replace("max_rejected_share: 1", f"max_rejected_share: 1, max_rejection_age_days: {bounds}")
    small.write({CONTRACT: text})


def _open(small: SmallDataset, *, days: float) -> dict[str, OpenRejections]:
    """By rule, so many days after the first commit."""
    platform = small.platform
    first = platform.lake.table(TABLE).history()[-1].committed_at
    found = open_rejections(platform, platform.catalog.model(TABLE), now=first + timedelta(days=days))
    return {one.rule: one for one in found}


def test_each_rule_tells_its_rows_and_the_oldest_with_file_and_row(town: SmallDataset) -> None:
    found = _open(town, days=3.5)
    assert {rule: one.rows for rule, one in found.items()} == {
        "rain_mm_required": 2,
        "rain_mm_range": 1,
        "read_at_within_partition": 1,
    }
    one = found["rain_mm_required"]
    assert (one.partition, one.uri, one.row) == ("2024-01", f"{town.source.as_uri()}/readings-2024-01.parquet", 1)
    assert (one.days, one.most_days, one.is_overdue) == (3, None, False)


@pytest.mark.parametrize(
    ("bounds", "overdue"),
    [
        ("{any: 2}", {"rain_mm_required": 2, "rain_mm_range": 1, "read_at_within_partition": 1}),
        ("{any: 2, rain_mm_required: 4}", {"rain_mm_range": 1, "read_at_within_partition": 1}),
        ("{rain_mm_required: 2}", {"rain_mm_required": 2}),
        ("{any: 4}", {}),
    ],
)
def test_what_is_older_than_its_rules_bound_is_overdue(
    town: SmallDataset, bounds: str, overdue: dict[str, int]
) -> None:
    _bound(town, bounds)
    assert {rule: one.overdue_rows for rule, one in _open(town, days=3).items() if one.is_overdue} == overdue


def test_a_rejection_stays_as_old_as_it_is_when_its_partition_is_made_again(town: SmallDataset) -> None:
    first = _open(town, days=3)["rain_mm_required"].opened_at
    town.write({"staged/readings.sql": FILES["staged/readings.sql"].replace("r.note", "upper(r.note) AS note")})
    town.run()
    assert len(town.platform.lake.table(TABLE).history()) == 4
    assert _open(town, days=3)["rain_mm_required"].opened_at == first


def test_a_corrected_file_closes_its_rejections(town: SmallDataset) -> None:
    town.put("2024-01", [reading(1), reading(2), reading(3, value=900.0)])
    town.run()
    found = _open(town, days=3)
    assert set(found) == {"rain_mm_range", "read_at_within_partition"}
    assert found["rain_mm_range"].opened_at > found["read_at_within_partition"].opened_at


def test_partitions_that_the_table_no_longer_has_are_out_of_sight(town: SmallDataset) -> None:
    town.write({"defs.yaml": FILES["defs.yaml"].replace('start: "2024-01"', 'start: "2024-02"')})
    assert set(_open(town, days=3)) == {"read_at_within_partition"}


def test_a_bound_is_no_reason_to_make_anything_again(town: SmallDataset) -> None:
    _bound(town, "{any: 2}")
    assert town.stale().stale == ()
