"""One side in a process of its own: warms up, measures itself and writes the figures as JSON."""

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.layout import Layout

# A side loads what it needs and no more: what is loaded counts as its memory.
MODULES = {
    "plain": "benchmarks.by_hand",
    "cte": "benchmarks.by_hand",
    "best": "benchmarks.by_hand",
    "dagster": "benchmarks.on_platform",
    "library": "benchmarks.on_platform",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side", description=__doc__)
    parser.add_argument("side", choices=[*MODULES, "prepare"])
    parser.add_argument("root", type=Path, help="folder of the benchmark run")
    parser.add_argument("--yardstick", type=Path, help="folder of ref_duckdb.py")
    chosen = parser.parse_args()
    if chosen.side == "prepare":
        importlib.import_module("benchmarks.on_platform").prepare()
        return
    run = getattr(importlib.import_module(MODULES[chosen.side]), chosen.side)
    cost, outcome = run(Layout(chosen.root, chosen.yardstick))
    sys.stdout.write(json.dumps({"cost": asdict(cost), "outcome": asdict(outcome)}) + "\n")


if __name__ == "__main__":
    main()
