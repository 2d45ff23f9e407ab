"""One step of the benchmark in a process of its own: `generate`, `prepare`, or a side, which warms up, measures itself
and writes the figures as JSON.
"""

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
    "bare": "benchmarks.by_hand",
    "few": "benchmarks.by_hand",
    "cte": "benchmarks.by_hand",
    "best": "benchmarks.by_hand",
    "dagster": "benchmarks.on_platform",
    "library": "benchmarks.on_platform",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side", description=__doc__)
    parser.add_argument("step", choices=["generate", "prepare", *MODULES])
    parser.add_argument("root", type=Path, help="folder of the benchmark run")
    parser.add_argument("--rows", type=int, help="rows to generate")
    parser.add_argument("--yardstick", type=Path, help="folder of ref_duckdb.py")
    chosen = parser.parse_args()
    layout = Layout(chosen.root, chosen.yardstick)
    if chosen.step == "generate":
        importlib.import_module("benchmarks.generate").generate(layout.source, chosen.rows)
    elif chosen.step == "prepare":
        importlib.import_module("benchmarks.on_platform").prepare()
    else:
        run = getattr(importlib.import_module(MODULES[chosen.step]), chosen.step)
        cost, outcome = run(layout)
        sys.stdout.write(json.dumps({"cost": asdict(cost), "outcome": asdict(outcome)}) + "\n")


if __name__ == "__main__":
    main()
