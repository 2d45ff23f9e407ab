"""What Dagster loads of the installed datasets: assets and what they read, checks, jobs, automation."""

import gc
import subprocess
import sys
from functools import cache
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from data_platform.components.dataset import Dataset
from data_platform.components.datasets import installed
from data_platform.components.jobs import DatasetJob
from data_platform.definitions import DATASETS, build

REPOSITORY = Path(__file__).resolve().parents[1]


@cache
def definitions() -> dg.Definitions:
    return build()


@cache
def specs() -> dict[str, dg.AssetSpec]:
    return {"/".join(spec.key.path): spec for spec in definitions().resolve_all_asset_specs()}


def _read_by(table: str) -> set[str]:
    return {"/".join(dep.asset_key.path) for dep in specs()[table].deps}


def test_the_code_location_loads_with_an_empty_environment_and_writes_nothing(tmp_path: Path) -> None:
    code = "import data_platform.definitions as d; print(len(list(d.build().resolve_all_asset_specs())))"

    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == len(specs())
    assert list(tmp_path.iterdir()) == []


def test_the_platform_loads_without_the_libraries_that_only_data_needs() -> None:
    code = "import sys, data_platform.definitions; print({'numpy', 'pandas', 'pyarrow'} & {*sys.modules})"

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"


def test_the_graph_goes_from_raw_over_staged_and_curated_to_the_warehouse_and_its_dashboards() -> None:
    assert _read_by("staged/yellow_trips") == {"raw/yellow_trips", "staged/taxi_zones"}
    assert _read_by("staged/trips") == {"staged/yellow_trips", "staged/green_trips"}
    assert _read_by("curated/daily_revenue") == {"staged/trips"}
    assert _read_by("curated/daily_trend") == {"curated/daily_revenue"}
    assert _read_by("published/warehouse") >= {"curated/daily_trend", "curated/monthly_summary"}
    assert _read_by("dashboards/revenue_trend") == {"published/warehouse"}
    assert _read_by("published/catalogue") == {"published/warehouse"}
    for name, spec in specs().items():
        assert name.startswith("raw/") == (not spec.deps)


def test_every_table_leads_to_the_warehouse() -> None:
    reached: set[str] = set()
    todo = ["published/warehouse"]
    while todo:
        reached.add(name := todo.pop())
        todo += _read_by(name) - reached

    assert reached == {name for name in specs() if not name.startswith(("dashboards/", "sent/"))} - {
        "published/catalogue"
    }


def test_each_asset_says_what_it_is_and_whose() -> None:
    folders = {str(table.name): table.dataset for table in installed(DATASETS).catalog}
    assert set(folders.values()) == {"customer_feedback", "mta_turnstile", "nyc_taxi"}
    for name, spec in specs().items():
        layer = name.partition("/")[0]
        assert len(spec.description or "") > 20
        if layer in ("raw", "staged", "curated"):
            told = (spec.group_name, list(spec.owners), spec.tags["layer"])
            team = "team:care" if folders[name] == "customer_feedback" else "team:mobility"
            assert told == (folders[name], [team], layer)
            assert layer in spec.kinds
            assert spec.metadata["dagster/column_schema"].columns
        elif layer == "sent":
            assert spec.group_name == folders[name.replace("sent/", "curated/")]
        else:
            assert spec.group_name == "published"


def test_kinds_tell_sources_and_engines_apart() -> None:
    assert specs()["raw/taxi_zones"].kinds == {"raw", "csv", "file"}
    assert specs()["raw/yellow_trips"].kinds == {"raw", "file", "landing"}
    assert specs()["staged/trips"].kinds == {"staged", "view", "duckdb"}
    assert specs()["curated/daily_revenue"].kinds == {"curated", "sql", "duckdb"}


def test_loading_leaves_the_garbage_collector_as_it_was() -> None:
    for set_, was_on in ((gc.disable, False), (gc.enable, True)):
        set_()
        build.__wrapped__()
        assert gc.isenabled() == was_on


def test_each_table_leads_to_the_lines_that_define_it() -> None:
    first = {"raw/yellow_trips": "  yellow_trips:", "raw/taxi_zones": "  taxi_zones:"}
    for name, files in {
        "raw/yellow_trips": ["defs.yaml"],
        "raw/taxi_zones": ["defs.yaml"],
        "staged/trips": ["trips.sql", "trips.yaml"],
        "curated/daily_revenue": ["daily_revenue.sql", "daily_revenue.yaml"],
    }.items():
        references = specs()[name].metadata["dagster/code_references"].code_references
        assert [reference.label for reference in references] == files
        for reference in references:
            line = Path(reference.file_path).read_text(encoding="utf-8").splitlines()[reference.line_number - 1]
            assert line.strip().startswith(first.get(name, "").strip())


def test_columns_carry_types_units_bounds_and_descriptions() -> None:
    schema = specs()["staged/yellow_trips"].metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}

    assert columns["duration_seconds"].type == "BIGINT"
    assert columns["duration_seconds"].constraints.other == ["meaning: quantity", "unit: seconds"]
    assert "New York" in (columns["pickup_at"].description or "")
    assert not columns["pickup_at"].constraints.nullable
    assert any(told.startswith("one of ") for told in columns["payment_type"].constraints.other)
    assert any(told.startswith("from ") for told in columns["total_usd"].constraints.other)


