"""The endpoint over a dataset of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform_tests.service.pushing import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with open_shop(tmp_path, monkeypatch) as found:
        yield found
