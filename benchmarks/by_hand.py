"""The sides without the platform: the plain script, and the yardstick's scripts where they are at hand."""

import contextlib
import importlib
import io
import json
import sys
from typing import Any

from benchmarks.layout import Layout
from benchmarks.measuring import Outcome, measured, outcome
from benchmarks.plain import RANK_ALL, RANK_FEW, SOURCE_COLUMNS, stage
from benchmarks.source import month_file, zones_file
from data_platform.steps.measure import Cost


def plain(layout: Layout) -> tuple[Cost, Outcome]:
    """The script that one would write, with the same columns and rules as the platform's."""
    return _by_hand(layout, RANK_ALL)


def bare(layout: Layout) -> tuple[Cost, Outcome]:
    """The same script without the columns that tell where a row came from."""
    return _by_hand(layout, RANK_ALL, *SOURCE_COLUMNS)


def few(layout: Layout) -> tuple[Cost, Outcome]:
    """The fastest script that we know, without these columns as well."""
    return _by_hand(layout, RANK_FEW, *SOURCE_COLUMNS)


def _by_hand(layout: Layout, sql: str, *without: str) -> tuple[Cost, Outcome]:
    clean, rejected = layout.output / "clean.parquet", layout.output / "rejected.parquet"

    def run(month: str) -> None:
        trips, zones = month_file(layout.source, month), zones_file(layout.source)
        stage(sql, trips, zones, month, clean=clean, rejected=rejected, without=without)

    return measured(run), outcome([clean], [rejected], "string_split(reasons, ',')")


def cte(layout: Layout) -> tuple[Cost, Outcome]:
    """`ref_duckdb.py stage --mode cte`: a window over every row, COPY out of one materialized CTE."""
    return _yardstick(layout, "cte")


def best(layout: Layout) -> tuple[Cost, Outcome]:
    """`ref_duckdb.py stage --mode best`: only rows whose key occurs more than once are ranked."""
    return _yardstick(layout, "best")


def _yardstick(layout: Layout, mode: str) -> tuple[Cost, Outcome]:
    sys.path.insert(0, str(layout.yardstick))
    script: Any = importlib.import_module("ref_duckdb")
    told = io.StringIO()

    def run(month: str) -> None:
        # In this process, so that the start of Python does not count, as it does not for the other sides.
        sys.argv = ["ref_duckdb.py", "stage", str(layout.flat_source), str(layout.output), "--mode", mode]
        sys.argv += ["--month", month]
        with contextlib.redirect_stdout(told):
            script.main()

    cost = measured(run)
    clean, rejected = json.loads(told.getvalue().splitlines()[-1])["r"]
    return cost, Outcome(clean, rejected, "", {})
