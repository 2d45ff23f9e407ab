"""`python -m benchmarks.load`: what it costs to load the code location, by the number of tables."""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.conditions import environment, headline, loop_seconds, pace, told
from benchmarks.synthetic import write_project
from data_platform import dagster_home
from data_platform.settings import Settings

_FOLDER = Path(__file__).parent
# From the start of the imports until Dagster has resolved each job, schedule and sensor.
_LOAD = """\
import time
wall, cpu = time.perf_counter(), time.process_time()
import dagster as dg, json
import data_platform.definitions as definitions
imported = time.perf_counter()
defs = definitions.defs()
built = time.perf_counter()
dg.Definitions.validate_loadable(defs)
told = {"import": imported - wall, "build": built - imported, "wall": time.perf_counter() - wall}
told |= {"cpu": time.process_time() - cpu, "tables": len(list(defs.resolve_all_asset_keys())) - 1}
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Loaded:
    """Seconds of one load in process, by part, and of Dagster's command (wall and CPU)."""

    parts: Mapping[str, float]
    command: tuple[float, float]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--tables", type=int, nargs="+", default=[10, 100, 1000], help="multiples of ten")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is loaded (default 3)")
    parser.add_argument("--into", type=Path, default=_FOLDER / "results_load.md", help="the page")
    chosen = parser.parse_args(arguments)
    began, load, loop = datetime.now(UTC), os.getloadavg()[0], loop_seconds()
    lines = [
        "# Loading the code location",
        "",
        headline("benchmarks.load", arguments, began, load),
        "",
        f"Generated datasets of ten tables each (`synthetic.py`), medians of {chosen.rounds}, each in a new process. "
        "*cold*: nothing is known of any table; *warm*: they were loaded before and have not changed. *in process* "
        "is all from the imports to `Definitions.validate_loadable`.",
        "",
        "| tables | | imports s | definitions s | in process s | CPU s | `dagster definitions validate` s | CPU s |",
        "|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    for tables in chosen.tables:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            lines += _measured(Path(folder).resolve(), tables, chosen.rounds)
    text = "\n".join([*lines, "", pace(loop)]) + "\n"
    chosen.into.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _measured(root: Path, tables: int, rounds: int) -> list[str]:
    project, home = root / "project", root / "home"
    write_project(project, tables)
    dagster_home.prepare(Settings(home=home))
    env = environment(home, sources="live", first_partition="2016-01") | {
        "PYTHONPATH": str(project),
        "DAGSTER_HOME": str(home / "dagster"),
    }
    subprocess.run([sys.executable, "-m", "compileall", "-q", "data_platform"], cwd=project, check=True)
    return [
        _line(tables, "cold" if cold else "warm", [_load(project, home, env, cold=cold) for _ in range(rounds)])
        for cold in (True, False)
    ]


def _load(project: Path, home: Path, env: Mapping[str, str], *, cold: bool) -> Loaded:
    _forget(home, cold)
    parts = told(["-c", _LOAD], env, project)
    _forget(home, cold)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    subprocess.run(command, cwd=project, env=dict(env), capture_output=True, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Loaded(parts, (wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))


def _forget(home: Path, cold: bool) -> None:
    if cold:
        (home / "definitions.checked").unlink(missing_ok=True)


def _line(tables: int, state: str, found: list[Loaded]) -> str:
    parts = [median(each.parts[part] for each in found) for part in ("import", "build", "wall", "cpu")]
    command = [median(each.command[i] for each in found) for i in range(2)]
    return f"| {tables:,} | {state} | {' | '.join(f'{seconds:.2f}' for seconds in (*parts, *command))} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
