"""A token in a source's address goes to the source and nowhere else that people or logs can see."""

import logging
from pathlib import Path

import pytest

from data_platform.components.metadata import received_metadata
from data_platform_tests.small_dataset import FILES, NOW, SmallDataset, small_dataset
from data_platform_tests.sources.server import Answer, serve, whole

TOKEN = "s3cret-t0ken"


def asking(small: SmallDataset, base: str) -> None:
    """The readings come from a server that wants the token."""
    url = f"{base}/readings-{{partition:%Y-%m}}.parquet?token={TOKEN}"
    small.write({"defs.yaml": FILES["defs.yaml"].replace("{{ tlc_url }}/readings-{partition:%Y-%m}.parquet", url)})


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallDataset:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return small_dataset(tmp_path)


def test_a_refused_file_is_told_without_it(small: SmallDataset, caplog: pytest.LogCaptureFixture) -> None:
    with serve() as server, caplog.at_level(logging.DEBUG):
        server.gives(f"/readings-2024-01.parquet?token={TOKEN}", whole(b"<html><title>Sign in</title></html>"))
        asking(small, server.base)
        (refused,) = small.receive("readings", "2024-01")
        assert refused.outcome == "refused"
        told = [refused.text, *(record.getMessage() for record in caplog.records if "data_platform" in record.name)]
        assert server.asked[0].path.endswith(f"token={TOKEN}")
    assert "Sign in" in refused.text
    assert TOKEN not in "\n".join(told)


def test_what_dagster_shows_and_the_plan_says_are_without_it(small: SmallDataset) -> None:
    with serve() as server:
        page = whole((small.put("2024-01", [])).read_bytes(), ETag='"1"')
        server.gives(f"/readings-2024-01.parquet?token={TOKEN}", page)
        asking(small, server.base)
        received = small.receive("readings", "2024-01")
        assert received[0].outcome == "received"
        assert TOKEN not in str(received_metadata(received))

        server.gives(f"/readings-2024-02.parquet?token={TOKEN}", Answer(500))
        asking(small, f"{server.base}/moved")
        answer = small.stale(NOW)
    told = [item.reason for item in answer.stale] + [item.reason for item in answer.waiting]
    told += [item.error for item in answer.unanswered]
    assert any("moved" in text for text in told)
    assert TOKEN not in "\n".join(told)
