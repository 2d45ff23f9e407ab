"""A town and the database that it is written back to: PostgreSQL and SQLite."""

from pathlib import Path

import pytest

from data_platform_tests.databases import Database
from data_platform_tests.sinks.town import PASSWORD, USER, Town, town


@pytest.fixture(params=["postgresql", "sqlite"])
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    found: Database = request.getfixturevalue(request.param)
    found.run("CREATE TABLE theirs (a INTEGER)")
    if found.user and found.password:
        monkeypatch.setenv(USER, found.user)
        monkeypatch.setenv(PASSWORD, found.password)
    return found


@pytest.fixture
def gauges(tmp_path: Path, target: Database) -> Town:
    return town(tmp_path / "town", target)
