"""The law of planning: whatever happened in whatever order, running what is stale gives what a fresh build gives."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

import duckdb
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from data_platform.lake.maintenance import maintain
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.batches import Batch, batches
from data_platform.planning.catalog import RawTable
from data_platform.planning.stale import stale
from data_platform.planning.versions import Versions
from data_platform.steps.audit import AuditFailed
from data_platform.steps.build import Built, UpToDate, build
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive
from data_platform_tests.planning.town import rain, snow, told
from data_platform_tests.proof import law_world as world
from data_platform_tests.proof.law_crashes import Crash, Death, crash_at
from data_platform_tests.small_dataset import NOW, SmallDataset

# One run of everything is some 20,000 calls.
_CALLS = st.one_of(st.integers(1, 300), st.integers(1, 4000), st.integers(1, 30_000))
_months, _days = st.sampled_from(world.MONTHS), st.sampled_from(world.DAYS)
_BROKEN_SIZE = 60
STEPS = 10
"""What happens in one history, at most."""


class Histories(RuleBasedStateMachine):
    """A world of its own for each history. Few values: a correction is often one that takes the last one back."""

    tally: ClassVar[Counter[str]] = Counter()
    """What happened in all histories together."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp(prefix="history-"))
        self.small = world.found_world(self.root / "world")
        self.clock = NOW
        self.broken_code: set[str] = set()

    @initialize(built=st.booleans())
    def begin(self, built: bool) -> None:
        if built:
            self.small.run()

    @rule(month=_months, values=st.sampled_from([(1.0,), (1.0, None), (3.0, 4.0, 250.0), ()]))
    def rain_arrives(self, month: str, values: tuple[float | None, ...]) -> None:
        self.tally["corrections"] += 1
        rain(self.small, month, *values)

    @rule(depth=st.sampled_from([10.0, 20.0]), month=st.sampled_from(["2024-01", "2024-02"]))
    def snow_arrives(self, depth: float, month: str) -> None:
        self.tally["corrections"] += 1
        snow(self.small, month, depth)

    @rule(month=_months, levels=st.sampled_from([(1.25,), (1.25, 2.125), (-1.0,)]))
    def wells_arrive(self, month: str, levels: tuple[float, ...]) -> None:
        self.tally["corrections"] += 1
        world.wells(self.small, month, *levels)

    @rule(day=_days, gusts=st.sampled_from([("3.5", "3.5"), ("0.5", "12"), ("strong", ""), ()]))
    def storms_arrive(self, day: str, gusts: tuple[str, ...]) -> None:
        self.tally["corrections"] += 1
        world.storms(self.small, day, *gusts)

    @rule(name=st.sampled_from(["Harbour", "Port"]))
    def a_place_is_renamed(self, name: str) -> None:
        self.tally["corrections"] += 1
        world.places(self.small, name)

    @rule(number=st.integers(0, 9), what=st.sampled_from(["again", "cut off", "gone"]))
    def a_file_changes(self, number: int, what: str) -> None:
        self.tally["corrections"] += 1
        files = [name for name in _sources(self.small.source) if not name.endswith("places.csv")]
        path = self.small.source / files[number % len(files)]
        if what == "gone":
            path.unlink()
        else:
            data = path.read_bytes()
            cut = data[:_BROKEN_SIZE] if path.suffix == ".parquet" else b"<html>busy</html>"
            self.small.put_file(str(path.relative_to(self.small.source)), data if what == "again" else cut)

    @rule(file=st.sampled_from(sorted(world.CODES)), number=st.integers(0, 3))
    def code_changes(self, file: str, number: int) -> None:
        self.tally["code changes"] += 1
        codes = world.CODES[file]
        self.small.write({file: codes[number % len(codes)]})
        self.broken_code.discard(file)

    @rule(file=st.sampled_from(sorted(world.BROKEN)))
    def code_breaks(self, file: str) -> None:
        self.tally["code changes"] += 1
        self.small.write({file: world.BROKEN[file]})
        self.broken_code.add(file)

    @rule()
    def all_code_is_mended(self) -> None:
        self.small.write({file: world.WHOLE[file] for file in self.broken_code})
        self.broken_code.clear()

    @rule(seed=st.integers(0, 5))
    def everything_runs(self, seed: int) -> None:
        self.tally["runs"] += 1
        self._run(seed)

    @rule(call=_CALLS, kind=st.sampled_from([Crash, Death]), seed=st.integers(0, 5))
    def a_run_crashes(self, call: int, kind: type[BaseException], seed: int) -> None:
        crashed = crash_at(call, kind, lambda: self._run(seed))
        self.tally["crashes" if crashed else "runs"] += 1

    @rule()
    def somebody_asks(self) -> None:
        self.small.stale()

    @rule()
    def a_month_passes(self) -> None:
        self.clock = datetime(2024, 4, 15, 12, tzinfo=UTC)

    @rule()
    def maintenance_comes(self) -> None:
        self.tally["maintenance"] += 1
        later = datetime.now(UTC) + timedelta(days=30)
        maintain(self.small.platform.lake, keep=(), oldest_run_started=None, now=later)

    @invariant()
    def every_account_closes_and_every_file_is_there(self) -> None:
        lake = self.small.platform.lake
        for name in lake.tables():
            table = lake.table(name)
            for state in table.partitions().values():
                account = state.provenance.get("account")
                found = account is None or account["arrived"] == sum(
                    account[s] for s in ("clean", "rejected", "dropped")
                )
                assert found, (name, state)
            files = table.files()
            assert all(lake.storage.exists(key) for key in (*files.clean, *files.rejected)), name

    def teardown(self) -> None:
        try:
            self._law()
        finally:
            shutil.rmtree(self.root)

    def _law(self) -> None:
        self.all_code_is_mended()
        self._run(0)
        assert told(self.small, self.clock) == []
        _running_again_changes_nothing(self.small, self.clock)
        self._code_changes_alone()
        scratch = _from_scratch(self.small, self.root / "scratch")
        run_all(scratch, self.clock, random.Random(1))
        assert told(scratch, self.clock) == []
        assert contents(self.small) == contents(scratch)

    def _code_changes_alone(self) -> None:
        """While nothing else moves, one file is rewritten, another one in each history."""
        self.tally["last changes"] += 1
        file = sorted(world.CODES)[self.tally["last changes"] % len(world.CODES)]
        stands = (self.small.folder / file).read_text()
        self.small.write({file: next(code for code in world.CODES[file] if code != stands)})
        self._run(0)

    def _run(self, seed: int) -> None:
        failed = run_all(self.small, self.clock, random.Random(seed))
        note(f"failed: {failed}")
        assert bool(failed) <= bool(self.broken_code), failed
        if world.NEVER_BUILT in self.broken_code:
            storms = TableName("staged", "storms")
            answer = self.small.stale(self.clock)
            stale_ones = {item.partition for item in answer.stale if item.table == storms}
            platform = self.small.platform
            assert set(Versions(platform.catalog, platform.lake).of(storms)) <= stale_ones, (
                "committed what broke its audit"
            )


