"""Loading a dataset again: what passed its checks is not checked anew, and no mistake hides behind that."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from data_platform.components.datasets import MISTAKES, PROOFS
from data_platform_tests.planning.town import town
from data_platform_tests.small_dataset import FILES, SmallDataset


@pytest.fixture
def small(tmp_path: Path) -> SmallDataset:
    """The town with a home, read once."""
    small = town(tmp_path)
    small.home.mkdir()
    assert small.catalog.tables
    return small


@contextmanager
def tried() -> Iterator[list[str]]:
    """The SELECTs that DuckDB is asked about meanwhile, and the other questions about contracts by their names."""
    asked: list[str] = []

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.endswith("engines/trial.py"):
            asked.append(str(frame.f_locals.get("select", frame.f_code.co_name)))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield asked
    finally:
        sys.setprofile(before)


def said(small: SmallDataset) -> str:
    """The mistakes that loading tells."""
    with pytest.raises(MISTAKES) as caught:
        _ = small.catalog
    return str(caught.value)


def said_anew(small: SmallDataset) -> str:
    """The same without anything kept."""
    (small.home / PROOFS).unlink()
    return said(small)


def tables(small: SmallDataset) -> dict[str, str]:
    return {str(table.name): repr(table) for table in small.catalog}


def test_unchanged_tables_are_not_tried_again_and_are_the_same(small: SmallDataset) -> None:
    with tried() as again:
        kept = tables(small)
    (small.home / PROOFS).unlink()
    with tried() as anew:
        found = tables(small)

    assert set(again) <= {"empty_tables"}
    assert len(anew) > len(kept)
    assert kept == found


def test_only_what_changed_is_tried_again(small: SmallDataset) -> None:
    changed = FILES["curated/daily_rain.sql"].replace("count(*)", "count(place)").strip()
    small.write({"curated/daily_rain.sql": changed})
    with tried() as asked:
        assert small.catalog.tables

    assert [text for text in asked if text.startswith("SELECT")] == [changed]


@pytest.mark.parametrize(
    ("file", "was", "now"),
    [
        ("staged/readings.sql", "r.value AS rain_mm", "r.valu AS rain_mm"),
        ("staged/readings.sql", "LEFT JOIN", "JOIN"),
        ("staged/readings.yaml", "rain_mm > 100", "rain_cm > 100"),
        ("staged/readings.yaml", "max: 500", "max: much"),
        ("curated/daily_rain.yaml", 'this: "sum(readings)"', 'this: "sum(reading)"'),
        ("defs.yaml", "value: {type: DOUBLE}", "value: {type: DUBLE}"),
        # Each of these two breaks another file than the one that changed.
        ("defs.yaml", "value: {type: DOUBLE}", "amount: {type: DOUBLE}"),
        ("staged/places.yaml", "  name: {type: VARCHAR}\n", ""),
    ],
)
def test_a_mistake_is_told_in_the_same_words_as_without_what_was_kept(
    small: SmallDataset, file: str, was: str, now: str
) -> None:
    text = (small.folder / file).read_text()
    assert was in text
    small.write({file: text.replace(was, now, 1)})

    assert said(small) == said(small) == said_anew(small)


def test_what_was_mended_is_right_again(small: SmallDataset) -> None:
    small.write({"staged/readings.sql": "SELECT nothing FROM raw.readings\n"})
    said(small)
    small.write({"staged/readings.sql": FILES["staged/readings.sql"]})

    assert small.catalog.tables


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _altered(path: Path) -> None:
    text = path.read_text()
    assert "raw" in text
    path.write_text(text.replace("raw", "war"))


def _of_other_code(path: Path) -> None:
    _, _, text = path.read_text().partition("\n")
    path.write_text("0" * 64 + "\n" + text)


@pytest.mark.parametrize("harm", [_cut, _altered, _of_other_code, Path.unlink, lambda path: path.write_bytes(b"\xff")])
def test_a_broken_file_costs_time_and_nothing_else(small: SmallDataset, harm: object) -> None:
    before = tables(small)
    assert callable(harm)
    harm(small.home / PROOFS)
    with tried() as asked:
        again = tables(small)
    assert len(asked) > len(again)
    assert again == before

    with tried() as asked:
        assert tables(small) == before
    assert set(asked) <= {"empty_tables"}


def test_tables_that_are_gone_are_forgotten(small: SmallDataset) -> None:
    size = (small.home / PROOFS).stat().st_size
    small.write(dict.fromkeys(("curated/record_days.sql", "curated/record_days.yaml")))
    assert small.catalog.tables

    assert (small.home / PROOFS).stat().st_size < size


@contextmanager
def files_of_no_byte() -> Iterator[None]:
    """Inside, this process can make files and write nothing to them, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_stops_no_loading_and_what_was_kept_stays(small: SmallDataset) -> None:
    before = (small.home / PROOFS).read_bytes()
    small.write(dict.fromkeys(("curated/record_days.sql", "curated/record_days.yaml")))
    with files_of_no_byte():
        found = tables(small)

    assert "curated/record_days" not in found
    assert [path.name for path in small.home.iterdir()] == [PROOFS]
    assert (small.home / PROOFS).read_bytes() == before


def test_a_place_that_cannot_be_written_to_stops_no_loading(small: SmallDataset) -> None:
    (small.home / PROOFS).unlink()
    (small.home / PROOFS).mkdir()

    assert tables(small)
    assert [path.name for path in small.home.iterdir()] == [PROOFS]


def test_nothing_is_kept_where_there_is_no_home(tmp_path: Path) -> None:
    small = town(tmp_path)
    assert small.catalog.tables

    assert not small.home.exists()
