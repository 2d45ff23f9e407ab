"""The component behind `type: data_platform.components.dataset.Dataset`: one folder becomes Dagster definitions."""

import dagster as dg
from pydantic import BaseModel

from data_platform.components.assets import dataset_assets
from data_platform.components.automation import dataset_automation
from data_platform.components.datasets import Datasets, installed
from data_platform.components.spec import DatasetSpec


class Dataset(dg.Component):
    """A dataset: raw tables by source, staged and curated tables by the files in `staged/` and `curated/`."""

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """What may stand under `attributes`: Dagster checks it, and makes it known to editors."""
        return DatasetSpec

    @classmethod
    def load(cls, _attributes: BaseModel | None, _context: dg.ComponentLoadContext) -> "Dataset":
        # The whole folder is read at once in `build_defs`, which tells the line of a mistake in any of its files.
        return cls()

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Assets, checks, job, schedules and sensor of the folder that the `defs.yaml` is in."""
        return dataset_definitions(installed(context.defs_module_path), context.path.name)


def dataset_definitions(datasets: Datasets, name: str) -> dg.Definitions:
    """What one dataset brings."""
    dataset = datasets.by_name[name]
    return dg.Definitions.merge(
        dataset_assets(datasets.catalog, dataset),
        dataset_automation(datasets.catalog, dataset),
    )
