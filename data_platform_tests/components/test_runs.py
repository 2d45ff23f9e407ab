"""What Dagster records of runs: materializations with their numbers, checks by partition, and why nothing was made."""

from datetime import datetime
from typing import Any

import dagster as dg
import pytest

from data_platform.lake.names import TableName
from data_platform_tests.components.small_dagster import (
    MONTH,
    SmallDagster,
    checks,
    failure,
    key,
    materialized,
    observed,
    skipped,
)
from data_platform_tests.small_dataset import FILES, SCHEMA, reading


def _value(record: dg.AssetMaterialization, name: str) -> Any:
    return record.metadata[name].value


def _version(record: dg.AssetMaterialization) -> str:
    return (record.tags or {})["dagster/data_version"]


def _table(record: dg.AssetMaterialization, name: str) -> list[dict[str, Any]]:
    found = record.metadata[name]
    assert isinstance(found, dg.TableMetadataValue)
    return [dict(row.data) for row in found.records]


def test_a_staged_materialization_tells_its_account_its_cost_and_where_it_came_from(town: SmallDagster) -> None:
    result = town.run_month()

    assert result.success
    told = materialized(result)["staged/readings"]
    assert told.partition == MONTH
    assert _value(told, "outcome") == "commit 1"
    assert {name: _value(told, name) for name in ("dagster/row_count", "rows_arrived", "rows_rejected")} == {
        "dagster/row_count": 2,
        "rows_arrived": 3,
        "rows_rejected": 1,
    }
    (line,) = _table(told, "account")
    assert line.pop("source_file").endswith("-readings-2024-01.parquet")
    assert line == {"arrived": 3, "clean": 2, "rejected": 1, "dropped": 0}
    assert _table(told, "rows_by_rule") == [{"rows": 1, "rule": "rain_mm_required", "outcome": "rejected"}]
    assert _table(told, "flagged") == [{"rows": 1, "flag": "heavy"}]
    assert (_value(told, "commit"), _value(told, "files")) == (1, 2)
    files = town.small.platform.lake.table(TableName("staged", "readings")).files()
    sizes = [town.small.platform.lake.storage.local(file).stat().st_size for file in (*files.clean, *files.rejected)]
    assert _value(told, "bytes") == sum(sizes)
    assert all(_value(told, name) > 0 for name in ("wall_seconds", "cpu_seconds", "peak_memory_mb"))
    assert "FROM raw.readings" in _value(told, "sql_that_ran")
    assert "| 1 | Harbour | 2024-01-10 12:00:00 | 1.50 |" in _value(told, "preview")
    assert _version(told) == town.fingerprint("staged/readings", MONTH)


def test_columns_come_with_their_lineage(town: SmallDagster) -> None:
    told = materialized(town.run_month())

    staged = _value(told["staged/readings"], "dagster/column_lineage")
    assert staged.deps_by_column["rain_mm"] == [dg.TableColumnDep(key("raw/readings"), "value")]
    assert staged.deps_by_column["place"] == [dg.TableColumnDep(key("staged/places"), "name")]
    assert _value(told["staged/readings"], "indirect_lineage")["place"] == [
        "raw/readings.place_id",
        "staged/places.place_id",
    ]


def test_personal_columns_are_masked_in_the_preview(town: SmallDagster) -> None:
    contract = (town.small.folder / "staged/readings.yaml").read_text()
    town.small.write({"staged/readings.yaml": contract.replace("note: {type", "note: {pii: name, type")})
    town.small.put(MONTH, [reading(1, note="ask Mrs Harbour")])

    shown = _value(materialized(town.run_month())["staged/readings"], "preview")

    assert "Mrs Harbour" not in shown
    assert "•••" in shown


def test_a_raw_materialization_tells_each_file_and_its_version(town: SmallDagster) -> None:
    told = materialized(town.run_month())["raw/readings"]

    (file,) = _table(told, "files")
    assert (file["records"], file["source"]) == (3, f"{town.small.source.as_uri()}/readings-2024-01.parquet")
    assert len(file["sha256"]) == 64
    assert _value(told, "dagster/row_count") == 3
    assert _value(told, "outcome").endswith("3 records")


def test_checks_are_recorded_for_their_partition(town: SmallDagster) -> None:
    found = checks(town.run_month())

    assert {name: check.passed for name, check in found.items()} == {
        "raw/readings schema_drift": True,
        "raw/readings source_is_readable": True,
        "staged/readings rows_accounted_for": True,
        "staged/readings contract_bounds": True,
        "staged/readings grain_is_unique": True,
        "curated/daily_rain contract_bounds": True,
        "curated/daily_rain grain_is_unique": True,
        "curated/daily_rain reconciles": True,
    }
    assert {check.partition for check in found.values()} == {MONTH}
    assert found["staged/readings rows_accounted_for"].description == "all 3 rows found again"
    assert found["staged/readings contract_bounds"].metadata["rejected_rain_mm_required"].value == 1


