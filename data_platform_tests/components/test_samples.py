"""A dataset's sample appears whole or not at all, once, and anew when its generator has changed."""

from pathlib import Path
from typing import Literal

import httpx
import pytest

from data_platform.components.datasets import installation_of
from data_platform.components.raw_tables import Span
from data_platform.components.samples import ensure_sample, sample_service, sample_span
from data_platform.settings import Settings
from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.loopback import serving

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


SERVICE = """
SECRETS = {"RAIN_TOKEN": "sample-token"}


def service(folder: Path) -> object:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def rain(_request: object) -> object:
        return PlainTextResponse((folder / "files/rain.csv").read_text())

    return Starlette(routes=[Route("/rain", rain)])
"""


def _playing(folder: Path) -> Path:
    dataset = _dataset(folder)
    (dataset / "sample.py").write_text((dataset / "sample.py").read_text() + SERVICE)
    return dataset


def test_a_sample_may_play_the_service_over_what_it_generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    dataset, into = _playing(tmp_path / "rain"), tmp_path / "samples" / "rain"
    ensure_sample(dataset, into)

    with serving(sample_service(dataset, into)) as base:
        assert httpx.get(f"{base}/rain").text == "1"


def test_a_service_that_is_not_there_is_told_as_the_sources_fault(tmp_path: Path) -> None:
    with pytest.raises(PermanentSourceError, match=r"sample://rain: its sample is not generated yet. `make run`"):
        sample_service(_playing(tmp_path / "rain"), tmp_path / "samples")
    with pytest.raises(PermanentSourceError, match=r"sample://snow: there is no dataset with a sample of that name"):
        sample_service(tmp_path / "snow", tmp_path)
    with pytest.raises(PermanentSourceError, match=r"sample://hail: .*has no function 'service'"):
        sample_service(_dataset(tmp_path / "hail"), tmp_path)


def test_a_samples_secrets_are_taken_where_the_environment_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAIN_TOKEN", raising=False)
    root = tmp_path / "datasets"
    root.mkdir()
    _playing(root / "rain")

    def secret(name: str, sources: Literal["sample", "live"] = "sample") -> str:
        chosen = Settings(home=tmp_path / "home", sources=sources)
        return installation_of(root / "rain", chosen).secret(name)

    assert secret("RAIN_TOKEN") == "sample-token"
    monkeypatch.setenv("RAIN_TOKEN", "real-token")
    assert secret("RAIN_TOKEN") == "real-token"
    monkeypatch.delenv("RAIN_TOKEN")
    with pytest.raises(PermanentSourceError, match="RAIN_TOKEN is not set: it holds a secret"):
        secret("RAIN_TOKEN", sources="live")
    with pytest.raises(PermanentSourceError, match="SNOW_TOKEN is not set"):
        secret("SNOW_TOKEN")
