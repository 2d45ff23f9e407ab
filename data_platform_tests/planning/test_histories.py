"""The law of planning: whatever happened in whatever order, running what is stale gives what a fresh build gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from data_platform.lake.lake import Lake
from data_platform.lake.storage import LocalStorage, NewFile
from data_platform.steps.platform import Platform
from data_platform_tests.planning.town import fingerprints, rain, settle, snow, told
from data_platform_tests.small_dataset import FILES, PLACES, SmallDataset

MONTHS = ("2024-01", "2024-02")
TABLES = ("staged.readings", "staged.places", "curated.daily_rain", "curated.record_days")
Happening = Callable[[SmallDataset], object]


class Crash(Exception):  # noqa: N818 - it is named for what happens
    """The end of a run, somewhere between two of its steps."""


class CrashingStorage(LocalStorage):
    """Fails for good at the n-th time that it is asked to write something."""

    def __init__(self, root: Path, touches: int) -> None:
        super().__init__(root)
        self.touches = touches

    def new_file(self, folder: str, suffix: str) -> NewFile:
        self._touch()
        return super().new_file(folder, suffix)

    def keep(self, new: NewFile) -> int:
        self._touch()
        return super().keep(new)

    def adopt(self, path: Path, key: str) -> None:
        super().adopt(path, key)
        self._touch()

    def _touch(self) -> None:
        self.touches -= 1
        if self.touches <= 0:
            raise Crash


@dataclass(frozen=True)
class CrashingTown(SmallDataset):
    """A town whose next run crashes."""

    storage: CrashingStorage | None = None

    @property
    def platform(self) -> Platform:
        assert self.storage is not None
        return replace(super().platform, lake=Lake(self.storage))


def _crash(small: SmallDataset, touches: int) -> None:
    storage = CrashingStorage(small.settings.lake_path, touches)
    try:
        CrashingTown(small.folder, small.source, small.home, storage).run()
    except Crash:
        event("crashed")


def _deliver_again(small: SmallDataset, month: str) -> None:
    path = small.source / f"readings-{month}.parquet"
    small.put_file(path.name, path.read_bytes())


def _break(small: SmallDataset, month: str) -> None:
    path = small.source / f"readings-{month}.parquet"
    small.put_file(path.name, path.read_bytes()[:60])


def _measure(small: SmallDataset, month: str, values: list[float | None]) -> None:
    rain(small, month, *values)


def _edit(small: SmallDataset, files: Mapping[str, str]) -> None:
    small.write(files)


_CODES: tuple[Mapping[str, str], ...] = (
    {"curated/daily_rain.sql": FILES["curated/daily_rain.sql"]},
    {"curated/daily_rain.sql": FILES["curated/daily_rain.sql"].replace("sum(rain_mm)", "round(sum(rain_mm), 2)")},
    {"staged/readings.yaml": FILES["staged/readings.yaml"]},
    {"staged/readings.yaml": FILES["staged/readings.yaml"].replace("max: 500", "max: 2")},
    {"staged/readings.sql": f"-- a comment\n{FILES['staged/readings.sql']}"},
)
_months = st.sampled_from(MONTHS)
# Few values, so that a month is often what it was before: corrections that are withdrawn.
_values = st.sampled_from([[1.0], [1.0, None], [3.0, 4.0, 5.0], []])
_changes: st.SearchStrategy[Happening] = st.one_of(
    st.builds(lambda month, values: partial(_measure, month=month, values=values), _months, _values),
    st.builds(lambda month: partial(_deliver_again, month=month), _months),
    st.builds(lambda month: partial(_break, month=month), _months),
    st.builds(lambda depth: partial(_snow, depth=depth), st.sampled_from([10.0, 20.0])),
    st.builds(lambda name: partial(_name_harbour, name=name), st.sampled_from(["Harbour", "Port"])),
    st.builds(lambda files: partial(_edit, files=files), st.sampled_from(_CODES)),
)
_then: st.SearchStrategy[Happening] = st.one_of(
    st.sampled_from([SmallDataset.stale, SmallDataset.run]),
    st.builds(lambda touches: partial(_crash, touches=touches), st.integers(1, 15)),
)


def _snow(small: SmallDataset, depth: float) -> None:
    snow(small, "2024-02", depth)


def _name_harbour(small: SmallDataset, name: str) -> None:
    small.put_file("places.csv", PLACES.replace("Harbour", name))


@pytest.mark.slow
@given(history=st.lists(st.tuples(_changes, _then), min_size=1, max_size=5))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happened_the_tables_are_those_of_a_build_from_scratch(
    first_town: SmallDataset, tmp_path_factory: pytest.TempPathFactory, history: list[tuple[Happening, Happening]]
) -> None:
    root = Path(mkdtemp(dir=tmp_path_factory.getbasetemp()))
    small = settle(first_town, root / "town")
    for happened, then in history:
        happened(small)
        then(small)
    small.run()
    assert told(small) == []
    assert small.run() == []
    scratch = _from_scratch(small, root / "scratch")
    assert fingerprints(small) == fingerprints(scratch)
    assert _contents(small) == _contents(scratch)


def _from_scratch(small: SmallDataset, root: Path) -> SmallDataset:
    """The same datasets over what the sources have now; where that is broken, over what was received last."""
    scratch = SmallDataset(small.folder, root / "source", root / "home")
    scratch.source.mkdir(parents=True)
    for path in small.source.iterdir():
        scratch.put_file(path.name, path.read_bytes())
    lake = small.platform.lake
    for month in MONTHS:
        (current,) = lake.ledger("readings").read().current(month)
        received = lake.storage.local(str(current.key)).read_bytes()
        path = small.source / f"readings-{month}.parquet"
        if path.stat().st_size == 60:
            scratch.put_file(path.name, received)
        else:
            assert received == path.read_bytes()
    scratch.run()
    return scratch


def _contents(small: SmallDataset) -> dict[str, list[dict[str, Any]]]:
    clean = {table: small.rows(table) for table in (*TABLES, "staged.snow", "curated.monthly_weather")}
    return clean | {"quarantine": small.quarantine("staged.readings")}
