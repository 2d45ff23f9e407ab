"""Bytes as received: once per sha256, under a safe name, whole or not at all."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_platform.lake.lake import Lake

SHA256 = hashlib.sha256(b"bytes").hexdigest()


def download(lake: Lake) -> Path:
    path = lake.raw.incoming("trips").path
    path.write_bytes(b"bytes")
    return path


def test_a_file_is_stored_under_its_sha256_and_name(lake: Lake) -> None:
    path = download(lake)
    key = lake.raw.store("trips", path, sha256=SHA256, name="trips_2024-01.parquet")

    assert key == f"raw/trips/{SHA256[:2]}/{SHA256}-trips_2024-01.parquet"
    assert lake.storage.read(key) == b"bytes"
    assert [file.key for file in lake.storage.list("")] == [key]


def test_storing_the_same_bytes_again_changes_only_their_age(lake: Lake) -> None:
    first = lake.raw.store("trips", download(lake), sha256=SHA256, name="a.csv")
    os.utime(lake.storage.local(first), (0, 0))
    again = lake.raw.store("trips", download(lake), sha256=SHA256, name="a.csv")

    assert again == first
    (found,) = lake.storage.list("")
    assert found.bytes == 5
    assert datetime.now(UTC) - found.modified_at < timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("https://example.org/a/b.parquet", "b.parquet"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("zone lookup (ö).csv", "zone_lookup_.csv"),
        ("q.csv?token='; DROP", "q.csv_token_DROP"),
        ("x" * 300 + ".csv.gz", "x" * 93 + ".csv.gz"),
    ],
)
def test_a_name_from_outside_is_made_safe(lake: Lake, name: str, safe: str) -> None:
    key = lake.raw.store("trips", download(lake), sha256=SHA256, name=name)
    assert key == f"raw/trips/{SHA256[:2]}/{SHA256}-{safe}"


@pytest.mark.parametrize("sha256", ["", "abc", SHA256.upper(), SHA256[:-1] + "/"])
def test_what_is_no_sha256_is_refused(lake: Lake, sha256: str) -> None:
    with pytest.raises(ValueError, match="is no sha256"):
        lake.raw.store("trips", download(lake), sha256=sha256, name="a")


def test_a_table_name_from_outside_cannot_climb(lake: Lake) -> None:
    with pytest.raises(ValueError, match="is no table name"):
        lake.raw.incoming("../staged")
