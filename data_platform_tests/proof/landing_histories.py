"""The law of the landing zone: whatever is put there and taken away, each version is received once and none is lost."""

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

import duckdb
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from data_platform.lake import ledger
from data_platform.lake.maintenance import maintain
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.planning.versions import Versions
from data_platform.sources.folder import version_of
from data_platform_tests.planning.landed import CONTRACT, DEFS, HEADER, Landed, landed
from data_platform_tests.planning.town import told
from data_platform_tests.proof.law_crashes import Crash, Death, crash_at
from data_platform_tests.proof.law_histories import run_all
from data_platform_tests.small_dataset import NOW

_MARKS = """\
    marks:
      description: Marks, which are withdrawn when their file is taken away.
      source:
        landing:
          folder: "{{ landing }}/gauges"
          files: ['marks/(?P<month>[^_]+)_.*']
          partition: {from: month, format: "%Y-%m"}
          mirror: true
      format: csv
      columns: *columns
"""
_FILES = {
    # Half a header is a file of fewer columns.
    "defs.yaml": re.sub(r"(place_id|value): \{type: (\w+)\}", r"\1: {type: \2, optional: true}", DEFS + _MARKS),
    "staged/marks.yaml": CONTRACT.format(what="mark"),
    "curated/marked.sql": "SELECT m.place_id, count(*) AS marks FROM staged.marks AS m GROUP BY ALL",
    "curated/marked.yaml": """\
description: All marks by place.
partitions: none
columns:
  place_id: {type: INTEGER}
  marks: {type: BIGINT}
reconciles:
  - {name: marks, this: "sum(marks)", of: staged.marks, that: "count(*)"}
""",
}
_TABLES = ("staged.readings", "staged.levels", "staged.marks", "curated.totals", "curated.marked")
_RAW = ("readings", "levels", "marks")
# Equal bytes are likely, in one partition and in two; so are names that no shell, URL or format would like.
_NAMES = st.sampled_from(
    [
        *(
            "readings-2024-01.csv",
            "readings-2024-02.csv",
            "north/readings-2024-01.csv",
            "readings-2024-01 it's 100%.csv",
        ),
        *("readings-2024-02\n{x}.csv", "readings-2024-13.csv", "readings-2023-12.csv", "readings-2024-03.csv"),
        *("levels_240131.csv", "levels_240201.csv", "levels_240220.csv", "levels_240222 2.csv"),
        *("marks/2024-01_a", "marks/2024-01_b", "marks/2024-02_a", "marks/2024-02_é?#"),
    ]
)
_CONTENTS = st.sampled_from(
    [
        HEADER + "1,1,1.5\n",
        HEADER + "1,1,1.5\n",
        HEADER + "2,2,2.5\n3,1,x\n",
        HEADER,
        HEADER + "1,1\n",
        "<html>busy</html>",
    ]
)
_SMALLEST = len("reading_id,p")
# Seconds from the first moment: before it, twice the same, and far beyond the end of the history.
_TIMES = st.sampled_from([-5000, -4000, -4000, -10, 10**7])
_CALLS = st.one_of(st.integers(1, 300), st.integers(1, 4000), st.integers(1, 30_000))
_MONTHS = ["2024-01", "2024-02"]
STEPS = 14
"""What happens in one history, at most."""


