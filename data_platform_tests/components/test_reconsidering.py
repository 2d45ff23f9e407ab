"""The job `reconsider` in Dagster: what it records when it only asks, and when it makes."""

from typing import Any

import dagster as dg
import pytest

from data_platform_tests.components.small_dagster import (
    MONTH,
    QUIET,
    SmallDagster,
    checks,
    definitions_of,
    failure,
    key,
    materialized,
)
from data_platform_tests.small_dataset import FILES, reading

CONTRACT = "staged/readings.yaml"
LAXER = FILES[CONTRACT].replace("required: true, min: 0", "min: 0")


@pytest.fixture
def built(town: SmallDagster) -> SmallDagster:
    """The town with January made, and a contract by now that needs no values."""
    town.small.put("2024-02", [reading(9)])  # of January by its time: quarantined in February
    town.run_month()
    town.run_month("2024-02")
    town.small.write({CONTRACT: LAXER})
    return town


def _run(town: SmallDagster, **config: object) -> dg.ExecuteInProcessResult:
    job = definitions_of(town.small).resolve_job_def("reconsider")
    config = {"table": "staged.readings", **config}
    return job.execute_in_process(
        instance=town.instance,
        run_config={**QUIET, "ops": {"reconsider_table": {"config": config}}},
        raise_on_error=False,
    )


def _observed(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the run wrote on the asset's page; tables as rows."""
    (found,) = (
        event.asset_observation_data.asset_observation
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION
    )
    assert found.asset_key == key("staged/readings")
    return {
        name: [dict(record.data) for record in value.records]
        if isinstance(value, dg.TableMetadataValue)
        else value.value
        for name, value in found.metadata.items()
    }


def test_asking_tells_the_rows_that_would_move_and_makes_nothing(built: SmallDagster) -> None:
    before = built.files()

    result = _run(built)

    told = _observed(result)
    assert result.success
    assert (told["reconsidered"], told["passing"], told["newly_failing"]) == ("nothing was changed", 1, 0)
    assert [(line["partition"], line["quarantined"], line["passing"]) for line in told["partitions"]] == [
        ("2024-01", 1, 1),
        ("2024-02", 1, 0),
    ]
    assert told["rules"] == [{"rows": 1, "rule": "rain_mm_required", "outcome": "passes"}]
    uri = f"{built.small.source.as_uri()}/readings-2024-01.parquet"
    assert told["examples"] == [
        {"partition": MONTH, "row": 1, "rules": "rain_mm_required", "outcome": "passes", "file": uri}
    ]
    assert (built.files(), materialized(result)) == (before, {})


def test_applying_makes_the_partitions_that_were_named_and_no_other(built: SmallDagster) -> None:
    versions = {month: built.fingerprint("staged/readings", month) for month in (MONTH, "2024-02")}

    result = _run(built, partitions=[MONTH], apply=True)

    assert result.success
    assert [row["reading_id"] for row in built.small.rows("staged.readings", MONTH)] == [1, 2, 3]
    assert built.fingerprint("staged/readings", "2024-02") == versions["2024-02"]
    record = materialized(result)["staged/readings"]
    assert record.partition == MONTH
    assert (record.tags or {})["dagster/data_version"] == built.fingerprint("staged/readings", MONTH)
    assert built.fingerprint("staged/readings", MONTH) != versions[MONTH]
    assert _observed(result)["reconsidered"] == "applied"
    assert {name: (found.passed, found.partition) for name, found in checks(result).items()} == {
        f"staged/readings {name}": (True, MONTH)
        for name in ("rows_accounted_for", "contract_bounds", "grain_is_unique")
    }


def test_a_partition_that_fails_its_audit_leaves_the_others_alone(built: SmallDagster) -> None:
    built.small.write({CONTRACT: LAXER.replace("max_rejected_share: 1", "max_rejected_share: 0.5")})

    result = _run(built, apply=True)

    assert "staged/readings 2024-02: not committed" in failure(result)
    assert [row["reading_id"] for row in built.small.rows("staged.readings")] == [1, 2, 3]
    assert [line["partition"] for line in _observed(result)["partitions"]] == [MONTH]
    failed = [name for name, found in checks(result).items() if not found.passed]
    assert failed == ["staged/readings contract_bounds"]


def test_a_table_without_a_quarantine_fails_the_run_with_the_names_there_are(built: SmallDagster) -> None:
    assert "curated.daily_rain quarantines no rows" in failure(_run(built, table="curated.daily_rain"))
