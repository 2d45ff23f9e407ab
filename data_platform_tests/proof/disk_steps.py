"""What is tried on a full disk: the steps of a town of rain gauges, whose sources are on a web server."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from data_platform.engines.duckdb import Engine
from data_platform.lake.names import TableName
from data_platform.lake.tables import UNPARTITIONED
from data_platform.settings import Settings
from data_platform.steps.build import build
from data_platform.steps.maintenance import maintain_platform
from data_platform.steps.platform import Platform
from data_platform.steps.publish import publish_warehouse
from data_platform.steps.receive import receive
from data_platform_tests.lake.writing import sighting
from data_platform_tests.planning.town import rain, town
from data_platform_tests.proof.small_disk import PAGE, Unit
from data_platform_tests.small_dataset import NOW, PLACES, SCHEMA, SmallDataset
from data_platform_tests.sources.server import Answer, Asked, serve, whole

_AFTER_RETENTION = timedelta(days=30)
_MONTHS = _FULL_MONTH, _MONTH = "2024-01", "2024-02"
_READINGS_IN_FULL_MONTH = 150_000  # more than the engine of `spill` has memory for

_RAIN, _READINGS = TableName("curated", "daily_rain"), TableName("staged", "readings")


@dataclass(frozen=True)
class Step:
    """What is done while the disk is full, in which functions of the platform that must have shown, and what has to
    have happened before.
    """

    name: str
    act: Callable[[Platform], object]
    parts: frozenset[str]
    before: tuple[Callable[[Platform], object], ...] = ()
    tried: Mapping[Unit, tuple[int, ...]] = field(default_factory=dict)
    """What is tried of a step that takes long; where nothing is said, whatever makes a difference."""


def _receive(table: str, partition: str) -> Callable[[Platform], object]:
    def act(platform: Platform) -> object:
        return receive(platform.lake, platform.catalog.raw(TableName("raw", table)), [partition], run_id="r", now=NOW)

    return act


def _build(table: TableName, partition: str = _MONTH) -> Callable[[Platform], object]:
    return lambda platform: build(platform, platform.catalog.model(table), partition, run_id="r")


def _build_with_little_memory(platform: Platform) -> object:
    engine = Engine("18MB", 1, platform.engine.temp_directory)
    return _build(_READINGS, _FULL_MONTH)(replace(platform, engine=engine))


def _publish(platform: Platform) -> object:
    return publish_warehouse(platform, now=NOW)


def _forget(table: TableName) -> Callable[[Platform], object]:
    return lambda platform: shutil.rmtree(platform.lake.storage.local(str(table)))


def _grow_log(platform: Platform) -> None:
    """To the length at which a commit comes with a checkpoint."""
    table = platform.lake.table(_RAIN)
    columns, month = table.columns(), "2001-01"
    number = 0
    while number < 48:
        base = table.begin([month])
        number = table.commit(base, [], columns=columns, fingerprints={month: f"{number:015x}"}, provenance={}).version


def _grow_ledger(platform: Platform) -> None:
    """To so many files that maintenance compacts it."""
    ledger = platform.lake.ledger("places")
    for _ in range(21):
        ledger.append([sighting("another", None)], base=ledger.read())


def _orphan(platform: Platform) -> None:
    """What a killed run leaves."""
    platform.lake.table(_RAIN).new_file(_MONTH, rejected=False).path.write_bytes(bytes(2 * PAGE))


def maintain(platform: Platform) -> object:
    return maintain_platform(platform, oldest_run_started=None, now=datetime.now(UTC) + _AFTER_RETENTION)


_ARRIVE = _receive("readings", _MONTH)

_WRITTEN = frozenset({"engines/copies.py:_copy", "lake/commit.py:_write"})
_LEDGER = frozenset({"lake/ledger.py:_change", "lake/commit.py:_write"})

STEPS = (
    Step("receive", _ARRIVE, _LEDGER | {"sources/receive.py:append", "lake/storage.py:adopt"}),
    Step("receive text", _receive("places", UNPARTITIONED), _LEDGER | {"sources/rows_file.py:_opened"}),
    Step("stage", _build(_READINGS), _WRITTEN, (_ARRIVE,)),
    Step(
        "spill",
        _build_with_little_memory,
        frozenset({"engines/copies.py:_copy"}),
        (_receive("readings", _FULL_MONTH),),
        tried={"pages": (64, 512), "files": (), "touches": ()},
    ),
    Step("curate", _build(_RAIN), _WRITTEN, (_ARRIVE, _build(_READINGS), _grow_log)),
    Step(
        "curate a new table",
        _build(_RAIN),
        _WRITTEN | {"lake/storage.py:new_file", "lake/commit.py:_create"},
        (_ARRIVE, _build(_READINGS), _forget(_RAIN)),
    ),
    Step(
        "publish",
        _publish,
        frozenset({"warehouse/build.py:build", "warehouse/files.py:write_beside"}),
        (_ARRIVE, _build(_READINGS), _build(_RAIN)),
        tried={"pages": (0, 1, 4, 64, 384)},
    ),
    Step(
        "maintain",
        maintain,
        _LEDGER,
        (_ARRIVE, _build(_READINGS), _grow_ledger, _orphan),
    ),
)


@dataclass(frozen=True)
class ServedDataset(SmallDataset):
    """Its sources are on a web server."""

    base: str

    @property
    def settings(self) -> Settings:
        return super().settings.model_copy(update={"tlc_url": self.base})


def _giving(path: Path) -> Callable[[Asked], Answer]:
    def give(_: Asked) -> Answer:
        return whole(path.read_bytes(), ETag=f'"{path.stat().st_mtime_ns}"') if path.exists() else Answer(404)

    return give


def _many_readings() -> pa.Table:
    numbers = range(_READINGS_IN_FULL_MONTH)
    return pa.table(
        [
            pa.array(numbers, pa.int64()),
            pa.array([1] * len(numbers), pa.int32()),
            pa.array([datetime(2024, 1, 1 + number % 28) for number in numbers], pa.timestamp("us")),
            pa.array([number % 400 for number in numbers], pa.float64()),
            pa.array([f"note {number}" for number in numbers]),
        ],
        schema=SCHEMA,
    )


@contextmanager
def old_town(folder: Path, home: Path, kept: Path) -> Iterator[Platform]:
    """Built and published at `home`, kept as it is at `kept`, with corrections at its sources from then on."""
    with serve() as server:
        first = town(folder)
        small = ServedDataset(first.folder, first.source, home, server.base)
        for name in ("places.csv", *(f"{kind}-{month}.parquet" for kind in ("readings", "snow") for month in _MONTHS)):
            server.gives(f"/{name}", _giving(small.source / name))
        rain(small, _FULL_MONTH, 1, 2, None)
        rain(small, _MONTH, 3)
        small.run()
        _publish(small.platform)
        shutil.copytree(home, kept)
        rain(small, _MONTH, *range(2_000), None)
        small.put(_FULL_MONTH, _many_readings())
        small.put_file("places.csv", PLACES.replace("Harbour", "Old Harbour"))
        yield small.platform
