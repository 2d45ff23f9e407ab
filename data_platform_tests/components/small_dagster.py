"""The small dataset in Dagster: its definitions, and runs of them in this process against a throw-away instance."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from data_platform.components.assets import dataset_assets
from data_platform.components.automation import dataset_automation
from data_platform.definitions import shared
from data_platform.lake.names import TableName
from data_platform.resources.platform import resources_of
from data_platform_tests.small_dataset import SmallDataset, small_dataset

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
MONTH = "2024-01"


def key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("/"))


def definitions_of(small: SmallDataset) -> dg.Definitions:
    """What `data_platform.definitions` makes of the installed datasets, made of this one."""
    datasets = small.datasets
    (dataset,) = datasets.by_name.values()
    with warnings.catch_warnings():
        # Partitioned checks are a preview; Dagster is silent about it where components are loaded from their folder.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.Definitions.merge(
            dataset_assets(datasets.catalog, dataset),
            dataset_automation(datasets.catalog, dataset),
            shared(datasets),
            dg.Definitions(resources=resources_of(small.settings, small.platform), executor=dg.in_process_executor),
        )


@dataclass(frozen=True)
class SmallDagster:
    """A small dataset and the instance that remembers its runs."""

    small: SmallDataset
    instance: dg.DagsterInstance

    def run(
        self, *tables: str, partition: str | None = MONTH, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """One run of some assets (`layer/table`) with their checks, as the UI launches it."""
        return self.launch(dg.AssetSelection.assets(*map(key, tables)), partition=partition, tags=tags)

    def launch(
        self, selection: dg.AssetSelection, *, partition: str | None = MONTH, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """One run of any selection. A failure is a result, not an exception."""
        defs = dg.Definitions.merge(
            definitions_of(self.small), dg.Definitions(jobs=[dg.define_asset_job("launched", selection)])
        )
        return defs.resolve_job_def("launched").execute_in_process(
            instance=self.instance, partition_key=partition, raise_on_error=False, run_config=QUIET, tags=tags
        )

    def run_month(self, partition: str = MONTH) -> dg.ExecuteInProcessResult:
        """A month from its source to curated, places with it."""
        self.run("raw/places", "staged/places", partition=None)
        return self.run("raw/readings", "staged/readings", "curated/daily_rain", partition=partition)

    def partitions(self, table: str) -> set[str]:
        return set(self.small.platform.lake.table(TableName(*table.split("/"))).partitions())

    def fingerprint(self, table: str, partition: str) -> str:
        return self.small.platform.lake.table(TableName(*table.split("/"))).partitions()[partition].fingerprint

    def files(self) -> dict[Path, tuple[int, int]]:
        """Every file of the lake with its size and time of change."""
        root = self.small.home / "lake"
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


@contextmanager
def small_dagster(root: Path, files: Mapping[str, str | None] | None = None) -> Iterator[SmallDagster]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield SmallDagster(small_dataset(root, files), instance)


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    """Table → what its run recorded of it."""
    found = {}
    for event in result.get_asset_materialization_events():
        record = event.step_materialization_data.materialization
        found["/".join(record.asset_key.path)] = record
    return found


def checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """`layer/table check` → its outcome."""
    return {
        f"{'/'.join(found.asset_key.path)} {found.check_name}": found for found in result.get_asset_check_evaluations()
    }


def observed(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Table → the reason why a partition of it is not there."""
    found = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            record = event.asset_observation_data.asset_observation
            found["/".join(record.asset_key.path)] = str(record.metadata["reason"].value)
    return found


def skipped(result: dg.ExecuteInProcessResult) -> set[str]:
    """Steps that were skipped because what they read was not made."""
    return {str(event.step_key) for event in result.all_events if event.is_step_skipped}


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What the one failed step said."""
    (event,) = (event for event in result.all_events if event.is_step_failure)
    data = event.step_failure_data
    assert data.user_failure_data is not None
    return str(data.user_failure_data.description)
