"""What readers see after a kill: every table and the publication of one generation, whole; and nothing left over."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from data_platform.lake.log import LOG_FOLDER, read_log
from data_platform.lake.names import TableName
from data_platform.lake.tables import PartitionState
from data_platform.steps.platform import Platform
from data_platform.warehouse.files import LOCK
from data_platform.warehouse.publication import PREVIOUS, RECORD, WAREHOUSE, current, needed_files, read_record
from data_platform.warehouse.read import open_read_only
from data_platform_tests.planning.town import told
from data_platform_tests.proof.kill_rain import MONTHS, PLACES, Digest, Generation, Rain, digest
from data_platform_tests.small_dataset import SmallDataset

TABLES = {
    "staged/places": ("all",),
    "staged/readings": MONTHS,
    "curated/daily_rain": MONTHS,
    "curated/record_days": ("all",),
}
_OF_A_LOG = re.compile(rf"/{LOG_FOLDER}/(_last_checkpoint|\d{{20}}\.(json|checkpoint\.parquet))$")
T = TypeVar("T")


_NOTHING = Digest(0, 0)

Rows = tuple[Digest, Digest]
"""Those of a table, and those that it rejected."""


@dataclass(frozen=True)
class Standing:
    """What readers find: the rows of each partition that was ever committed, and those of each published relation."""

    partitions: Mapping[tuple[str, str], Rows] = field(default_factory=dict)
    published: Mapping[str, Digest] = field(default_factory=dict)


class Readers:
    """Looks at a home, again and again, and compares with what may stand there.

    A file is read once, and again when it is another one by inode, size or time.
    """

    def __init__(self, rain: Rain, small: SmallDataset) -> None:
        self.rain = rain
        self.small = small
        self.platform: Platform = small.platform
        self.standing = Standing()
        self._read: dict[tuple[object, ...], Any] = {}

    def look(self, now: Generation) -> None:
        """After a kill: each partition and the publication are as at the last look or as `now` wants them."""
        self._look_at_ledgers()
        before, wanted = self.standing, self._wanted(now)
        found = Standing(
            {(table, state.partition): rows for table in TABLES for state, rows in self._partitions(table)},
            self._publication(),
        )
        assert before.partitions.keys() <= found.partitions.keys()
        for key, rows in found.partitions.items():
            assert rows in (before.partitions.get(key), wanted.partitions[key]), (key, rows, before, wanted)
        assert found.published in (before.published, wanted.published), (found.published, before.published, wanted)
        self.standing = found

    def expect(self, now: Generation) -> None:
        """After a run that completed: nothing is stale, and all is as `now` wants it."""
        self.look(now)
        assert told(self.small) == []
        assert self.standing == self._wanted(now)
        for source, generation in now.items():
            ledger = self.platform.lake.ledger("places" if source == PLACES else "readings").read()
            (sighting,) = ledger.current("all" if source == PLACES else source)
            assert sighting.sha256 == hashlib.sha256(self.rain.file(source, generation)).hexdigest()

    def expect_nothing_left_over(self) -> None:
        """After maintenance when everything was old enough: whatever lies in the home is named by something."""
        home, lake = self.small.home, self.small.settings.lake_path
        lying = {path.relative_to(lake).as_posix() for path in lake.rglob("*") if not path.is_dir()}
        left = lying - self._named() | {path.name for path in (home / "tmp").iterdir()}
        left |= {path.name for path in self.platform.warehouse.iterdir()} - {WAREHOUSE, PREVIOUS, RECORD, LOCK}
        assert left == set(), left

    def _named(self) -> set[str]:
        lake = self.platform.lake
        named = set(needed_files(self.platform.warehouse))
        for folder in [*(f"ledger/{table}" for table in lake.ledgers()), *map(str, lake.tables())]:
            log = read_log(lake.storage, folder)
            assert log is not None
            named |= log.live.keys() | {file.key for file in lake.storage.list(folder) if _OF_A_LOG.search(file.key)}
        for table in lake.ledgers():
            named |= {str(key) for one in lake.ledger(table).read().all() for key in (one.key, one.data_key)}
        return named

    def _wanted(self, now: Generation) -> Standing:
        expected = self.rain.expected
        tables = {(t, p): (expected(t, p, now), _NOTHING) for t, partitions in TABLES.items() for p in partitions}
        for month in MONTHS:
            clean, _ = tables["staged/readings", month]
            tables["staged/readings", month] = (clean, expected("quarantine/readings", month, now))
        published = {relation: expected(relation, "all", now) for relation in (*TABLES, "quarantine/readings")}
        return Standing(tables, {**published, "quarantine/places": _NOTHING})

    def _partitions(self, table: str) -> Iterator[tuple[PartitionState, Rows]]:
        """Those of one snapshot, whole: what its commit says of each is what its files hold."""
        snapshot = self.platform.lake.table(TableName(*table.split("/"))).snapshot()
        for state in snapshot.partitions.values():
            files = snapshot.files([state.partition])
            clean, rejected = (self._digest(keys, self._columns(table)) for keys in (files.clean, files.rejected))
            if account := state.provenance.get("account"):
                assert account["arrived"] == account["clean"] + account["rejected"] + account["dropped"]
                assert (account["clean"], account["rejected"]) == (clean.rows, rejected.rows)
            assert state.provenance["rows"] == clean.rows
            yield state, (clean, rejected)

    def _look_at_ledgers(self) -> None:
        """Every sighting names bytes that are there, and are what was received."""
        storage = self.platform.lake.storage
        for table in ("places", "readings"):
            for sighting in self.platform.lake.ledger(table).read().all():
                assert sighting.key is not None
                assert sighting.data_key is not None
                assert storage.exists(sighting.data_key)
                path = storage.local(sighting.key)
                found = self._once([path], partial(_sha256, path))
                assert found == sighting.sha256

    def _publication(self) -> Mapping[str, Digest]:
        """What the published file holds; the one before it is whole as well, and the record covers both."""
        folder = self.platform.warehouse
        publication = current(folder)
        needed = [self.platform.lake.storage.local(key) for key in sorted(needed_files(folder))]
        found: dict[str, tuple[str, Mapping[str, Digest]]] = {}
        for name in (WAREHOUSE, PREVIOUS):
            if (folder / name).exists():
                found[name] = self._once([folder / name, *needed], partial(self._of_file, folder / name))
        assert {id for id, _ in found.values()} <= {one.id for one in read_record(folder).publications}
        if WAREHOUSE not in found:
            assert publication is None
            return {}
        assert publication is not None
        assert found[WAREHOUSE][0] == publication.id
        return found[WAREHOUSE][1]

    def _of_file(self, path: Path) -> tuple[str, Mapping[str, Digest]]:
        with open_read_only(path) as reader:
            told_of = reader.execute("SELECT publication_id, table_name, rows FROM operations.publication").fetchall()
            ((id, *_), *_) = told_of
            relations = {name: f"SELECT {self._columns(name)} FROM {name.replace('/', '.')}" for _, name, _ in told_of}
            found = {name: digest(reader, select) for name, select in relations.items()}
        assert {(id, name, of.rows) for name, of in found.items()} == set(told_of)
        return id, found

    def _columns(self, relation: str) -> str:
        table = TableName.parse(relation.replace("quarantine", "staged"))
        return ", ".join(self.platform.catalog.model(table).contract.columns)

    def _digest(self, keys: Sequence[str], columns: str) -> Digest:
        if not keys:
            return _NOTHING
        paths = [self.platform.lake.storage.local(key) for key in keys]
        names = ", ".join(f"'{path}'" for path in paths)
        select = f"SELECT {columns} FROM read_parquet([{names}], hive_partitioning=false)"
        return self._once(paths, lambda: digest(self.rain.connection, select))

    def _once(self, paths: Sequence[Path], read: Callable[[], T]) -> T:
        states = [(path, path.stat()) for path in paths]
        files = tuple((path, of.st_ino, of.st_size, of.st_mtime_ns) for path, of in states)
        if files not in self._read:
            self._read[files] = read()
        found: T = self._read[files]
        return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
