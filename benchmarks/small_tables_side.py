"""One step of the benchmark of twenty small tables in a process of its own: what all find, or a side."""

import argparse
import json
import sys
import time
import warnings
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import cast

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.histories import address_of
from benchmarks.synthetic import write_datasets
from data_platform.components.dataset import dataset_definitions
from data_platform.components.datasets import read_datasets
from data_platform.lake.names import TableName
from data_platform.planning.catalog import ModelTable, RawTable
from data_platform.resources.platform import platform_of, resources_of
from data_platform.settings import Settings
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive

MONTH = "2016-01"
_MODELS = 20
_ROWS = 10
_NOW = datetime.fromisoformat("2016-02-02T00:00:00+00:00")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.small_tables_side", description=__doc__)
    parser.add_argument("step", choices=["prepare", "shipped", "stock"])
    parser.add_argument("root", type=Path)
    parser.add_argument("home", type=Path)
    chosen = parser.parse_args()
    answer = _prepare(chosen.root, chosen.home) if chosen.step == "prepare" else _run(chosen.step, chosen.root)
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


def _settings(root: Path) -> Settings:
    return Settings(sources="live", tlc_url=(root / "source").as_uri(), first_partition=MONTH)


def _prepare(root: Path, home: Path) -> dict[str, float]:
    """Four datasets; their raw tables are received, so that the run is of models alone."""
    write_datasets(root / "datasets", 40)
    home.mkdir(exist_ok=True)
    settings = _settings(root)
    platform = platform_of(settings, read_datasets(root / "datasets", settings).catalog)
    for table in platform.catalog:
        if isinstance(table, RawTable):
            file = Path(address_of(platform.lake, table, MONTH).removeprefix("file://"))
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file)
            (received,) = receive(platform.lake, table, [MONTH], run_id="benchmark", now=_NOW)
            assert received.outcome == "received", received
    return {}


def _write(file: Path) -> None:
    if file.suffix == ".csv":
        file.write_text("place_id,place\n" + "".join(f"{i},place {i}\n" for i in range(_ROWS)), encoding="utf-8")
        return
    began = [datetime(2016, 1, 1 + i) for i in range(_ROWS)]
    rows = {"reading_id": range(_ROWS), "place_id": range(_ROWS), "began_at": began, "ended_at": began}
    rows |= {"amount": [float(i) for i in range(_ROWS)], "code": [1 + i % 3 for i in range(_ROWS)]}
    rows |= {"note": ["as it is"] * _ROWS}
    pq.write_table(pa.table({name: list(values) for name, values in rows.items()}), file)


def definitions(root: Path, executor: dg.ExecutorDefinition) -> dg.Definitions:
    settings = _settings(root)
    datasets = read_datasets(root / "datasets", settings)
    platform = platform_of(settings, datasets.catalog)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # partitioned checks are a preview
        return dg.Definitions.merge(
            *(dataset_definitions(datasets, name) for name in datasets.by_name),
            dg.Definitions(
                jobs=[dg.define_asset_job("small_tables", selection=[f"{name}" for name in _models(platform)])],
                resources=resources_of(settings, platform),
                executor=executor,
            ),
        )


@cache  # as `data_platform.definitions` is: Dagster asks four times
def small_job(root: str, side: str) -> dg.JobDefinition:
    """The job of all tables. The stock executor's processes make it anew, by this function."""
    executor = dg.in_process_executor if side == "shipped" else dg.multiprocess_executor
    return definitions(Path(root), executor).resolve_job_def("small_tables")


def _models(platform: Platform) -> list[TableName]:
    """The first twenty, each after those that it reads."""
    return [table.name for table in platform.catalog if isinstance(table, ModelTable)][:_MODELS]


def _run(side: str, root: Path) -> dict[str, float]:
    of: tuple[object, ...] = (str(root), side)
    # Dagster's annotation says that there is one argument.
    job = dg.build_reconstructable_job("benchmarks.small_tables_side", "small_job", cast("tuple[object]", of), {})
    with dg.DagsterInstance.get() as instance:
        began = time.perf_counter()
        with dg.execute_job(
            job,
            instance,
            tags={"dagster/partition": MONTH},
            run_config=_QUIET,
            raise_on_error=True,
        ) as result:
            seconds = time.perf_counter() - began
            made = result.get_asset_materialization_events()
            assert len(made) == _MODELS, made
    return {"wall": seconds, "tables": float(_MODELS)}


if __name__ == "__main__":
    main()
