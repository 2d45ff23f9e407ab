"""A dataset's sample appears whole or not at all, once, and anew when its generator has changed."""

from pathlib import Path

import pytest

from data_platform.components.raw_tables import Span
from data_platform.components.samples import ensure_sample, sample_span

GENERATOR = """\
from pathlib import Path

FIRST_PARTITION = "2024-01"
LAST_PARTITION = "2024-03"


def generate(root: Path) -> None:
    (root / "files").mkdir()
    (root / "files" / "rain.csv").write_text("{text}")
    {more}
"""


def _dataset(folder: Path, text: str = "1", more: str = "pass") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sample.py").write_text(GENERATOR.format(text=text, more=more))
    return folder


def test_a_sample_is_generated_once(tmp_path: Path) -> None:
    dataset, into = _dataset(tmp_path / "rain"), tmp_path / "home" / "samples" / "rain"

    assert ensure_sample(dataset, into)
    made = (into / "files/rain.csv").stat()
    assert not ensure_sample(dataset, into)

    assert (into / "files/rain.csv").read_text() == "1"
    assert (into / "files/rain.csv").stat() == made


def test_a_changed_generator_generates_anew_and_leaves_nothing_of_the_old(tmp_path: Path) -> None:
    dataset, into = tmp_path / "rain", tmp_path / "samples"
    ensure_sample(_dataset(dataset, more='(root / "old").touch()'), into)

    assert ensure_sample(_dataset(dataset, text="2"), into)

    assert (into / "files/rain.csv").read_text() == "2"
    assert not (into / "old").exists()


def test_any_part_of_the_generator_counts(tmp_path: Path) -> None:
    dataset, into = _dataset(tmp_path / "rain"), tmp_path / "samples"
    ensure_sample(dataset, into)

    (dataset / "sample_faults.py").write_text("RAIN = 2\n")

    assert ensure_sample(dataset, into)


def test_a_generator_that_fails_leaves_the_sample_before_and_no_half_of_a_new_one(tmp_path: Path) -> None:
    dataset, into = tmp_path / "rain", tmp_path / "samples"
    ensure_sample(_dataset(dataset), into)

    with pytest.raises(ZeroDivisionError):
        ensure_sample(_dataset(dataset, text="2", more="1 / 0"), into)

    assert (into / "files/rain.csv").read_text() == "1"
    assert {path.name for path in tmp_path.iterdir()} == {"rain", "samples"}


def test_a_dataset_without_a_generator_has_no_sample(tmp_path: Path) -> None:
    assert not ensure_sample(tmp_path, tmp_path / "samples")
    assert not (tmp_path / "samples").exists()
    assert sample_span(tmp_path) == Span()


def test_the_generator_says_which_partitions_it_has(tmp_path: Path) -> None:
    assert sample_span(_dataset(tmp_path / "rain")) == Span("2024-01", "2024-03")
