"""What a contract promises of a whole table: a commit that would break it is not made, and the version before stays."""

import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data_platform.lake.names import TableName
from data_platform.steps.audit import AuditFailed
from data_platform.steps.errors import StepError
from data_platform.steps.preview import MASK
from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

MONTH = "2024-01"
YAML, SQL, DAILY_YAML = "staged/readings.yaml", "curated/daily_rain.sql", "curated/daily_rain.yaml"
GOOD = [reading(1), reading(2, place_id=2, value=0.25), reading(3, read_at=datetime(2024, 1, 11))]


def changed(name: str, was: str, now: str) -> dict[str, str | None]:
    assert FILES[name].count(was) == 1
    return {name: FILES[name].replace(was, now)}


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    """Three good readings, staged and summed up."""
    small = small_dataset(tmp_path)
    small.put(MONTH, GOOD)
    small.run()
    return small


def corrected(small: SmallDataset, rows: list[dict[str, object]]) -> None:
    small.put(MONTH, rows)
    small.receive("readings", MONTH)


def refused(small: SmallDataset, table: str) -> str:
    """Why the table is not made; nothing of it may have changed."""
    before = small.rows(table), small.stale().stale
    with pytest.raises(AuditFailed) as raised:
        small.build(table, MONTH)
    assert (small.rows(table), small.stale().stale) == before
    told = str(raised.value)
    assert told.startswith(f"{table.replace('.', '/')} 2024-01: not committed, the version before stays. ")
    return told


def test_more_rejections_than_the_contract_allows(small: SmallDataset) -> None:
    small.write(changed(YAML, "audit: {max_rejected_share: 1}", "audit: {max_rejected_share: 0.25}"))
    corrected(small, [*GOOD, reading(4, value=None)])
    assert small.built("staged.readings", MONTH).rows == 3  # a quarter is allowed
    corrected(small, [*GOOD[:2], reading(4, value=None), reading(5, value=-1)])
    assert refused(small, "staged.readings").endswith(
        "contract_bounds: 2 of 4 rows rejected (50.00%), at most 25.00% may be: rain_mm_required 1, rain_mm_range 1. "
        "Mend the model or the source, or raise audit.max_rejected_share"
    )


def test_a_twentieth_may_be_rejected_where_the_contract_says_nothing(small: SmallDataset) -> None:
    small.write(changed(YAML, "audit: {max_rejected_share: 1}\n", ""))
    corrected(small, [*(reading(i) for i in range(19)), reading(19, value=None)])
    assert small.built("staged.readings", MONTH).rows == 19
    corrected(small, [*(reading(i) for i in range(18)), reading(18, value=None)])
    assert "1 of 19 rows rejected (5.26%), at most 5.00%" in refused(small, "staged.readings")


def test_fewer_rows_than_were_promised(small: SmallDataset) -> None:
    small.write(changed(YAML, "max_rejected_share: 1", "max_rejected_share: 1, min_rows: 3"))
    small.built("staged.readings", MONTH)
    corrected(small, GOOD[:2])
    assert "2 rows, at least 3 were promised (audit.min_rows)" in refused(small, "staged.readings")


def test_a_repeated_grain_without_a_rule_which_row_stays(small: SmallDataset) -> None:
    corrected(small, [*GOOD, reading(1, value=9), reading(1, value=8)])
    told = refused(small, "staged.readings")
    assert "grain_is_unique: 2 rows repeat the grain (reading_id) of another; widen the grain or add" in told
    small.write({YAML: FILES[YAML] + 'deduplicate: {first_by: ["rain_mm DESC"]}\n'})
    made = small.built("staged.readings", MONTH)
    assert made.account is not None
    assert made.account.rejected_by == {"duplicate": 2}
    assert {row["reading_id"]: float(row["rain_mm"]) for row in small.rows("staged.readings")}[1] == 9
    kept = small.platform.lake.ledger("readings").read().current(MONTH)[0].key
    assert {row["_duplicate_of"] for row in small.quarantine("staged.readings")} == {f"{kept}#3"}


def test_an_account_that_does_not_close_blocks_the_commit(small: SmallDataset) -> None:
    """The ledger counted three records; a file of two has taken the place of theirs."""
    sighting = small.platform.lake.ledger("readings").read().current(MONTH)[0]
    path = small.platform.lake.storage.local(sighting.key or "")
    path.chmod(0o644)
    fewer, size = pq.read_table(path).slice(0, 2), path.stat().st_size
    small.write(changed("staged/readings.sql", "r.note", "upper(r.note) AS note"))
    pq.write_table(fewer, path, store_schema=False)
    with pytest.raises(StepError, match=rf"raw/readings {MONTH}: {size} bytes were committed, \d+ are there now"):
        small.build("staged.readings", MONTH)
    # Of the same size, it is only known when its rows are counted.
    missing = size - path.stat().st_size
    for length in range(missing - 20, missing):
        with pq.ParquetWriter(path, fewer.schema, store_schema=False) as writer:
            writer.write_table(fewer)
            writer.add_key_value_metadata({"pad": "x" * length})
        if path.stat().st_size == size:
            break
    assert "rows_accounted_for: " in (told := refused(small, "staged.readings"))
    assert "3 rows arrived, 2 found again (1 lost)" in told


