"""A dataset's tables as Dagster assets."""

import dagster as dg

from data_platform.components.lineage_check import has_declared_lineage, lineage_check
from data_platform.components.loading import Dataset
from data_platform.components.model_assets import model_asset, view_asset
from data_platform.components.raw_assets import raw_asset
from data_platform.components.rejection_ages import age_check, has_age_bound
from data_platform.planning.catalog import Catalog, RawTable


def dataset_assets(catalog: Catalog, dataset: Dataset) -> dg.Definitions:
    """An asset for each table and view of the dataset."""
    assets: list[dg.AssetsDefinition] = []
    checks: list[dg.AssetChecksDefinition] = []
    for table in catalog.by_dataset.get(dataset.name, ()):
        if isinstance(table, RawTable):
            assets.append(raw_asset(catalog, table))
        elif table.is_view:
            assets.append(view_asset(catalog, table))
        else:
            assets.append(model_asset(catalog, table))
            if has_age_bound(table):
                checks.append(age_check(table))
            if has_declared_lineage(table):
                checks.append(lineage_check(table))
    return dg.Definitions(assets=assets, asset_checks=checks)