def run_all(small: SmallDataset, now: datetime, order: random.Random) -> list[str]:
    """Makes all that is stale, runs of one question in any order; returns what failed its audit."""
    platform = small.platform
    failed: list[str] = []
    done = 1
    while done:
        done, failed = 0, []
        found = batches(platform.catalog, stale(platform.catalog, platform.lake, now).stale)
        order.shuffle(found)
        for batch in found:
            try:
                done += _make(platform, batch, now)
            except AuditFailed as error:
                failed.append(str(error))
    return failed


def _make(platform: Platform, batch: Batch, now: datetime) -> int:
    """How many tables of a run were made."""
    partition = batch.partition or UNPARTITIONED
    done = 0
    for table in (platform.catalog.tables[name] for name in batch.tables):
        if isinstance(table, RawTable):
            (received,) = receive(platform.lake, table, [partition], run_id="test", now=now)
            done += received.outcome in ("received", "refused")
        elif not table.is_view:
            done += isinstance(build(platform, table, partition, run_id="test"), Built)
    return done


def _running_again_changes_nothing(small: SmallDataset, now: datetime) -> None:
    """Neither by what is stale, nor where somebody asks for every partition by hand."""
    platform = small.platform
    before = _versions(platform)
    assert run_all(small, now, random.Random(2)) == []
    versions = Versions(platform.catalog, platform.lake)
    for table in platform.catalog:
        for partition in versions.of(table.name) if isinstance(table, RawTable) or not table.is_view else ():
            if not isinstance(table, RawTable):
                assert isinstance(build(platform, table, partition, run_id="test"), UpToDate)
    assert _versions(platform) == before


