"""A disk that is full at any moment: a step finds a little more space from attempt to attempt, from none to enough.

`python -m data_platform_tests.proof.disk_full` prints where each step ran out of space, and how often.
"""

import argparse
import hashlib
import json
import re
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import duckdb

from data_platform.steps.platform import Platform
from data_platform.warehouse.publication import needed_files
from data_platform.warehouse.read import open_read_only
from data_platform_tests.proof.disk_steps import STEPS, Step, maintain, old_town
from data_platform_tests.proof.small_disk import SmallDisk, Unit, run_where_mounting_is_allowed

_MODULE = "data_platform_tests.proof.disk_full"  # by hand it is called __main__
_UNIQUE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST = 2  # attempts with a little less than enough: the last files of a step are small


@dataclass(frozen=True)
class Attempt:
    """One attempt of a step with so much space.

    `at`: the function of the platform in which it ended, None if it succeeded. `full`: whether the disk was full when
    it ended. `stands`: what readers saw then, `old` or `new`. `completed`: whether the next attempt did, with space
    again. `left`: what maintenance left behind or took.
    """

    step: str
    unit: Unit
    free: int
    at: str | None
    kind: str | None
    error: str | None
    full: bool
    stands: str
    completed: bool
    left: list[str]


class Eyes:
    """What readers of lake and warehouse can see; of rows, how many there are and what they add up to.

    The same bytes are added up once: from attempt to attempt most files are the same.
    """

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"threads": 1})
        self._known: dict[tuple[str, ...], Any] = {}

    def see(self, platform: Platform) -> dict[str, Any]:
        """All of it, by name."""
        lake = platform.lake
        found: dict[str, Any] = {
            f"ledger {name}": [(s.sequence, s.sha256, s.key) for s in lake.ledger(name).read().all()]
            for name in lake.ledgers()
        }
        for name in lake.tables():
            states = lake.table(name).partitions()
            if not states:  # created, and nothing was ever committed to it
                continue
            found[str(name)] = {partition: state.fingerprint for partition, state in states.items()}
            files = lake.table(name).files()
            for side, keys in (("clean", files.clean), ("rejected", files.rejected)):
                paths = [lake.storage.local(key) for key in keys]
                found[f"{name} {side}"] = paths and self._once(paths, partial(self._rows, paths))
        needed = sorted(needed_files(platform.warehouse))
        warehouse = platform.warehouse / "warehouse.duckdb"
        published: dict[str, Any] = self._once(
            [warehouse, *map(lake.storage.local, needed)], partial(_published, warehouse)
        )
        return found | published

    def _once(self, paths: Sequence[Path], read: Callable[[], Any]) -> Any:
        contents = tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
        if contents not in self._known:
            self._known[contents] = read()
        return self._known[contents]

    def _rows(self, paths: Sequence[Path]) -> Any:
        files = [str(path) for path in paths]
        return _sum(self._connection, f"read_parquet({files}, union_by_name=true, hive_partitioning=false)")


def _published(warehouse: Path) -> dict[str, Any]:
    with open_read_only(warehouse) as reader:
        relations = reader.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        return {
            f"published {schema}.{name}": _sum(reader, f"{schema}.{name}")
            for schema, name in relations
            if schema != "operations"
        }


def _sum(connection: duckdb.DuckDBPyConnection, relation: str) -> Any:
    return connection.execute(f"SELECT count(*), sum(hash(rows)) FROM {relation} AS rows").fetchone()


