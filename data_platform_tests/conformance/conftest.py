"""A town and its source for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.conformance.played import Kind
from data_platform_tests.conformance.town import Stage, playing


@pytest.fixture
def stage(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with playing(kind, tmp_path) as it:
        yield it
