"""The published warehouse, the dashboards and the catalogue as assets: the end of the graph, shared by all datasets."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from data_platform.components.automation import BATCH_TAG, ended_runs, running_runs
from data_platform.components.dashboards import dashboard_assets, dashboard_key
from data_platform.components.decisions import decide, key_of
from data_platform.components.metadata import asset_key
from data_platform.lake.names import TableName
from data_platform.planning.batches import Batch
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.findings import Stale
from data_platform.planning.versions import Versions, combined
from data_platform.steps.catalogue import catalogue, catalogue_is_behind, catalogue_version
from data_platform.steps.dashboards import Dashboard, dashboards_are_behind
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.publish import behind, publish_warehouse

GROUP = "published"
WAREHOUSE = dg.AssetKey([GROUP, "warehouse"])
CATALOGUE = dg.AssetKey([GROUP, "catalogue"])


def warehouse_asset(catalog: Catalog) -> dg.AssetsDefinition:
    """One asset for the file that readers open. It reads the tables that no other table reads, and so all."""
    ends = [
        table.name
        for table in catalog
        if isinstance(table, ModelTable) and not table.is_view and not catalog.readers[table.name]
    ]
    spec = dg.AssetSpec(
        WAREHOUSE,
        description="What readers open: curated and quarantined rows as tables, staged ones as views, and the "
        "accounts of all commits in `operations`. Replaced in one step, so that nobody ever sees half of it.",
        group_name=GROUP,
        kinds={"duckdb"},
        skippable=True,
        deps=[dg.AssetDep(asset_key(name), partition_mapping=_all(catalog, name)) for name in ends],
    )

    @dg.multi_asset(name="published__warehouse", specs=[spec], can_subset=True, required_resource_keys={"platform"})
    def publish_asset(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        platform: Platform = context.resources.platform
        try:
            published = publish_warehouse(platform, now=datetime.now(UTC))
        except StepError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        if published is None:
            context.log_event(dg.AssetObservation(WAREHOUSE, metadata={"reason": "no table is built yet"}))
            return
        publication = published.publication
        yield dg.MaterializeResult(
            asset_key=WAREHOUSE,
            metadata={
                "outcome": "published" if published.changed else "unchanged",
                "published_at": dg.MetadataValue.timestamp(publication.published_at),
                "relations": published.relations,
                "path": dg.MetadataValue.path(str(platform.warehouse / "warehouse.duckdb")),
            },
            data_version=dg.DataVersion(publication.id),
        )

    return publish_asset


def catalogue_asset() -> dg.AssetsDefinition:
    """One asset for the pages about all tables."""
    spec = dg.AssetSpec(
        CATALOGUE,
        description="Pages about every table: meaning, figures, accounts, quarantine, sample rows, history, with a "
        "search. They open offline, without personal data, and change in one step.",
        group_name=GROUP,
        kinds={"html"},
        skippable=True,
        deps=[WAREHOUSE],
    )

    @dg.multi_asset(name="published__catalogue", specs=[spec], can_subset=True, required_resource_keys={"platform"})
    def catalogue_pages(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        try:
            written = catalogue(context.resources.platform, now=datetime.now(UTC))
        except StepError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield dg.MaterializeResult(
            asset_key=CATALOGUE,
            metadata={
                "outcome": "written" if written.changed else "unchanged",
                "page": dg.MetadataValue.path(str(written.page)),
            },
            data_version=dg.DataVersion(written.version),
        )

    return catalogue_pages


def _all(catalog: Catalog, name: TableName) -> dg.PartitionMapping | None:
    return None if catalog.tables[name].partitions is None else dg.AllPartitionMapping()


def published_definitions(catalog: Catalog, dashboards: Sequence[Dashboard]) -> dg.Definitions:
    """The warehouse, the job that publishes it and draws the dashboards, and the sensor that notices it is behind."""
    job = dg.define_asset_job(
        "publish",
        selection=dg.AssetSelection.assets(WAREHOUSE, CATALOGUE, *(dashboard_key(one) for one in dashboards)),
        description="Publishes what is committed and makes dashboards and catalogue again, if anything has changed.",
    )

    @dg.sensor(
        name="warehouse_is_behind",
        job=job,
        minimum_interval_seconds=30,
        required_resource_keys={"platform"},
        description="Publishes once a batch of runs is over and readers would see something new.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        platform: Platform = context.resources.platform
        if running_runs(context.instance):
            return dg.SkipReason("runs are under way; one publication will do for all of them")
        if not is_behind(platform, dashboards):
            return dg.SkipReason("readers see everything that is committed")
        batch = Batch(None, (), (Stale(TableName("published", "warehouse"), "all", "behind", wanted(platform)),))
        ended = ended_runs(context.instance, [key_of(batch)])
        requests = decide([batch], running=[], ended=ended, now=datetime.now(UTC), most=1)
        if not requests:
            return dg.SkipReason("the last attempt failed; waiting a while before the next")
        return dg.RunRequest(run_key=requests[0].run_key, tags={BATCH_TAG: requests[0].key})

    drawn = dashboard_assets(dashboards, group=GROUP, warehouse=WAREHOUSE)
    return dg.Definitions(assets=[warehouse_asset(catalog), catalogue_asset(), *drawn], jobs=[job], sensors=[look])


def is_behind(platform: Platform, dashboards: Sequence[Dashboard]) -> bool:
    """Whether readers would see something new after the job `publish`."""
    return behind(platform) or dashboards_are_behind(platform, dashboards) or catalogue_is_behind(platform)


def wanted(platform: Platform) -> str:
    """What would be published and shown: the versions of all built tables, and the catalogue's, as one."""
    versions = Versions(platform.catalog, platform.lake)
    built = [table.name for table in platform.catalog if isinstance(table, ModelTable) and not table.is_view]
    tables = {str(name): combined(versions.of(name)) for name in built}
    return combined({**tables, "catalogue": catalogue_version(platform)})
