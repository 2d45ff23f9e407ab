"""A platform whose one raw table has a source of any kind, and what must hold of it whatever the kind is."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from data_platform.components.datasets import Datasets
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.lake.tables import UNPARTITIONED
from data_platform.planning.batches import batches
from data_platform.planning.catalog import RawTable
from data_platform.planning.stale import stale
from data_platform.sources.errors import SourceError
from data_platform.steps.build import Built, build
from data_platform.steps.platform import Platform
from data_platform.steps.receive import receive
from data_platform_tests.conformance.kinds.all_kinds import KINDS
from data_platform_tests.conformance.played import Kind, Played, Record
from data_platform_tests.small_dataset import NOW, SmallDataset

JANUARY, FEBRUARY = MONTHS = ("2024-01", "2024-02")
RAW, STAGED = TableName("raw", "records"), TableName("staged", "records")

_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Records of a source that is played.
  owners: ["team:weather"]
  partitions: {{monthly: {{start: "2024-01"}}}}
  raw:
    records:
      description: Records of a source.
      source: {source}
      columns:
        record_id: {{type: BIGINT}}
        at: {{type: TIMESTAMP}}
        value: {{type: "DECIMAL(18,2)"}}
        note: {{type: VARCHAR}}
"""
# No grain and nothing deduplicated: a record that came twice shows.
_CONTRACT = """\
description: One row per record.
columns:
  record_id: {type: BIGINT, required: true}
  at: {type: TIMESTAMP, within_partition: true, required: true}
  value: {type: "DECIMAL(18,2)", required: true}
  note: {type: VARCHAR}
audit: {max_rejected_share: 1}
"""


@dataclass(frozen=True)
class Ran:
    """What a run made (`table partition`), and what it told people: faults, refusals and what waits."""

    done: tuple[str, ...]
    told: tuple[str, ...]


@dataclass(frozen=True)
class Town(SmallDataset):
    """The platform below `home`; its dataset is read once in a process, as nobody changes it."""

    kind: Kind

    @property
    def datasets(self) -> Datasets:
        return _datasets(self.folder)

    def at(self, home: Path) -> "Town":
        """The same dataset with another home."""
        return Town(self.folder, self.source, home, self.kind)

    def works(self, now: datetime = NOW) -> Ran:
        """Whatever is delivered arrives, and all that is stale is made; a fault holds back nothing else."""
        platform = self.platform
        done: list[str] = []
        told = dict.fromkeys(self.kind.deliver(self))
        is_moving = True
        while is_moving:
            answer = stale(platform.catalog, platform.lake, now)
            told |= dict.fromkeys(one.error for one in answer.unanswered)
            told |= dict.fromkeys(one.reason for one in answer.waiting)
            made: list[str] = []
            for batch in batches(platform.catalog, answer.stale):
                try:
                    made += self._make(platform, batch.tables, batch.partition or UNPARTITIONED, now)
                except SourceError as error:
                    told[str(error)] = None
            done += made
            is_moving = bool(made)
        return Ran(tuple(done), tuple(told))

    def received(self) -> tuple[Sighting, ...]:
        """All sightings, in their order."""
        return self.platform.lake.ledger(RAW.table).read().all()

    def standing(self) -> dict[str, list[str]]:
        """Month → the sha256 of what readers of the raw table get, sorted."""
        sightings = self.platform.lake.ledger(RAW.table).read()
        found = {month: sorted(str(one.sha256) for one in sightings.current(month)) for month in MONTHS}
        return {month: hashes for month, hashes in found.items() if hashes}

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file of the lake with its size and time of change."""
        lake = self.settings.lake_path
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in lake.rglob("*") if p.is_file()}

    def _make(self, platform: Platform, tables: Iterable[TableName], partition: str, now: datetime) -> Iterator[str]:
        for table in (platform.catalog.tables[name] for name in tables):
            if isinstance(table, RawTable):
                # Each sighting a moment later than the one before, as in a life that goes on.
                seen_at = now + timedelta(microseconds=len(self.received()))
                (received,) = receive(platform.lake, table, [partition], run_id="test", now=seen_at)
                made = received.outcome in ("received", "refused")
            else:
                made = isinstance(build(platform, table, partition, run_id="test"), Built)
            if made:
                yield f"{table.name} {partition}"


@dataclass(frozen=True)
class Stage:
    """A town below `root`, and the source of its records."""

    kind: Kind
    root: Path
    town: Town
    source: Played


@contextmanager
def playing(kind: Kind, root: Path) -> Iterator[Stage]:
    """A town in which nothing was received yet, and a source which has nothing yet."""
    (root / "source").mkdir()
    with kind.playing(root / "source") as played:
        town = town_of(kind.name, root, root / "home")
        town.write({"defs.yaml": _DEFS.format(source=played.yaml), "staged/records.yaml": _CONTRACT})
        yield Stage(kind, root, town, played)


def town_of(kind: str, root: Path, home: Path) -> Town:
    """The town below `root` that `playing` made, also in another process, with a home of its own."""
    return Town(root / "datasets" / "town", root / "source", home, KINDS[kind])


def expect(town: Town, of_month: Mapping[str, Iterable[Record]], now: datetime = NOW) -> None:
    """After work that came to its end: the tables have these records once, and there is nothing left to do."""
    wanted = {month: sorted(found) for month, found in of_month.items()}
    for month, found in wanted.items():
        assert town.rows("staged.records", month) == [record.row() for record in found], month
    # A kind that is asked by windows may know of an empty one.
    assert all(town.rows("staged.records", month) == [] for month in town.standing().keys() - wanted.keys())
    expect_closed_accounts(town)
    assert list(town.stale(now).stale) == []
    expect_nothing_to_do(town, now)


def expect_closed_accounts(town: Town) -> None:
    """Every row that arrived is in the table, and none was rejected."""
    for state in town.platform.lake.table(STAGED).partitions().values():
        account = state.provenance["account"]
        assert account["arrived"] == account["clean"] == state.provenance["rows"]
    assert town.quarantine("staged.records") == []


def expect_nothing_to_do(town: Town, now: datetime = NOW) -> None:
    """Working again writes nothing."""
    before = town.files()
    assert town.works(now).done == ()
    assert town.files() == before


@cache
def _datasets(folder: Path) -> Datasets:
    # A home of its own: what was checked once is noted there.
    return SmallDataset(folder, folder, folder.parents[1] / "definitions").datasets