def test_columns_carry_what_they_mean_raw_ones_too() -> None:
    told = {
        (name, column.name): column.constraints.other
        for name in ("raw/turnstile", "staged/turnstile_readings")
        for column in specs()[name].metadata["dagster/column_schema"].columns
    }

    assert told["raw/turnstile", "ENTRIES"] == ["meaning: counter", "unit: persons"]
    register = told["staged/turnstile_readings", "entries"]
    assert register == ["meaning: counter", "unit: persons", "per control_area, unit, scp"]
    assert told["raw/turnstile", "DATE"] == []


def test_models_have_a_code_version_and_raw_tables_none() -> None:
    for name, spec in specs().items():
        assert (spec.code_version is not None) == name.startswith(("staged/", "curated/"))


def test_partitions_and_their_mappings_follow_the_datasets_files() -> None:
    monthly = specs()["curated/daily_revenue"].partitions_def
    assert isinstance(monthly, dg.TimeWindowPartitionsDefinition)
    assert monthly.timezone == "America/New_York"
    # The sample's months, not an ocean of missing ones.
    assert list(monthly.get_partition_keys()) == ["2024-11", "2024-12", "2025-01", "2025-02"]
    weekly = specs()["staged/turnstile_readings"].partitions_def
    assert isinstance(weekly, dg.TimeWindowPartitionsDefinition)
    assert list(weekly.get_partition_keys()) == ["2014-10-04", "2014-10-11", "2014-10-18", "2014-10-25", "2014-11-01"]
    assert specs()["staged/taxi_zones"].partitions_def is None
    assert specs()["curated/daily_trend"].partitions_def is None

    def mapping(table: str, read: str) -> dg.PartitionMapping | None:
        return next(dep.partition_mapping for dep in specs()[table].deps if dep.asset_key.path[-1] == read)

    assert isinstance(mapping("staged/yellow_trips", "yellow_trips"), dg.TimeWindowPartitionMapping)
    assert isinstance(mapping("curated/daily_trend", "daily_revenue"), dg.AllPartitionMapping)
    assert mapping("staged/yellow_trips", "taxi_zones") is None


def test_every_table_has_its_checks_and_those_that_block_a_commit_are_blocking() -> None:
    found: dict[str, dict[str, bool]] = {}
    for spec in (spec for asset in definitions().resolve_asset_graph().assets_defs for spec in asset.check_specs):
        found.setdefault("/".join(spec.asset_key.path), {})[spec.name] = spec.blocking

    assert found["raw/yellow_trips"] == {"schema_drift": False, "source_is_readable": False}
    blocking = dict.fromkeys(("rows_accounted_for", "contract_bounds", "grain_is_unique"), True)
    assert found["staged/yellow_trips"] == {**blocking, "rejections_are_recent": False}
    assert found["curated/daily_revenue"] == dict.fromkeys(("contract_bounds", "grain_is_unique", "reconciles"), True)
    made = {name for name, spec in specs().items() if name.startswith(("raw", "staged", "curated"))}
    assert found.keys() == (made | {"sent/response_watchlist"}) - {"staged/trips", "staged/feedback"}


def test_there_are_a_job_a_schedule_and_a_sensor_and_all_of_them_are_off() -> None:
    repository = definitions().get_repository_def()

    shared = {"publish", "maintenance", "reconsider", "trace", "rejection_ages", "openlineage"}
    assert {job.name for job in repository.get_all_jobs()} >= {
        "nyc_taxi",
        "mta_turnstile",
        "customer_feedback",
        *shared,
    }
    crons = {schedule.name: schedule.cron_schedule for schedule in repository.schedule_defs}
    shared_crons = {"17 3 * * *", "47 5 * * *", "31 4 * * *"}
    assert set(crons.values()) == {"0 6 * * *", "0 6 * * 1", "0 7 * * *", "0 7 * * 1", *shared_crons}
    sensors = {"nyc_taxi_is_stale", "mta_turnstile_is_stale", "customer_feedback_is_stale", "warehouse_is_behind"}
    sensors.add("targets_are_behind")
    assert {sensor.name for sensor in repository.sensor_defs} == sensors
    assert {schedule.default_status for schedule in repository.schedule_defs} == {dg.DefaultScheduleStatus.STOPPED}
    assert {sensor.default_status for sensor in repository.sensor_defs} == {dg.DefaultSensorStatus.STOPPED}


def test_a_datasets_job_is_the_one_that_dagster_would_make_among_all_tables() -> None:
    everything = definitions().get_repository_def().asset_graph
    jobs = [job for job in definitions().jobs or () if isinstance(job, DatasetJob)]
    assert [job.name for job in jobs] == list(installed(DATASETS).by_name)
    for job in jobs:
        ours = job.resolve(everything)
        theirs = UnresolvedAssetJobDefinition.resolve(job, everything)
        assert len(ours.asset_layer.asset_graph.get_all_asset_keys()) < len(everything.get_all_asset_keys())
        assert ours.get_job_snapshot_id() == theirs.get_job_snapshot_id()
        for key in theirs.asset_layer.asset_graph.get_all_asset_keys():
            here, there = ours.asset_layer.asset_graph.get(key), theirs.asset_layer.asset_graph.get(key)
            assert list(here.assets_def.specs) == list(there.assets_def.specs)
            assert here.parent_keys == there.parent_keys
            assert here.partitions_def == there.partitions_def
            assert here.is_executable == there.is_executable


def test_the_component_describes_what_may_stand_in_a_dataset_for_editors() -> None:
    model = Dataset.get_model_cls()
    assert model is not None
    assert {"description", "owners", "partitions", "raw"} <= model.model_json_schema()["properties"].keys()