def _versions(platform: Platform) -> dict[str, int]:
    """How many commits each table and each ledger has had."""
    lake = platform.lake
    tables = {str(name): len(lake.table(name).history()) for name in lake.tables()}
    return tables | {f"ledger/{name}": len(lake.ledger(name).read().all()) for name in lake.ledgers()}


def _sources(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _from_scratch(small: SmallDataset, root: Path) -> SmallDataset:
    """The same datasets in an empty lake over what was received last: what the sources have, where they are whole."""
    scratch = SmallDataset(small.folder, root / "source", root / "home")
    scratch.source.mkdir(parents=True)
    for uri, data in _received(small):
        name = uri.removeprefix(f"{small.source.as_uri()}/")
        (scratch.source / name).parent.mkdir(exist_ok=True)
        scratch.put_file(name, data)
        there = small.source / name
        if there.exists() and not _is_cut(there):
            assert there.read_bytes() == data, f"{name} was received otherwise"
    return scratch


def _received(small: SmallDataset) -> Iterator[tuple[str, bytes]]:
    platform = small.platform
    versions = Versions(platform.catalog, platform.lake)
    for table in platform.catalog:
        if isinstance(table, RawTable):
            for partition in versions.of(table.name):
                for sighting in versions.sightings(table.name).current(partition):
                    yield sighting.uri, platform.lake.storage.local(str(sighting.key)).read_bytes()


def _is_cut(path: Path) -> bool:
    data = path.read_bytes()
    return data.startswith(b"<html>") or not (path.suffix == ".csv" or data.endswith(b"PAR1"))


def contents(small: SmallDataset) -> dict[str, Any]:
    """Every partition of every table: its version, its account, all its rows with their hidden columns."""
    platform = small.platform
    versions = Versions(platform.catalog, platform.lake)
    found: dict[str, Any] = {}
    with duckdb.connect() as connection:
        for name in map(TableName.parse, world.TABLES):
            snapshot = versions.snapshot(name)
            for partition, version in versions.of(name).items():
                provenance = snapshot.partitions[partition].provenance
                files = snapshot.files([partition])
                account = provenance.get("account")
                clean, rejected = (_rows(connection, platform, keys) for keys in (files.clean, files.rejected))
                if account is not None:
                    assert (account["clean"], account["rejected"]) == (len(clean), len(rejected)), (name, partition)
                found[f"{name} {partition}"] = {
                    "version": version,
                    "account": account,
                    "inputs": provenance["inputs"],
                    "clean": clean,
                    "rejected": rejected,
                }
    return found


def _rows(connection: duckdb.DuckDBPyConnection, platform: Platform, keys: tuple[str, ...]) -> list[str]:
    if not keys:
        return []
    paths = [str(platform.lake.storage.local(key)) for key in keys]
    sql = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?, hive_partitioning=false)"
    result = connection.execute(sql, [paths])
    names = [column[0] for column in result.description or ()]
    return sorted(repr(dict(zip(names, row, strict=True))) for row in result.fetchall())
