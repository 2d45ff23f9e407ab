"""What a change of contract or model would do to rows, told before it is done; nothing moves until it is applied."""

from datetime import datetime
from pathlib import Path

import pytest

from data_platform.lake.names import TableName
from data_platform.steps.audit import AuditFailed
from data_platform.steps.build import Built, UpToDate
from data_platform.steps.errors import StepError
from data_platform.steps.reconsider import Reconsidered, apply, built_partitions, reconsider, staged_table
from data_platform_tests.small_dataset import SmallDataset, reading, small_dataset


@pytest.fixture
def town(tmp_path: Path) -> SmallDataset:
    """Two months: in January rows 1 (no value) and 3 (too much rain) are quarantined, in February none."""
    small = small_dataset(tmp_path)
    small.put("2024-01", [reading(1), reading(2, value=None), reading(3, value=40.0), reading(4, value=900.0)])
    small.put("2024-02", [reading(5, read_at=datetime(2024, 2, 10))])
    small.run()
    return small


def _reconsidered(small: SmallDataset, partition: str = "2024-01") -> Reconsidered:
    platform = small.platform
    return reconsider(platform, platform.catalog.model(TableName("staged", "readings")), partition)


def _edit(small: SmallDataset, old: str, new: str, file: str = "staged/readings.yaml") -> None:
    text = (small.folder / file).read_text()
    assert old in text
    small.write({file: text.replace(old, new)})


def _files(small: SmallDataset) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in small.home.rglob("*") if "checked" not in path.name}


def test_rows_that_pass_and_rows_that_newly_fail_are_told_with_file_row_and_rule(town: SmallDataset) -> None:
    _edit(town, "max: 500", "max: 1000")
    _edit(town, "rules:", 'rules:\n  - {name: suspicious, reject: "rain_mm = 40"}')

    found = _reconsidered(town)

    uri = f"{town.source.as_uri()}/readings-2024-01.parquet"
    assert (found.quarantined, found.clean, found.differs, found.refusal) == (2, 2, True, "")
    assert (found.passing.rows, found.passing.by_rule) == (1, {"rain_mm_range": 1})
    assert [(e.uri, e.row, e.rules) for e in found.passing.examples] == [(uri, 3, ("rain_mm_range",))]
    assert (found.failing.rows, found.failing.by_rule) == (1, {"suspicious": 1})
    assert [(e.uri, e.row, e.rules) for e in found.failing.examples] == [(uri, 2, ("suspicious",))]
    assert (found.let_go, found.taken_up, found.replaced, found.arrived) == (0, 0, 0, 0)


def test_what_is_told_is_what_comes_of_it(town: SmallDataset) -> None:
    _edit(town, "r.value AS rain_mm", "coalesce(r.value, 0) AS rain_mm", "staged/readings.sql")
    found = _reconsidered(town)
    town.built("staged.readings", "2024-01")
    assert found.passing.rows == 1
    assert len(town.rows("staged.readings", "2024-01")) == found.clean + found.passing.rows - found.failing.rows
    assert len(town.quarantine("staged.readings", "2024-01")) == found.quarantined - 1
    assert not _reconsidered(town).differs


def test_reconsidering_leaves_no_trace(town: SmallDataset) -> None:
    before = _files(town)
    _edit(town, "max: 500", "max: 1000")
    assert _reconsidered(town).passing.rows == 1
    assert {path: at for path, at in _files(town).items() if path.parent != town.home} == {
        path: at for path, at in before.items() if path.parent != town.home
    }
    assert [item.table.sql for item in town.stale().stale] == ["staged.readings"] * 2


def test_a_partition_of_the_same_code_and_inputs_is_not_made_again(town: SmallDataset) -> None:
    found = _reconsidered(town)
    assert found == Reconsidered("2024-01", quarantined=2, clean=2)


def test_applying_makes_the_one_partition_and_tells_the_same_as_asking(town: SmallDataset) -> None:
    _edit(town, "max: 500", "max: 1000")
    _edit(town, "rules:", 'rules:\n  - {name: suspicious, reject: "rain_mm = 40"}')
    asked, platform = _reconsidered(town), town.platform

    done = apply(platform, platform.catalog.model(TableName("staged", "readings")), "2024-01", run_id="r")

    assert done.told == asked
    assert isinstance(done.built, Built)
    assert [row["reading_id"] for row in town.rows("staged.readings", "2024-01")] == [1, 4]
    assert [(item.table.sql, item.partition, item.reason) for item in town.stale().stale] == [
        ("staged.readings", "2024-02", "code changed"),
        ("curated.daily_rain", "2024-01", "input moved: staged/readings"),
    ]


def test_applying_what_is_up_to_date_makes_nothing(town: SmallDataset) -> None:
    platform, before = town.platform, _files(town)
    done = apply(platform, platform.catalog.model(TableName("staged", "readings")), "2024-01", run_id="r")
    assert isinstance(done.built, UpToDate)
    assert (done.told.differs, _files(town)) == (False, before)


def test_what_breaks_its_audit_is_not_applied(town: SmallDataset) -> None:
    _edit(town, "max_rejected_share: 1", "max_rejected_share: 0.1")
    platform, before = town.platform, town.rows("staged.readings")
    with pytest.raises(AuditFailed, match="2 of 4 rows rejected"):
        apply(platform, platform.catalog.model(TableName("staged", "readings")), "2024-01", run_id="r")
    assert town.rows("staged.readings") == before


def test_rows_that_a_drop_rule_takes_or_gives_back_are_counted(town: SmallDataset) -> None:
    _edit(town, "rules:", 'rules:\n  - {name: drizzle, drop: "rain_mm < 10"}')
    assert (_reconsidered(town).let_go, _reconsidered(town).taken_up) == (1, 0)
    town.built("staged.readings", "2024-01")
    _edit(town, "rain_mm < 10", "rain_mm < 0.1")
    assert (_reconsidered(town).let_go, _reconsidered(town).taken_up) == (0, 1)


def test_rows_of_a_corrected_file_are_neither_passing_nor_failing(town: SmallDataset) -> None:
    town.put("2024-01", [reading(1), reading(2)])
    town.receive("readings", "2024-01")
    found = _reconsidered(town)
    assert (found.passing.rows, found.failing.rows, found.replaced, found.arrived) == (0, 0, 4, 2)


def test_a_result_that_could_not_be_committed_says_why(town: SmallDataset) -> None:
    _edit(town, "max_rejected_share: 1", "max_rejected_share: 0.1")
    found = _reconsidered(town)
    assert found.refusal.startswith("contract_bounds: 2 of 4 rows rejected")
    assert "rain_mm_range" in found.refusal


def test_only_what_was_built_can_be_reconsidered(town: SmallDataset) -> None:
    platform = town.platform
    table = staged_table(platform.catalog, "staged.readings")
    assert built_partitions(platform, table) == ("2024-01", "2024-02")
    assert built_partitions(platform, table, ["2024-02", "2024-02"]) == ("2024-02",)
    with pytest.raises(StepError, match=r"staged\.readings has no partition 2024-03 that was built; it has 2024-01"):
        built_partitions(platform, table, ["2024-03"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("staged.reading", r"staged\.reading does not exist \(did you mean 'staged\.readings'\?\)"),
        ("curated.daily_rain", r"curated\.daily_rain quarantines no rows; staged tables do"),
        ("readings", "'readings' is no table name: write layer.table"),
    ],
)
def test_a_table_without_a_quarantine_is_refused(town: SmallDataset, name: str, told: str) -> None:
    with pytest.raises(StepError, match=told):
        staged_table(town.catalog, name)