class Landings(RuleBasedStateMachine):
    """A landing zone of its own for each history, and every version that any of its files ever had."""

    tally: ClassVar[Counter[str]] = Counter()
    """What happened in all histories together."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp(prefix="landing-"))
        self.town = landed(self.root / "town", _FILES)
        self.clock = NOW
        self.existed: set[tuple[str, str]] = set()
        (self.town.zone / "marks").mkdir(parents=True)
        (self.town.zone / "marks" / "read me").write_text("A zone that has nothing at all withdraws nothing.")

    @rule(name=_NAMES, content=_CONTENTS, at=_TIMES)
    def a_file_arrives(self, name: str, content: str, at: int) -> None:
        self.tally["arrivals"] += 1
        self._put(name, content, at)

    @rule(names=st.lists(_NAMES, min_size=2, max_size=5), content=_CONTENTS, at=_TIMES)
    def many_files_arrive(self, names: list[str], content: str, at: int) -> None:
        self.tally["arrivals"] += len(names)
        for name in names:
            self._put(name, content, at)

    @rule(number=st.integers(0, 9), at=_TIMES)
    def a_file_is_delivered_again(self, number: int, at: int) -> None:
        if (path := self._some(number)) is not None:
            self.tally["deliveries of the same"] += 1
            self._put(str(path.relative_to(self.town.zone)), path.read_text(), at)

    @rule(number=st.integers(0, 9), content=_CONTENTS, at=_TIMES)
    def a_file_is_rewritten(self, number: int, content: str, at: int) -> None:
        if (path := self._some(number)) is not None:
            self.tally["rewrites"] += 1
            self._put(str(path.relative_to(self.town.zone)), content, at)

    @rule(number=st.integers(0, 9))
    def a_file_is_being_written(self, number: int) -> None:
        """Half of it is there, and its time is that of now."""
        if (path := self._some(number)) is not None:
            self.tally["partial files"] += 1
            text = path.read_text()
            self._put(str(path.relative_to(self.town.zone)), text[: max(_SMALLEST, len(text) // 2)], 0)

    @rule(number=st.integers(0, 9), name=_NAMES)
    def a_file_is_renamed(self, number: int, name: str) -> None:
        if (path := self._some(number)) is not None:
            self.tally["renames"] += 1
            target = self.town.zone / name
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
            self._note(target)

    @rule(number=st.integers(0, 9))
    def a_file_is_taken_away(self, number: int) -> None:
        if (path := self._some(number)) is not None:
            self.tally["deletions"] += 1
            path.unlink()

    @rule(month=st.sampled_from(_MONTHS), content=_CONTENTS)
    def a_level_can_be_fetched(self, month: str, content: str) -> None:
        self.tally["pulled files"] += 1
        self.town.put_file(f"levels-{month}.csv", content)

    @rule()
    def odd_things_lie_there(self) -> None:
        for name, target in (("readings-2024-01-link.csv", "readings-2024-01.csv"), ("loop", ".")):
            if not (self.town.zone / name).is_symlink():
                (self.town.zone / name).symlink_to(target)

    @rule()
    def time_passes(self) -> None:
        self.clock += timedelta(seconds=6)

    @rule(seed=st.integers(0, 5))
    def everything_runs(self, seed: int) -> None:
        self.tally["runs"] += 1
        self._run(seed)
        self._check()

    @rule(call=_CALLS, kind=st.sampled_from([Crash, Death]), seed=st.integers(0, 5))
    def a_run_crashes(self, call: int, kind: type[BaseException], seed: int) -> None:
        crashed = crash_at(call, kind, lambda: self._run(seed))
        self.tally["crashes" if crashed else "runs"] += 1

    @rule()
    def everything_but_the_lake_is_lost(self) -> None:
        """What a new machine has: no Dagster instance ever was one here, no process lives on, no note is kept."""
        self.tally["restarts"] += 1
        ledger._known.clear()
        for path in self.town.home.iterdir():
            if path not in (self.town.settings.lake_path, self.town.settings.landing):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    @rule()
    def maintenance_comes(self) -> None:
        later = self.clock.now(self.clock.tzinfo) + timedelta(days=30)
        maintain(self.town.platform.lake, keep=(), oldest_run_started=None, now=later)

    def teardown(self) -> None:
        try:
            # Whoever was writing has finished.
            self.clock += timedelta(seconds=60)
            self._run(0)
            self._check()
            self._same_as_from_scratch()
        finally:
            shutil.rmtree(self.root)

    def _run(self, seed: int) -> None:
        assert run_all(self.town, self.clock, random.Random(seed)) == []

    def _put(self, name: str, content: str, at: int) -> None:
        then = self.clock.timestamp() if at == 0 else NOW.timestamp() + at
        self._note(self.town.drop_bytes(name, content.encode(), at=then))

    def _note(self, path: Path) -> None:
        self.existed.add((path.as_uri(), version_of(path.lstat())))

    def _some(self, number: int) -> Path | None:
        found = self._files()
        return found[number % len(found)] if found else None

    def _files(self) -> list[Path]:
        files = (path for path in self.town.zone.rglob("*") if path.is_file() and not path.is_symlink())
        return sorted(path for path in files if path.name != "read me")

    def _check(self) -> None:
        """After a run that came to its end."""
        assert told(self.town, self.clock) == []
        lake = self.town.platform.lake
        rows = {table: lake.ledger(table).read().all() for table in _RAW}
        landings = [sighting for of_table in rows.values() for sighting in of_table if sighting.origin == "landing"]
        seen = Counter((s.uri, s.version.partition(";read=")[0], s.state) for s in landings)
        note(f"{seen}")
        for (uri, version, state), times in seen.items():
            assert (uri, version) in self.existed, "a version that never was"
            assert times == 1 or state == "withdrawn", f"{uri} {version}: {state} {times} times"
        taken = {(uri, version) for uri, version, state in seen if state != "withdrawn"}
        for path in self._files():
            if self._is_due(path):
                assert (path.as_uri(), version_of(path.lstat())) in taken, f"{path} was lost"
        for table, of_table in rows.items():
            self._check_current(table, of_table)

    def _is_due(self, path: Path) -> bool:
        """Of a month that is over, and at rest."""
        ours = re.search(r"2024-0[12]|levels_24(01|02)", path.relative_to(self.town.zone).as_posix())
        return ours is not None and abs(path.lstat().st_mtime - self.clock.timestamp()) >= 5

    def _check_current(self, table: str, rows: tuple[Sighting, ...]) -> None:
        """Told again in plain words: of each slot what came last, and of a mirror only what is still there."""
        expected: dict[tuple[str, str], Sighting] = {}
        for sighting in rows:
            if sighting.state == "received":
                expected[sighting.partition, sighting.slot] = sighting
            if sighting.state == "withdrawn":
                expected.pop((sighting.partition, sighting.slot), None)
        sightings = self.town.platform.lake.ledger(table).read()
        current = [sighting for month in _MONTHS for sighting in sightings.current(month)]
        assert sorted(s.sequence for s in current) == sorted(s.sequence for s in expected.values())
        if table == "marks":
            there = {path.as_uri() for path in self._files()}
            assert {sighting.uri for sighting in current} <= there, "withdrawn, and still current"

    def _same_as_from_scratch(self) -> None:
        """A new lake over what was received last of each slot, and nothing else, has the same rows."""
        scratch = landed(self.root / "scratch", _FILES)
        (scratch.zone / "marks").mkdir(parents=True)
        lake = self.town.platform.lake
        for table in _RAW:
            sightings = lake.ledger(table).read()
            for sighting in (one for month in _MONTHS for one in sightings.current(month)):
                data = lake.storage.local(str(sighting.key)).read_bytes()
                if sighting.origin == "http_file":
                    scratch.put_file(f"levels-{sighting.partition}.csv", data)
                else:
                    path = Path(sighting.uri.removeprefix("file://"))
                    below = _decoded(path.relative_to(self.town.zone))
                    scratch.drop_bytes(below, data)
                    self._check_bytes(self.town.zone / below, data)
        assert run_all(scratch, self.clock, random.Random(1)) == []
        assert _contents(scratch) == _contents(self.town)

    def _check_bytes(self, path: Path, data: bytes) -> None:
        broken = ("<html>busy</html>", HEADER + "1,1\n")
        if path.exists() and self._is_due(path) and (text := path.read_text()) not in broken and text.endswith("\n"):
            assert data == text.encode(), f"{path} was received otherwise"


def _decoded(path: Path) -> str:
    from urllib.parse import unquote

    return unquote(path.as_posix())


def _contents(town: Landed) -> dict[str, Any]:
    """Every row of every table with its hidden columns; a file of the lake by its bytes, not by its name."""
    platform = town.platform
    versions = Versions(platform.catalog, platform.lake)
    found: dict[str, Any] = {}
    with duckdb.connect() as connection:
        for name in map(TableName.parse, _TABLES):
            snapshot = versions.snapshot(name)
            for partition in snapshot.partitions:
                files = snapshot.files([partition])
                rows = [list(_rows(connection, town, keys)) for keys in (files.clean, files.rejected)]
                account = snapshot.partitions[partition].provenance.get("account")
                assert account is None or (account["clean"], account["rejected"]) == (len(rows[0]), len(rows[1]))
                if any(rows):
                    found[f"{name} {partition}"] = rows
    return found


def _rows(connection: duckdb.DuckDBPyConnection, town: Landed, keys: tuple[str, ...]) -> Iterator[str]:
    if not keys:
        return
    paths = [str(town.platform.lake.storage.local(key)) for key in keys]
    sql = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?, hive_partitioning=false) ORDER BY ALL"
    for row in connection.execute(sql, [paths]).fetchall():
        yield re.sub(r"([0-9a-f]{64})-[^@']*", r"\1", repr(row))
