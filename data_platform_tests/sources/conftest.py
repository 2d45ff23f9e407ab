"""A server on loopback that answers as a test tells it to."""

from collections.abc import Iterator

import pytest

from data_platform_tests.sources.server import Server, serve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running:
        yield running
