"""Building one partition: what it says, what it leaves when it cannot be made, and what a commit knows of itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit, LakeTable
from data_platform.planning.findings import Waiting
from data_platform.steps.audit import AuditFailed
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.errors import StepError
from data_platform_tests.planning.town import fingerprints, rain, snow, told
from data_platform_tests.small_dataset import PLACES, SmallDataset

READINGS = TableName("staged", "readings")


def _data_files(small: SmallDataset) -> set[Path]:
    return set((small.settings.lake_path / "staged" / "readings").rglob("*.parquet"))


def test_a_partition_that_stands_is_left_alone(built_town: SmallDataset) -> None:
    before = _data_files(built_town)
    found = built_town.build("staged.readings", "2024-02")
    assert isinstance(found, UpToDate)
    assert found.state.provenance["rows"] == 1
    assert _data_files(built_town) == before


def test_a_partition_without_its_inputs_waits_and_says_for_what(built_town: SmallDataset) -> None:
    assert built_town.build("staged.readings", "2024-03") == Waiting(
        READINGS, "2024-03", "waits for raw/readings 2024-03"
    )


def test_a_commit_knows_what_it_was_made_of(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 5, 120, None)
    built_town.receive("readings", "2024-02")
    built = built_town.built("staged.readings", "2024-02")
    state = built_town.platform.lake.table(READINGS).partitions()["2024-02"]
    told_of = state.provenance
    assert (built.rows, built.flagged, built.fingerprint) == (2, {"heavy": 1}, state.fingerprint)
    assert built.account is not None
    assert built.account.rejected_by == {"rain_mm_required": 1}
    assert told_of["account"]["arrived"] == 3
    assert set(told_of["inputs"]) == {"raw/readings", "staged/places"}
    assert told_of["inputs"]["raw/readings"] == built_town.platform.lake.ledger("readings").read().data_version(
        "2024-02"
    )
    assert told_of["run_id"] == "test"
    assert told_of["engine"].startswith("duckdb ")
    assert (told_of["rows"], told_of["flagged"]) == (2, {"heavy": 1})
    assert told_of["bytes_written"] == built.bytes > 0
    assert told_of["bytes_read"] > 0
    assert told_of["wall_seconds"] >= 0
    assert told_of["peak_mb"] > 0


def test_a_failed_audit_leaves_the_version_before_and_no_files(built_town: SmallDataset) -> None:
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    built_town.write({"staged/readings.yaml": contract.replace("max_rejected_share: 1", "max_rejected_share: 0.1")})
    before, files = fingerprints(built_town), _data_files(built_town)
    with pytest.raises(AuditFailed, match=r"staged/readings 2024-01: not committed.*1 of 3 rows rejected") as failed:
        built_town.build("staged.readings", "2024-01")
    assert [audit.check for audit in failed.value.audits if not audit.passed] == ["contract_bounds"]
    assert fingerprints(built_town) == before
    assert _data_files(built_town) == files
    assert len(built_town.rows("staged.readings", "2024-01")) == 2


def test_a_file_without_a_declared_column_names_the_file_and_the_repair(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 1).rename(built_town.source / "snow-2024-02.parquet")
    built_town.receive("snow", "2024-02")
    with pytest.raises(StepError, match=r"raw/snow 2024-02: file://.*snow-2024-02.parquet lacks depth_id, .*optional"):
        built_town.build("staged.snow", "2024-02")


def test_a_lookup_that_repeats_a_key_names_the_line_and_the_key(built_town: SmallDataset) -> None:
    built_town.write(
        {"staged/places.yaml": "description: Places.\ncolumns:\n  place_id: {type: INTEGER}\n  name: {type: VARCHAR}\n"}
    )
    built_town.put_file("places.csv", PLACES + "1,Harbour again\n")
    built_town.receive("places")
    built_town.built("staged.places")
    with pytest.raises(StepError, match=r"readings.sql:3: staged/places has 2 rows for p.place_id 1") as error:
        built_town.build("staged.readings", "2024-02")
    assert "Make the lookup unique" in str(error.value)
    assert len(built_town.rows("staged.readings", "2024-02")) == 1


def test_a_select_that_cannot_run_names_its_file(built_town: SmallDataset) -> None:
    text = (built_town.folder / "curated/daily_rain.sql").read_text()
    built_town.write({"curated/daily_rain.sql": text.replace("sum(rain_mm)", "CAST('much' || sum(rain_mm) AS DOUBLE)")})
    with pytest.raises(StepError, match=r"curated/daily_rain 2024-02: .*daily_rain.sql cannot run: .*much"):
        built_town.build("curated.daily_rain", "2024-02")


def test_a_partition_whose_rows_all_went_away_is_there_and_empty(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02")
    snow(built_town, "2024-02")
    done = built_town.run()
    assert "curated.daily_rain 2024-02" in done
    assert built_town.rows("staged.readings", "2024-02") == built_town.rows("curated.daily_rain", "2024-02") == []
    assert told(built_town) == []


def test_personal_data_is_masked_in_the_preview(built_town: SmallDataset) -> None:
    contract = (built_town.folder / "staged/readings.yaml").read_text()
    built_town.write(
        {"staged/readings.yaml": contract.replace("note: {type: VARCHAR}", "note: {type: VARCHAR, pii: name}")}
    )
    rain(built_town, "2024-02", 5)
    built_town.receive("readings", "2024-02")
    shown = built_town.built("staged.readings", "2024-02").preview
    (row,) = shown.rows
    assert dict(zip(shown.columns, row, strict=True))["note"] == "•••"


class InterruptedLake(Lake):
    """A lake in which somebody presses Ctrl-C just when a commit has landed."""

    def table(self, name: TableName) -> LakeTable:
        return InterruptedTable(self.storage, name)


class InterruptedTable(LakeTable):
    def commit(self, *arguments: Any, **named: Any) -> Commit:
        super().commit(*arguments, **named)
        raise KeyboardInterrupt


def test_an_interrupt_after_the_commit_does_not_take_its_files(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 5, None)
    built_town.receive("readings", "2024-02")
    platform = built_town.platform
    interrupted = replace(platform, lake=InterruptedLake(platform.lake.storage))
    with pytest.raises(KeyboardInterrupt):
        build(interrupted, platform.catalog.model(READINGS), "2024-02", run_id="interrupted")
    assert [row["rain_mm"] for row in built_town.rows("staged.readings", "2024-02")] == [5]
    assert len(built_town.quarantine("staged.readings", "2024-02")) == 1
    assert isinstance(built_town.build("staged.readings", "2024-02"), UpToDate)


def test_statements_and_lineage_are_handed_on(built_town: SmallDataset) -> None:
    rain(built_town, "2024-02", 5)
    built_town.run()
    text = (built_town.folder / "curated/monthly_weather.sql").read_text()
    built_town.write({"curated/monthly_weather.sql": text.replace("sum(mm)", "sum(mm) + 0")})
    built = built_town.built("curated.monthly_weather", "2024-02")
    assert isinstance(built, Built)
    (statement,) = built.statements
    assert "sum(mm) + 0" in statement
    sources = {f"{source.table.sql}.{source.column}" for source in built.lineage["mm"].direct}
    assert sources == {"staged.readings.rain_mm", "staged.snow.depth_mm"}
