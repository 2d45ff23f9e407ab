"""One step of the year's benchmark in a process of its own; it writes its figures as JSON."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.plain import RANK_ALL, RANK_FEW, SOURCE_COLUMNS, stage
from benchmarks.source import WARM_UP_MONTH, YEAR, green_file, month_file, zones_file
from data_platform.contracts.quoting import identifier, literal, string_list
from data_platform.lake.names import TableName
from data_platform.steps.measure import Cost, Meter

_RUN_ID = "benchmark"
_YELLOW, _GREEN, _ZONES = (TableName("staged", name) for name in ("yellow_trips", "green_trips", "taxi_zones"))
_MODELS = Path(__file__).parents[1] / "data_platform" / "datasets" / "nyc_taxi"
# In the order in which they read one another; the last one reads all months at once.
_CURATED = ("borough_flows", "daily_revenue", "monthly_summary", "zone_hour_demand")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year_sides", description=__doc__)
    parser.add_argument("step", choices=_STEPS)
    parser.add_argument("root", type=Path, help="folder of the benchmark run")
    parser.add_argument("--months", type=int, required=True)
    parser.add_argument("--rows", type=int, default=0)
    chosen = parser.parse_args()
    answer = _STEPS[chosen.step](chosen.root, YEAR[: chosen.months], chosen.rows)
    sys.stdout.write(json.dumps(answer) + "\n")


def generate(root: Path, months: Sequence[str], rows: int) -> None:
    """The site: large yellow months, small green ones, the zones, and a small month to warm up with."""
    import numpy as np
    import pyarrow.parquet as pq

    from benchmarks.generate import generate_zones, write_month
    from data_platform.datasets.nyc_taxi.sample import month_of_records

    source, flat = root / "source", root / "flat"
    month_file(source, months[0]).parent.mkdir(parents=True)
    generate_zones(source)
    for number, month in enumerate((WARM_UP_MONTH, *months)):
        small = min(rows, 20_000)
        write_month(source, month, rows if number else small)
        green = month_of_records("green", date.fromisoformat(f"{month}-01"), small, np.random.default_rng([8, number]))
        pq.write_table(green, green_file(source, month), compression="zstd")
    flat.mkdir()
    for file in [*source.glob("trip-data/yellow*"), *source.glob("misc/*")]:
        (flat / file.name).symlink_to(file)


def prepare(_: Path, months: Sequence[str], __: int) -> None:
    """Receives everything and stages all but the yellow trips."""
    from data_platform.steps.build import build
    from data_platform.steps.receive import receive

    platform = _platform()
    for table, partitions in (
        ("yellow_trips", (WARM_UP_MONTH, *months)),
        ("green_trips", months),
        ("taxi_zones", ["all"]),
    ):
        raw = platform.catalog.raw(TableName("raw", table))
        receive(platform.lake, raw, list(partitions), run_id=_RUN_ID, now=datetime.now(UTC))
    build(platform, platform.catalog.model(_ZONES), "all", run_id=_RUN_ID)
    for month in months:
        build(platform, platform.catalog.model(_GREEN), month, run_id=_RUN_ID)


def library(_: Path, months: Sequence[str], __: int) -> dict[str, Any]:
    """The platform stages the year."""
    from data_platform.steps.build import Built, build

    platform = _platform()
    trips = platform.catalog.model(_YELLOW)
    rejected = []

    def make(month: str) -> int:
        made = build(platform, trips, month, run_id=_RUN_ID)
        assert isinstance(made, Built), made
        assert made.account is not None
        rejected.append(made.account.rejected)
        return made.rows

    costs, clean = _year(make, months)
    return {**costs, "made": [clean, sum(rejected[1:])]}


def bare(root: Path, months: Sequence[str], _: int) -> dict[str, Any]:
    return _by_hand(root, months, RANK_ALL)


def few(root: Path, months: Sequence[str], _: int) -> dict[str, Any]:
    return _by_hand(root, months, RANK_FEW)


def _by_hand(root: Path, months: Sequence[str], sql: str) -> dict[str, Any]:
    output = root / "home" / "by-hand"
    output.mkdir()
    rejected = []

    def make(month: str) -> int:
        counts = stage(
            sql,
            month_file(root / "source", month),
            zones_file(root / "source"),
            month,
            clean=output / f"clean-{month}.parquet",
            rejected=output / f"rejected-{month}.parquet",
            without=SOURCE_COLUMNS,
        )
        rejected.append(counts.rejected)
        return counts.clean

    costs, clean = _year(make, months)
    return {**costs, "made": [clean, sum(rejected[1:])]}


def _year(make: Callable[[str], int], months: Sequence[str]) -> tuple[dict[str, Any], int]:
    """Costs of the first month and of all, and the clean rows; the small month before does not count."""
    make(WARM_UP_MONTH)
    meter = Meter()
    clean = make(months[0])
    first = meter.read()
    clean += sum(make(month) for month in months[1:])
    return {"first": asdict(first), "year": asdict(meter.read())}, clean


def curated_library(_: Path, months: Sequence[str], __: int) -> dict[str, Any]:
    """The platform makes each curated table of each month."""
    from data_platform.steps.build import Built, build

    platform = _platform()

    def make(table: str, month: str) -> int:
        made = build(platform, platform.catalog.model(TableName("curated", table)), month, run_id=_RUN_ID)
        assert isinstance(made, Built), made
        return made.rows

    return _tables(make, months)


def curated_by_hand(root: Path, months: Sequence[str], _: int) -> dict[str, Any]:
    """A DuckDB that copies each model's SELECT to a file, over the files that the platform has staged."""
    platform = _platform()
    output = root / "home" / "by-hand"
    output.mkdir()

    def make(table: str, month: str) -> int:
        with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
            connection.execute("CREATE SCHEMA staged")
            for name in (_YELLOW, _GREEN):
                files = platform.lake.table(name).files([month]).clean
                paths = string_list([str(platform.lake.storage.local(key)) for key in files])
                connection.execute(
                    f"CREATE VIEW staged.{name.table} AS FROM read_parquet({paths}, hive_partitioning = false)"
                )
            zones = platform.lake.storage.local(platform.lake.table(_ZONES).files(["all"]).clean[0])
            connection.execute(f"CREATE VIEW staged.taxi_zones AS FROM read_parquet({literal(zones)})")
            connection.execute(f"CREATE VIEW staged.trips AS {(_MODELS / 'staged' / 'trips.sql').read_text()}")
            # The types of the contract: a sum of BIGINT would otherwise be a HUGEINT, which Parquet keeps as DOUBLE.
            columns = ", ".join(
                f"CAST({identifier(name)} AS {type_}) AS {identifier(name)}"
                for name, type_ in platform.catalog.model(TableName("curated", table)).columns
            )
            select = f"SELECT {columns} FROM ({(_MODELS / 'curated' / f'{table}.sql').read_text()})"
            target = literal(output / f"{table}-{month}.parquet")
            row = connection.execute(
                f"COPY ({select}) TO {target} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            ).fetchone()
        assert row is not None  # a COPY tells its rows
        return int(row[0])

    return _tables(make, months)


def _tables(make: Callable[[str, str], int], months: Sequence[str]) -> dict[str, Any]:
    costs, made = {}, {}
    for table in _CURATED:
        meter = Meter()
        made[table] = sum(make(table, month) for month in months)
        costs[table] = asdict(meter.read())
    total = [Cost(**cost) for cost in costs.values()]
    costs["all of them"] = {
        "wall_seconds": sum(cost.wall_seconds for cost in total),
        "cpu_seconds": sum(cost.cpu_seconds for cost in total),
        "peak_mb": max(cost.peak_mb for cost in total),
    }
    return {"tables": costs, "made": made}


def _platform() -> Any:
    from data_platform.components.datasets import installed
    from data_platform.definitions import DATASETS
    from data_platform.resources.environment import settings
    from data_platform.resources.platform import platform_of

    return platform_of(settings(), installed(DATASETS).catalog)


_STEPS: dict[str, Callable[[Path, Sequence[str], int], Any]] = {
    "generate": generate,
    "prepare": prepare,
    "library": library,
    "bare": bare,
    "few": few,
    "curated-library": curated_library,
    "curated-by-hand": curated_by_hand,
}


if __name__ == "__main__":
    main()
