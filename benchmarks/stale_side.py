"""One step of the benchmark of `stale()` in a process of its own: makes the lake, moves some tables, or asks."""

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path

from benchmarks.histories import after, commit, platform_at, write_lake
from data_platform.planning.catalog import ModelTable
from data_platform.planning.stale import Wanted, stale
from data_platform.steps.platform import Platform


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stale_side", description=__doc__)
    parser.add_argument("step", choices=["write", "move", "ask", "ask-sources"])
    parser.add_argument("root", type=Path)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--months", type=int, default=100)
    parser.add_argument("--commits", type=int, default=4)
    chosen = parser.parse_args()
    now = after(chosen.months)
    answer: dict[str, float] = {}
    if chosen.step == "write":
        write_lake(chosen.root, tables=chosen.tables, months=chosen.months, commits=chosen.commits)
    elif chosen.step == "move":
        answer["moved"] = _move(platform_at(chosen.root), chosen.tables)
    else:
        answer = _ask(platform_at(chosen.root), now, sources=chosen.step == "ask-sources")
    sys.stdout.write(json.dumps(answer) + "\n")


def _ask(platform: Platform, now: datetime, *, sources: bool) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = stale(platform.catalog, platform.lake, now, ask=None if sources else ())
    seconds = time.perf_counter() - wall
    assert not answer.waiting, answer.waiting[:3]
    assert not answer.unanswered, answer.unanswered[:3]
    return {"wall": seconds, "cpu": time.process_time() - cpu, "stale": len(answer.stale)}


def _move(platform: Platform, tables: int) -> int:
    """One partition of some staged tables is made of other inputs."""
    staged = [table for table in platform.catalog if isinstance(table, ModelTable) and table.name.table.endswith("_1")]
    for table in staged[:tables]:
        target = platform.lake.table(table.name)
        last = max(target.partitions())
        commit(target, table, {last: Wanted("0" * 15, "moved", {})})
    return len(staged[:tables])


if __name__ == "__main__":
    main()
