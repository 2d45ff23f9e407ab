"""A service on loopback for the tests of a module; each chooses its play."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.sources.rest.playing import Stage, staged


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        with staged(tmp_path_factory.mktemp("service")) as stage:
            yield stage


@pytest.fixture
def stage(service: Stage, tmp_path: Path) -> Stage:
    """With turns of its own."""
    return Stage(service.base, tmp_path)
