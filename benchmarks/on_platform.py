"""The platform's sides: the asset through Dagster, and the same build as a library call."""

from datetime import UTC, datetime

import dagster as dg

from benchmarks.layout import Layout
from benchmarks.measuring import Outcome, measured, outcome
from benchmarks.source import MONTH, WARM_UP_MONTH
from data_platform import dagster_home
from data_platform.components.datasets import installed
from data_platform.definitions import DATASETS
from data_platform.definitions import build as build_definitions
from data_platform.lake.names import TableName
from data_platform.resources.environment import settings
from data_platform.resources.platform import platform_of
from data_platform.steps.build import Built, build
from data_platform.steps.measure import Cost
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive

TRIPS = TableName("staged", "yellow_trips")
_ZONES = TableName("staged", "taxi_zones")
_RUN_ID = "benchmark"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# rows_accounted_for, contract_bounds, grain_is_unique, rejections_are_recent
_CHECKS = 4


def prepare() -> None:
    """Receives the source and stages the zones: all but the trips is up to date, and Dagster has its home."""
    dagster_home.prepare(settings())
    platform = _platform()
    for table, partitions in (("yellow_trips", [WARM_UP_MONTH, MONTH]), ("taxi_zones", ["all"])):
        raw = platform.catalog.raw(TableName("raw", table))
        receive(platform.lake, raw, partitions, run_id=_RUN_ID, now=datetime.now(UTC))
    build(platform, platform.catalog.model(_ZONES), "all", run_id=_RUN_ID)


def library(_: Layout) -> tuple[Cost, Outcome]:
    """`steps.build`: contract, account, audits, lineage and commit."""
    platform = _platform()
    trips = platform.catalog.model(TRIPS)

    def make(month: str) -> None:
        made = build(platform, trips, month, run_id=_RUN_ID)
        assert isinstance(made, Built), made

    return measured(make), _built(platform)


def dagster(_: Layout) -> tuple[Cost, Outcome]:
    """The materialization of the asset as `make run` does it: the build, with its checks and metadata as events."""
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.from_config(str(dagster_home.prepare(settings()))) as instance:

        def materialize(month: str) -> None:
            result = job.execute_in_process(
                instance=instance,
                partition_key=month,
                asset_selection=[dg.AssetKey([TRIPS.layer, TRIPS.table])],
                run_config=_QUIET,
            )
            checks = result.get_asset_check_evaluations()
            assert len(checks) == _CHECKS, checks
            assert all(check.passed for check in checks), checks

        return measured(materialize), _built(_platform())


def _platform() -> Platform:
    return platform_of(settings(), installed(DATASETS).catalog)


def _built(platform: Platform) -> Outcome:
    files = platform.lake.table(TRIPS).files([MONTH])
    local = platform.lake.storage.local
    return outcome([local(key) for key in files.clean], [local(key) for key in files.rejected], "_rules")