class Sweep:
    """Attempts of one step on a small disk, each in the same home as it was before the first."""

    def __init__(self, home: Path, platform: Platform, kept: Path, disk: SmallDisk, step: Step) -> None:
        self.eyes = Eyes()
        self.disk = disk
        self.step = step
        self.home = home
        self.platform = platform
        self.tried: dict[tuple[Unit, int], Attempt] = {}
        self.kept = kept
        self._begin_again()
        for act in step.before:
            act(platform)
        self.kept = kept.with_name(step.name)
        shutil.copytree(home, self.kept)
        self._begin_again()
        self.old = self.eyes.see(self.platform)
        step.act(self.platform)
        self.new = self.eyes.see(self.platform)
        maintain(self.platform)
        self.files = self._files()

    def run(self) -> None:
        """From none to enough, and every boundary between two places in which it ends."""
        for unit in get_args(Unit):
            if unit in self.step.tried:
                for left in self.step.tried[unit]:
                    self._attempt(unit, left)
            elif unit == "touches":
                self._touch_by_touch()
            else:
                self._less_and_less(unit)

    def _touch_by_touch(self) -> None:
        touch = 1
        while self._attempt("touches", touch).full:
            touch += 1

    def _less_and_less(self, unit: Unit) -> None:
        points = [0, 1]
        while self._attempt(unit, points[-1]).at is not None:
            points.append(2 * points[-1])
        for low, high in pairwise(points):
            self._look_between(unit, low, high)
        enough = min(left for (of, left), attempt in self.tried.items() if of == unit and attempt.at is None)
        for left in range(max(0, enough - _LAST), enough):
            self._attempt(unit, left)

    def _look_between(self, unit: Unit, low: int, high: int) -> None:
        if high - low > 1 and self._attempt(unit, low).at != self._attempt(unit, high).at:
            middle = (low + high) // 2
            self._look_between(unit, low, middle)
            self._look_between(unit, middle, high)

    def _attempt(self, unit: Unit, free: int) -> Attempt:
        if (unit, free) not in self.tried:
            self.tried[unit, free] = self._try(unit, free)
        return self.tried[unit, free]

    def _try(self, unit: Unit, free: int) -> Attempt:
        self._begin_again()
        at = kind = text = None
        with self.disk.leaving(free, unit):
            try:
                self.step.act(self.platform)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what this is about
                at, kind, text = _where(error), type(error).__name__, str(error)
            full = self.disk.filled
            with open_read_only(self.platform.warehouse / "warehouse.duckdb"):  # readers need no space
                now = self.eyes.see(self.platform)
        if at is not None:
            self.step.act(self.platform)
        completed = (now if at is None else self.eyes.see(self.platform)) == self.new
        maintain(self.platform)
        left = self._files()
        stands = "new" if now == self.new else "old" if now == self.old else "neither"
        wrong = sorted(((left - self.files) + (self.files - left)).elements())
        return Attempt(self.step.name, unit, free, at, kind, text, full, stands, completed, wrong)

    def _begin_again(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        # With times of its own: what a process remembers of logs it notices by them that they are others.
        shutil.copytree(self.kept, self.home, copy_function=shutil.copyfile)

    def _files(self) -> Counter[str]:
        files = [path for path in self.home.rglob("*") if path.is_file()]
        # Checkpoints are no content: there may be one more, or one at another version.
        kept = [path.relative_to(self.home).as_posix() for path in files if "checkpoint" not in path.name]
        return Counter(_UNIQUE.sub("*", file) for file in kept)


def _where(error: BaseException) -> str:
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/data_platform/" in frame.filename]
    return f"{frames[-1].filename.rpartition('/data_platform/')[2]}:{frames[-1].name}"


def attempts(folder: Path, steps: Sequence[Step] = STEPS) -> Iterator[Attempt]:
    """Every attempt of every step."""
    disk = SmallDisk(folder / "disk")
    home, kept = disk.at / "home", folder / "kept"
    with old_town(folder / "town", home, kept) as platform:
        for step in steps:
            sweep = Sweep(home, platform, kept, disk, step)
            sweep.run()
            yield from sweep.tried.values()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", help=f"of {', '.join(step.name for step in STEPS)}; default: all")
    parser.add_argument("--json", action="store_true", help="every attempt, a line each")
    given = parser.parse_args()
    if not given.json:
        told = run_where_mounting_is_allowed(_MODULE, *given.steps, "--json")
        print(_table([Attempt(**json.loads(line)) for line in told.splitlines()]))  # noqa: T201 - the answer
        return
    steps = [step for step in STEPS if step.name in given.steps or not given.steps]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for attempt in attempts(Path(folder), steps):
            print(json.dumps(asdict(attempt)), flush=True)  # noqa: T201 - the answer


def _table(made: Sequence[Attempt]) -> str:
    """Per step how often it was tried and failed, and what went wrong beyond that."""
    lines = []
    for step in dict.fromkeys(attempt.step for attempt in made):
        mine = [attempt for attempt in made if attempt.step == step]
        failed = Counter(attempt.at for attempt in mine if attempt.at is not None)
        wrong = [attempt for attempt in mine if attempt.stands == "neither" or not attempt.completed or attempt.left]
        where = ", ".join(f"{at} {count}" for at, count in sorted(failed.items()))
        lines.append(f"{step}: {len(mine)} attempts, {failed.total()} failed ({where}), {len(wrong)} with consequences")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
