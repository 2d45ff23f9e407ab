"""Wiring only: settings → resources, dataset folders → assets, all together → what Dagster loads."""

from functools import cache
from pathlib import Path

import dagster as dg

from data_platform.components.datasets import MISTAKES, Datasets, installed
from data_platform.components.maintenance import maintenance_definitions
from data_platform.components.published import published_definitions
from data_platform.resources.environment import settings
from data_platform.resources.platform import platform_of, resources_of

DATASETS = Path(__file__).parent / "datasets"


# One command asks for its definitions up to six times.
@cache
def build() -> dg.Definitions:
    """The definitions of every dataset folder and of what they share. Opens no connection and creates no file."""
    datasets = installed(DATASETS)
    platform = platform_of(settings(), datasets.catalog)
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=DATASETS),
        shared(datasets),
        dg.Definitions(resources=resources_of(settings(), platform), executor=dg.in_process_executor),
    )


def shared(datasets: Datasets) -> dg.Definitions:
    """What belongs to no single dataset: the published warehouse and the care of the lake."""
    charts = [chart for dataset in datasets.by_name.values() for chart in dataset.charts]
    return dg.Definitions.merge(published_definitions(datasets.catalog, charts), maintenance_definitions())


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads. A mistake is raised anew here, so that `dg check defs` ends with it and not with our code."""
    try:
        return build()
    except MISTAKES as mistake:
        raise mistake.with_traceback(None) from None
