"""Wiring only: settings → resources, dataset folders → assets, all together → what Dagster loads."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import dagster as dg

from data_platform.components.dataset import dataset_definitions
from data_platform.components.datasets import MISTAKES, Datasets, installed
from data_platform.components.forgetting import forget_job
from data_platform.components.maintenance import maintenance_definitions
from data_platform.components.openlineage_export import openlineage_definitions
from data_platform.components.published import published_definitions
from data_platform.components.reconsidering import reconsider_job
from data_platform.components.rejection_ages import ages_definitions
from data_platform.components.tracing import trace_job
from data_platform.components.written_back import written_back_definitions
from data_platform.resources.environment import settings
from data_platform.resources.platform import platform_of, resources_of

DATASETS = Path(__file__).parent / "datasets"


# One command asks for its definitions up to six times.
@cache
def build() -> dg.Definitions:
    """The definitions of every dataset folder and of what they share.

    Touches neither lake nor warehouse. All that it writes is what it found right (`Proofs`), where there is a home.
    """
    with _uncollected(), warnings.catch_warnings():
        datasets = installed(DATASETS)
        platform = platform_of(settings(), datasets.catalog)
        # Partitioned checks are a preview; Dagster is silent about it where it loads components itself.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        # Not by `load_from_defs_folder`: it would read each folder again, with a YAML reader that takes 10 ms a file,
        # and import every installed library that offers components (0.7 s of each start).
        return dg.Definitions.merge(
            *(dataset_definitions(datasets, name) for name in datasets.by_name),
            shared(datasets),
            dg.Definitions(resources=resources_of(settings(), platform), executor=dg.in_process_executor),
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's garbage collector, which would look again and again through a million objects that all stay: a
    sixth of loading a thousand tables, a third where nothing is known of them yet.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def shared(datasets: Datasets) -> dg.Definitions:
    """What belongs to no single dataset: warehouse and targets, the care of the lake, questions about any table."""
    dashboards = [one for dataset in datasets.by_name.values() for one in dataset.dashboards]
    return dg.Definitions.merge(
        published_definitions(datasets.catalog, dashboards),
        written_back_definitions(datasets.catalog),
        maintenance_definitions(),
        ages_definitions(datasets.catalog),
        openlineage_definitions(),
        dg.Definitions(jobs=[reconsider_job(), trace_job(), forget_job(dashboards)]),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads. A mistake is raised anew here, so that `dg check defs` ends with it and not with our code."""
    try:
        return build()
    except MISTAKES as mistake:
        raise mistake.with_traceback(None) from None