def test_an_unknown_column_warns_and_loses_nothing(town: SmallDagster) -> None:
    wider = SCHEMA.append(SCHEMA.field("value").with_name("pressure"))
    town.small.put(MONTH, [reading(1, pressure=1013.0), reading(2, pressure=None)], wider)

    result = town.run_month()

    drift = checks(result)["raw/readings schema_drift"]
    assert result.success
    assert (drift.passed, drift.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert drift.description is not None
    assert "pressure" in drift.description
    assert len(town.small.rows("staged.readings")) == 2


def test_an_unknown_column_that_its_author_keeps_is_told_and_warns_nobody(town: SmallDagster) -> None:
    defs = FILES["defs.yaml"].replace('.parquet"}}', '.parquet"}}\n      unknown_columns: keep', 1)
    town.small.write({"defs.yaml": defs})
    wider = SCHEMA.append(SCHEMA.field("value").with_name("pressure"))
    town.small.put(MONTH, [reading(1, pressure=1013.0)], wider)

    drift = checks(town.run_month())["raw/readings schema_drift"]
    assert drift.passed
    assert "pressure" in (drift.description or "")


def test_a_lacking_column_is_an_error_and_the_model_says_what_to_do(town: SmallDagster) -> None:
    town.small.put(MONTH, [{"reading_id": 1}], SCHEMA.remove(SCHEMA.get_field_index("value")))

    result = town.run_month()

    drift = checks(result)["raw/readings schema_drift"]
    assert (drift.passed, drift.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert not result.success
    assert "lacks value" in failure(result)
    assert "optional: true" in failure(result)


def test_a_month_that_is_not_there_is_observed_and_what_reads_it_is_skipped(town: SmallDagster) -> None:
    town.run_month()

    result = town.run("raw/readings", "staged/readings", "curated/daily_rain", partition="2024-02")

    assert result.success
    assert observed(result) == {"raw/readings": "not at its source"}
    assert skipped(result) == {"staged__readings", "curated__daily_rain"}
    assert materialized(result) == {}
    assert checks(result) == {}


def test_a_model_whose_input_is_not_there_says_which(town: SmallDagster) -> None:
    result = town.run("staged/readings")

    assert result.success
    assert observed(result) == {"staged/readings": "waits for raw/readings 2024-01"}
    assert materialized(result) == {}


def test_a_refused_file_turns_its_check_red_in_a_green_run_until_a_better_one_comes(town: SmallDagster) -> None:
    town.run("raw/places", "staged/places", partition=None)
    town.small.put_file("readings-2024-01.parquet", b"<html>Not here</html>")

    refused = town.run("raw/readings", "staged/readings")

    check = checks(refused)["raw/readings source_is_readable"]
    assert refused.success
    assert not check.passed
    assert check.description is not None
    assert "HTML page" in check.description
    assert "HTML page" in observed(refused)["raw/readings"]
    assert skipped(refused) == {"staged__readings"}

    town.small.put(MONTH, [reading(1)])
    mended = town.run("raw/readings", "staged/readings")

    assert checks(mended)["raw/readings source_is_readable"].passed
    assert _value(materialized(mended)["staged/readings"], "dagster/row_count") == 1


def test_a_refused_correction_leaves_what_was_received_before(town: SmallDagster) -> None:
    town.run_month()
    town.small.put_file("readings-2024-01.parquet", b"")

    result = town.run_month()

    assert result.success
    assert not checks(result)["raw/readings source_is_readable"].passed
    assert _value(materialized(result)["staged/readings"], "outcome") == "unchanged since commit 1"
    assert len(town.small.rows("staged.readings")) == 2


def test_a_failed_audit_is_red_and_the_version_before_stays(town: SmallDagster) -> None:
    town.run_month()
    before = town.fingerprint("staged/readings", MONTH)
    town.small.put(MONTH, [reading(1), reading(1, value=9.0)])

    result = town.run_month()

    found = checks(result)
    assert not result.success
    assert not found["staged/readings grain_is_unique"].passed
    assert found["staged/readings rows_accounted_for"].passed
    assert set(materialized(result)) == {"raw/readings"}
    assert "not committed, the version before stays" in failure(result)
    assert town.fingerprint("staged/readings", MONTH) == before
    assert [row["reading_id"] for row in town.small.rows("staged.readings")] == [1, 3]


def test_what_is_up_to_date_says_so_and_touches_no_file(town: SmallDagster) -> None:
    first = town.run_month()
    before = town.files()

    result = town.run_month()

    assert result.success
    assert town.files() == before
    told = materialized(result)
    assert _value(told["raw/readings"], "outcome") == "2024-01: the source has not changed"
    for table in ("staged/readings", "curated/daily_rain"):
        assert _value(told[table], "outcome") == "unchanged since commit 1"
        assert _version(told[table]) == town.fingerprint(table, MONTH)
    # What the asset page shows of the commit stays there.
    for name in ("account", "rows_by_rule", "flagged", "dagster/row_count", "bytes", "commit"):
        assert told["staged/readings"].metadata[name] == materialized(first)["staged/readings"].metadata[name]
    found = checks(result)
    assert found.keys() == checks(first).keys()
    assert all(check.passed for check in found.values())
    assert found["staged/readings grain_is_unique"].description == "held at commit 1, which still stands"


def test_a_changed_model_is_made_again_by_whoever_launches_it(town: SmallDagster) -> None:
    town.run_month()
    town.small.write({"staged/readings.sql": _sql(town).replace("r.value AS", "r.value * 2 AS")})

    result = town.run("staged/readings")

    assert _value(materialized(result)["staged/readings"], "commit") == 2
    assert [str(row["rain_mm"]) for row in town.small.rows("staged.readings")] == ["3.00", "240.00"]


def _sql(town: SmallDagster) -> str:
    return (town.small.folder / "staged/readings.sql").read_text()


def _range(first: str, last: str) -> dict[str, str]:
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def test_a_range_is_made_in_one_run(town: SmallDagster) -> None:
    town.run("raw/places", "staged/places", partition=None)
    town.small.put("2024-02", [reading(4, read_at=datetime(2024, 2, 10))])

    tags = _range("2024-01", "2024-02")
    result = town.run("raw/readings", "staged/readings", "curated/daily_rain", partition=None, tags=tags)

    assert result.success
    assert set(town.small.platform.lake.table(TableName("curated", "daily_rain")).partitions()) == {
        "2024-01",
        "2024-02",
    }
    assert town.instance.get_materialized_partitions(key("staged/readings")) == {"2024-01", "2024-02"}
    told = materialized(result)["staged/readings"]
    assert _value(told, "dagster/row_count") == 3
    assert _value(told, "outcome") == "2 partitions; the rest is of 2024-02"


def test_a_range_with_a_gap_fails_so_that_no_partition_is_shown_that_is_not_there(town: SmallDagster) -> None:
    tags = _range("2024-01", "2024-02")

    result = town.run("raw/readings", partition=None, tags=tags)

    assert not result.success
    assert "2024-02 cannot be made yet" in failure(result)
    assert town.instance.get_materialized_partitions(key("raw/readings")) == set()
    assert town.small.receive("readings", MONTH)[0].outcome == "unchanged"


def test_an_unpartitioned_table_takes_part_in_a_partitioned_run(town: SmallDagster) -> None:
    town.small.write(
        {
            "curated/rain_so_far.sql": "SELECT place, sum(rain_mm) AS rain_mm FROM staged.readings GROUP BY place",
            "curated/rain_so_far.yaml": "description: Rain of all months.\npartitions: none\ncolumns:\n"
            '  place: {type: VARCHAR}\n  rain_mm: {type: "DECIMAL(18,2)"}\n'
            'reconciles:\n  - {name: rain, this: "sum(rain_mm)", of: staged.readings, that: "sum(rain_mm)"}\n',
        }
    )
    town.run("raw/places", "staged/places", partition=None)

    result = town.run("raw/readings", "staged/readings", "curated/rain_so_far")

    assert result.success
    assert materialized(result)["curated/rain_so_far"].partition is None
    assert town.partitions("curated/rain_so_far") == {"all"}


def test_a_run_that_names_no_partition_is_told_how_to_name_one(town: SmallDagster) -> None:
    result = town.run("raw/readings", partition=None)

    assert not result.success
    assert "this run names none" in failure(result)
    assert """--tags '{"dagster/partition": "2024-01"}'""" in failure(result)


@pytest.mark.parametrize("chosen", [[], ["grain_is_unique"]])
def test_a_run_may_leave_checks_out(town: SmallDagster, chosen: list[str]) -> None:
    town.run_month()
    town.small.write({"staged/readings.sql": _sql(town) + "-- the same rows\n", "staged/readings.yaml": _bound(town)})

    wanted = [dg.AssetCheckKey(key("staged/readings"), name) for name in chosen]
    result = town.launch(dg.AssetSelection.assets(key("staged/readings")).without_checks() | _checks(wanted))

    assert result.success
    assert [check.check_name for check in result.get_asset_check_evaluations()] == chosen
    assert _value(materialized(result)["staged/readings"], "commit") == 2


def _checks(wanted: list[dg.AssetCheckKey]) -> dg.AssetSelection:
    return dg.AssetSelection.checks(*wanted)


def _bound(town: SmallDagster) -> str:
    return (town.small.folder / "staged/readings.yaml").read_text().replace("max: 500", "max: 400")