def test_the_account_is_kept_with_the_commit(small: SmallDataset) -> None:
    corrected(small, [*GOOD, reading(4, value=None), reading(5, value=200)])
    small.built("staged.readings", MONTH)
    state = small.platform.lake.table(TableName("staged", "readings")).partitions()[MONTH]
    account = json.loads(json.dumps(state.provenance["account"]))
    assert (account["arrived"], account["clean"], account["rejected"]) == (5, 4, 1)
    assert account["rejected_by"] == {"rain_mm_required": 1}
    assert account["flagged"] == {"heavy": 1}


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("count(*) + 0.5 AS readings", "readings is BIGINT, which cannot hold"),
        ("'many' AS readings", "readings is BIGINT, which cannot hold many"),
    ],
)
def test_a_curated_value_that_does_not_fit_stops_the_table(small: SmallDataset, expression: str, told: str) -> None:
    before = small.rows("curated.daily_rain")
    small.write(changed(SQL, "count(*) AS readings", expression))
    with pytest.raises(StepError) as raised:
        small.build("curated.daily_rain", MONTH)
    assert str(raised.value).startswith(f"curated/daily_rain 2024-01: {small.folder}/curated/daily_rain.sql cannot run")
    assert told in str(raised.value)
    assert small.rows("curated.daily_rain") == before


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("count(*) AS readings", "count(*) - 1 AS readings", "3 rows break readings_range"),
        (
            "CAST(read_at AS DATE)",
            "CASE WHEN place = 'Hill' THEN DATE '2024-01-01' END",
            "1 rows break reading_date_requ",
        ),
        (
            "GROUP BY ALL",
            "GROUP BY ALL UNION ALL SELECT 'Hill', DATE '2024-01-10', 0, 0",
            "grain_is_unique: 1 rows repea",
        ),
        ("sum(rain_mm) AS rain_mm", "2 * sum(rain_mm) AS rain_mm", "rain: place Harbour: 6.00 here, 3.00 in the input"),
        (
            "GROUP BY ALL",
            "WHERE place <> 'Hill' GROUP BY ALL",
            "readings: 2 here, 3 in the input; rain: place Hill: nothing here",
        ),
    ],
)
def test_a_curated_table_that_breaks_its_contract_is_not_committed(
    small: SmallDataset, was: str, now: str, told: str
) -> None:
    small.write(changed(SQL, was, now))
    assert told in refused(small, "curated.daily_rain")


def test_a_tolerance_lets_a_small_difference_through(small: SmallDataset) -> None:
    small.write(changed(SQL, "sum(rain_mm) AS rain_mm", "sum(rain_mm) + 0.01 AS rain_mm"))
    assert "here" in refused(small, "curated.daily_rain")
    small.write(changed(DAILY_YAML, "by: [place]}", "by: [place], tolerance: 0.02}"))
    assert small.built("curated.daily_rain", MONTH).rows == 3


def test_a_table_may_say_why_it_does_not_reconcile(small: SmallDataset) -> None:
    small.write(changed(SQL, "sum(rain_mm) AS rain_mm", "2 * sum(rain_mm) AS rain_mm"))
    small.write({DAILY_YAML: FILES[DAILY_YAML].partition("reconciles")[0] + "reconciles: {none: it is doubled}\n"})
    made = small.built("curated.daily_rain", MONTH)
    assert [audit.check for audit in made.audits] == ["contract_bounds", "grain_is_unique"]


def test_a_curated_flag_is_counted_and_stops_nothing(small: SmallDataset) -> None:
    small.write({DAILY_YAML: FILES[DAILY_YAML] + 'rules: [{name: wet, flag: "rain_mm > 1"}]\n'})
    assert small.built("curated.daily_rain", MONTH).flagged == {"wet": 2}


def test_personal_values_are_masked_where_people_look(small: SmallDataset) -> None:
    small.write(changed(YAML, "note: {type: VARCHAR}", "note: {type: VARCHAR, pii: name}"))
    corrected(small, [reading(1, note="call Ada on 555")])
    made = small.built("staged.readings", MONTH)
    assert made.preview.columns[-1] == "note"
    assert made.preview.rows[0][-1] == MASK
    assert "Ada" not in repr(made.preview)
    assert small.rows("staged.readings")[0]["note"] == "call Ada on 555"
