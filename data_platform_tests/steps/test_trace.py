"""From a row to the source rows behind it: exactly those where the SQL tells, and said where it does not."""

from collections.abc import Mapping

import pytest

from data_platform.steps.errors import StepError
from data_platform.steps.trace import Traced, trace
from data_platform_tests.planning.town import rain
from data_platform_tests.small_dataset import SmallDataset, reading

RAIN_YAML = "curated/daily_rain.yaml"
DAYS = "curated/rainy_days"
_DAYS_YAML = """\
description: Readings of a place, in a shape whose SQL says little.
grain: [place]
columns:
  place: {type: VARCHAR}
  readings: {type: BIGINT}
"""


def _trace(small: SmallDataset, table: str, partition: str | None = None, **key: str | None) -> Traced:
    return trace(small.platform, table, key, partition)


def _behind(found: Traced) -> dict[str, tuple[int, ...]]:
    """The source's file → the rows that were found of it."""
    return {file.uri.rpartition("/")[2]: file.rows for file in found.files}


def _add(small: SmallDataset, sql: str, contract: str = _DAYS_YAML, reconciles: str = "") -> None:
    """One more curated table, built."""
    reconciles = reconciles or 'reconciles: {none: "it is made to be looked into"}\n'
    small.write({f"{DAYS}.sql": sql, f"{DAYS}.yaml": contract + reconciles})
    small.run()


def test_a_staged_row_leads_to_its_row_of_the_source(built_town: SmallDataset) -> None:
    found = _trace(built_town, "staged.readings", "2024-01", reading_id="1")
    (file,) = found.files
    assert (found.matched, found.count, found.quarantined) == (1, 1, [])
    assert (file.uri, file.rows) == (f"{built_town.source.as_uri()}/readings-2024-01.parquet", (1,))
    assert (file.through.sql, file.partition) == ("staged.readings", "2024-01")
    assert list(found.notes) == ["staged.readings looks values up in staged.places, whose rows are not listed"]


def test_a_key_that_was_kept_out_leads_to_its_quarantined_row_and_rules(built_town: SmallDataset) -> None:
    found = _trace(built_town, "staged.readings", reading_id="2")
    assert (found.matched, found.files) == (0, [])
    (row,) = found.quarantined
    assert (row.uri.rpartition("/")[2], row.row, row.rules) == ("readings-2024-01.parquet", 2, ("rain_mm_required",))


def test_a_key_is_looked_for_in_every_partition(built_town: SmallDataset) -> None:
    found = _trace(built_town, "staged.readings", reading_id="0")
    assert _behind(found) == {"readings-2024-01.parquet": (0,), "readings-2024-02.parquet": (0,)}


def test_a_curated_row_leads_to_the_rows_of_its_group(built_town: SmallDataset) -> None:
    rain(built_town, "2024-01", *range(1, 61))  # rows 28 days apart fall on one day
    built_town.run()
    found = _trace(built_town, "curated.daily_rain", place="Harbour", reading_date="2024-01-03")
    assert (found.matched, _behind(found)) == (1, {"readings-2024-01.parquet": (2, 30, 58)})
    (row,) = (row for row in built_town.rows("curated.daily_rain") if str(row["reading_date"]) == "2024-01-03")
    assert row["readings"] == found.count


def test_a_row_made_through_a_view_leads_to_the_branch_that_it_comes_from(built_town: SmallDataset) -> None:
    found = _trace(built_town, "curated.monthly_weather", kind="rain")
    assert _behind(found) == {"readings-2024-01.parquet": (0, 1), "readings-2024-02.parquet": (0,)}
    assert _behind(_trace(built_town, "curated.monthly_weather", kind="snow")) == {"snow-2024-02.parquet": (0,)}


def test_a_row_of_a_view_is_found_by_what_it_is_made_of(built_town: SmallDataset) -> None:
    found = _trace(built_town, "staged.weather", kind="rain", mm="2")
    assert (found.matched, _behind(found)) == (1, {"readings-2024-01.parquet": (1,)})


def test_a_row_of_all_partitions_leads_through_the_table_that_it_is_made_of(built_town: SmallDataset) -> None:
    found = _trace(built_town, "curated.record_days", place="Harbour")
    assert _behind(found) == {"readings-2024-01.parquet": (0, 1), "readings-2024-02.parquet": (0,)}
    assert not any("cannot narrow" in note for note in found.notes)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param(
            "SELECT max(place) AS place, count(*) AS readings FROM staged.readings",
            "curated.rainy_days: nothing narrows staged.readings; all of its rows are told",
            id="an aggregate",
        ),
        pytest.param(
            "SELECT place, 2 AS readings FROM staged.readings WHERE reading_id < 0 "
            "UNION ALL SELECT max(place), count(*) FROM staged.readings",
            "curated.rainy_days: nothing narrows staged.readings; all of its rows are told",
            id="a key of one branch alone",
        ),
        pytest.param(
            "SELECT DISTINCT place, count(*) OVER () AS readings FROM staged.readings",
            "curated.rainy_days has window functions over staged.readings: values may come from rows with another key "
            "too",
            id="a window",
        ),
    ],
)
def test_what_the_sql_does_not_narrow_is_told_whole_and_said(built_town: SmallDataset, sql: str, told: str) -> None:
    _add(built_town, sql)
    found = _trace(built_town, "curated.rainy_days", place="Harbour", partition="2024-01")
    assert _behind(found) == {"readings-2024-01.parquet": (0, 1)}
    assert told in found.notes


