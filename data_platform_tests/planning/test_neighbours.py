"""Tables that read the partitions beside their own: what is read, what becomes stale, and that nothing waits for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data_platform.lake.names import TableName
from data_platform.planning.versions import code_version
from data_platform_tests.planning.gauge import GAUGE, JUNE, gauge, shows
from data_platform_tests.planning.town import settle
from data_platform_tests.small_dataset import SmallDataset

_MONTHS = ("2024-01", "2024-02", "2024-03", "2024-04")


@pytest.fixture(scope="module")
def first_gauge(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallDataset, list[str]]:
    """Built once, and what was made; its source's address is a link, so that copies have the same."""
    root = tmp_path_factory.mktemp("gauge")
    small = gauge(root, *_MONTHS)
    small.source.rename(root / "first source")
    small.source.symlink_to(root / "first source")
    return small, small.run(JUNE)


@pytest.fixture
def four_months(first_gauge: tuple[SmallDataset, list[str]], tmp_path: Path) -> SmallDataset:
    """January to April are made."""
    return settle(first_gauge[0], tmp_path)


def _steps(small: SmallDataset, month: str) -> list[float | None]:
    rows = small.rows("curated.steps", month)
    return [None if row["step_mm"] is None else float(row["step_mm"]) for row in rows]


def _outlook(small: SmallDataset, month: str) -> dict[str, Any]:
    (row,) = small.rows("curated.outlook", month)
    return row


def _made(done: Sequence[str], table: str) -> list[str]:
    return [line.partition(" ")[2] for line in done if line.startswith(f"{table} ")]


def test_the_first_reading_of_a_month_is_compared_with_the_last_one_before_it(four_months: SmallDataset) -> None:
    assert _steps(four_months, "2024-01") == [None, 2]
    assert _steps(four_months, "2024-02") == [-2, 2]
    assert _outlook(four_months, "2024-01") == {"steps": 2, "next_step_mm": -2}
    assert _outlook(four_months, "2024-04") == {"steps": 2, "next_step_mm": None}


def test_each_table_is_made_once_although_it_reads_across_months(first_gauge: tuple[SmallDataset, list[str]]) -> None:
    _, done = first_gauge
    assert len(done) == len(set(done))
    assert _made(done, "curated.steps") == list(_MONTHS)
    assert sorted(_made(done, "curated.outlook")) == list(_MONTHS)


def test_a_corrected_month_opens_itself_and_those_that_read_it_again_and_nothing_else(
    four_months: SmallDataset,
) -> None:
    shows(four_months, "2024-02", 5, 8)
    done = four_months.run(JUNE)
    assert sorted(done) == [
        "curated.outlook 2024-01",
        "curated.outlook 2024-02",
        "curated.outlook 2024-03",
        "curated.steps 2024-02",
        "curated.steps 2024-03",
        "raw.readings 2024-02",
        "staged.readings 2024-02",
    ]
    assert _steps(four_months, "2024-02") == [2, 3]
    assert _steps(four_months, "2024-03") == [-7, 2]
    assert _outlook(four_months, "2024-01") == {"steps": 2, "next_step_mm": 2}
    assert four_months.run(JUNE) == []


def test_a_missing_month_holds_nothing_back_and_opens_its_neighbours_when_it_comes(tmp_path: Path) -> None:
    small = gauge(tmp_path, "2024-01", "2024-03", "2024-04")
    done = small.run(JUNE)
    assert _made(done, "curated.steps") == ["2024-01", "2024-03", "2024-04"]
    assert sorted(_made(done, "curated.outlook")) == ["2024-01", "2024-03", "2024-04"]
    assert _steps(small, "2024-03") == [None, 2]
    assert _outlook(small, "2024-01") == {"steps": 2, "next_step_mm": None}
    waiting = [f"{item.table} {item.partition}" for item in small.stale(JUNE).waiting]
    assert waiting == ["raw/readings 2024-02", "raw/readings 2024-05"]

    shows(small, "2024-02", 1, 4)
    done = small.run(JUNE)
    assert _made(done, "curated.steps") == ["2024-02", "2024-03"]
    assert sorted(_made(done, "curated.outlook")) == ["2024-01", "2024-02", "2024-03"]
    assert len(done) == len(set(done))
    assert _steps(small, "2024-03") == [-3, 2]


def test_a_correction_that_changes_no_row_of_the_neighbour_is_looked_at_all_the_same(four_months: SmallDataset) -> None:
    shows(four_months, "2024-02", 2, 3)
    four_months.receive("readings", "2024-02", now=JUNE)
    four_months.built("staged.readings", "2024-02")
    stale = [f"{item.table} {item.partition}: {item.reason}" for item in four_months.stale(JUNE).stale]
    assert stale == [
        "curated/steps 2024-02: input moved: staged/readings",
        "curated/steps 2024-03: input moved: staged/readings",
    ]


def test_a_commit_knows_the_neighbours_that_it_was_made_from(four_months: SmallDataset) -> None:
    states = four_months.platform.lake.table(TableName("curated", "steps")).partitions()
    before = {key: state.fingerprint for key, state in states.items()}
    shows(four_months, "2024-02", 9)
    four_months.run(JUNE)
    states = four_months.platform.lake.table(TableName("curated", "steps")).partitions()
    assert {key for key, state in states.items() if state.fingerprint != before[key]} == {"2024-02", "2024-03"}
    shows(four_months, "2024-02", 1, 3)
    four_months.run(JUNE)
    states = four_months.platform.lake.table(TableName("curated", "steps")).partitions()
    assert {key: state.fingerprint for key, state in states.items()} == before


def test_other_neighbours_are_other_code_and_the_partition_that_is_made_is_not(four_months: SmallDataset) -> None:
    def code() -> str:
        return code_version(four_months.catalog, four_months.catalog.model(TableName.parse("curated.steps")))

    codes = {state.provenance["code"] for state in _states(four_months).values()}
    assert codes == {code()}
    contract = GAUGE["curated/steps.yaml"] or ""
    four_months.write({"curated/steps.yaml": contract.replace("[-1, 0]", "[-2, -1, 0]")})
    assert code() not in codes


def _states(small: SmallDataset) -> Any:
    return small.platform.lake.table(TableName("curated", "steps")).partitions()


def test_a_staged_model_may_ask_where_its_partition_begins(tmp_path: Path) -> None:
    small = gauge(tmp_path, "2024-01", "2024-02")
    sql = (small.folder / "staged/readings.sql").read_text().replace(", r.note", ", partition_end() AS note")
    yaml = (small.folder / "staged/readings.yaml").read_text()
    rule = '  - {name: early, reject: "read_at < partition_start() + INTERVAL 13 HOUR"}\n'
    small.write({"staged/readings.sql": sql, "staged/readings.yaml": yaml.replace("audit:", f"{rule}audit:")})
    small.run(JUNE)
    assert [row["note"] for row in small.rows("staged.readings", "2024-02")] == ["2024-03-01 00:00:00"]
    assert [row["_rules"] for row in small.quarantine("staged.readings", "2024-02")] == [["early"]]