def test_a_key_that_fails_on_rows_which_the_model_leaves_out_narrows_nothing(built_town: SmallDataset) -> None:
    built_town.put("2024-01", [reading(1, note="seven"), reading(2, note="7")])
    number = "CAST(CAST(note AS BIGINT) AS VARCHAR)"
    _add(
        built_town,
        f"SELECT {number} AS place, count(*) AS readings FROM staged.readings "
        "WHERE reading_id = (SELECT max(reading_id) FROM staged.readings) GROUP BY 1",
    )
    found = _trace(built_town, "curated.rainy_days", place="7")
    assert _behind(found) == {"readings-2024-01.parquet": (0, 1)}
    assert any("as its keys fail" in note for note in found.notes)


def test_rows_that_the_model_leaves_out_are_not_behind_a_row_or_it_is_said(built_town: SmallDataset) -> None:
    built_town.put("2024-01", [reading(1, value=1.0), reading(2, value=2.0)])
    _add(built_town, "SELECT place, count(*) AS readings FROM staged.readings WHERE rain_mm > 1 GROUP BY place")
    found = _trace(built_town, "curated.rainy_days", place="Harbour", partition="2024-01")
    assert _behind(found) == {"readings-2024-01.parquet": (1,)}
    rest = "FROM staged.readings WHERE rain_mm > (SELECT 1) GROUP BY place"
    _add(built_town, f"SELECT place, count(*) AS readings {rest}")
    found = _trace(built_town, "curated.rainy_days", place="Harbour", partition="2024-01")
    assert _behind(found) == {"readings-2024-01.parquet": (0, 1)}
    assert any("leaves rows of staged.readings out" in note for note in found.notes)


def test_what_the_contract_reconciles_by_narrows_where_the_sql_does_not(built_town: SmallDataset) -> None:
    built_town.put("2024-01", [reading(1), reading(2, place_id=2)])
    sql = "SELECT max(place) AS place, count(*) AS readings FROM staged.readings GROUP BY upper(place)"
    rule = 'reconciles:\n  - {name: n, this: "sum(readings)", of: staged.readings, that: "count(*)", by: [place]}\n'
    _add(built_town, sql, reconciles=rule)
    found = _trace(built_town, "curated.rainy_days", place="Hill", partition="2024-01")
    assert _behind(found) == {"readings-2024-01.parquet": (1,)}


def test_a_python_model_is_narrowed_by_its_reconciles_alone(built_town: SmallDataset) -> None:
    built_town.put("2024-01", [reading(1), reading(2, place_id=2)])
    code = (
        "import pyarrow as pa\n\n\ndef rainy_days(readings: pa.Table) -> pa.Table:\n"
        '    return readings.group_by("place").aggregate([([], "count_all")]).rename_columns(["place", "readings"])\n'
    )
    rule = 'reconciles:\n  - {name: n, this: "sum(readings)", of: staged.readings, that: "count(*)", by: [place]}\n'
    contract = f"inputs: [staged.readings]\n{_DAYS_YAML}"
    built_town.write({f"{DAYS}.py": code, f"{DAYS}.yaml": contract + rule})
    built_town.run()
    found = _trace(built_town, "curated.rainy_days", place="Hill", partition="2024-01")
    assert _behind(found) == {"readings-2024-01.parquet": (1,)}
    assert "curated.rainy_days is made by Python, which no lineage looks into" in found.notes


def test_a_stale_row_says_that_what_is_behind_it_now_is_told(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 5, 7)
    built_town.receive("readings", "2024-02")
    built_town.build("staged.readings", "2024-02")
    found = _trace(built_town, "curated.daily_rain", place="Harbour", reading_date="2024-02-01")
    assert any(note.startswith("curated.daily_rain 2024-02 is stale") for note in found.notes)


def test_missing_values_are_asked_for_as_such(built_town: SmallDataset) -> None:
    built_town.put("2024-01", [reading(1, place_id=9), reading(2)])
    built_town.run()
    found = _trace(built_town, "curated.daily_rain", place=None, reading_date="2024-01-10")
    assert _behind(found) == {"readings-2024-01.parquet": (0,)}


@pytest.mark.parametrize(
    ("table", "key", "told"),
    [
        ("staged.readings", {"place": "x' OR 'x' = 'x"}, "has no row, clean or quarantined, with place 'x' OR 'x'"),
        ("staged.readings", {"place": '{}%s"; --'}, "has no row"),
        ("staged.readings", {"reading_id": "1 OR true"}, "column 'reading_id' is BIGINT, which '1 OR true' is not"),
        ("staged.readings", {"reading": "1"}, r"has no column 'reading' \(did you mean 'reading_id'\?\)"),
        ("staged.readings", {}, r"trace staged\.readings by values of its columns, such as reading_id=…"),
        ("staged.reading", {"a": "1"}, r"staged\.reading is no staged or curated table \(did you mean"),
        ("raw.readings", {"a": "1"}, r"raw\.readings is no staged or curated table"),
        ("readings", {"a": "1"}, "'readings' is no table name"),
    ],
)
def test_what_cannot_be_traced_is_refused_and_values_stay_data(
    built_town: SmallDataset, table: str, key: Mapping[str, str | None], told: str
) -> None:
    with pytest.raises(StepError, match=told):
        trace(built_town.platform, table, key)


def test_a_partition_that_is_not_there_is_refused(built_town: SmallDataset) -> None:
    with pytest.raises(StepError, match=r"has no partition 2024-09; it has 2024-01 to 2024-02"):
        _trace(built_town, "staged.readings", "2024-09", reading_id="1")
