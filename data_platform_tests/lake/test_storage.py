"""Keys below one root, on a real disk: names, durability, moves, and deletes that never take a fresh file."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_platform.lake.storage import LocalStorage, StoredFile, written_at


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


def test_new_files_have_names_of_their_own_that_begin_with_the_time(storage: LocalStorage) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    new = [storage.new_file("staged/trips", ".parquet") for _ in range(100)]

    assert len({file.key for file in new}) == 100
    for file in new:
        assert file.path == storage.root / file.key
        assert file.path.parent.is_dir()
        assert not file.path.exists()
        assert before <= (written_at(file.key) or before - timedelta(1)) <= datetime.now(UTC)


@pytest.mark.parametrize("key", ["staged/trips/part-0.parquet", "a/20240101T000000Z.parquet", "20240101T000000Z-x", ""])
def test_other_names_tell_no_time(key: str) -> None:
    assert written_at(key) is None


def test_keeping_tells_the_size(storage: LocalStorage) -> None:
    new = storage.new_file("a", ".txt")
    new.path.write_text("twelve bytes")
    assert storage.keep(new) == 12
    assert storage.stat(new.key) == next(iter(storage.list("a")))
    assert storage.read(new.key) == b"twelve bytes"
    assert storage.local(new.key).read_text() == "twelve bytes"


def test_what_is_not_there_is_none_and_not_an_error(storage: LocalStorage) -> None:
    assert storage.read("a/b") is None
    assert storage.stat("a/b") is None
    assert not storage.exists("a/b")
    assert list(storage.list("a")) == []
    assert storage.folders("a") == ()
    storage.delete("a/b")
    assert not storage.delete_unchanged(StoredFile("a/b", 1, datetime.now(UTC)))


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", "a/", "a\0b"])
def test_a_key_that_leaves_the_lake_is_refused(storage: LocalStorage, key: str) -> None:
    with pytest.raises(ValueError, match="is no key of this lake"):
        storage.read(key)


@pytest.mark.parametrize("name", ["a%20b", "100%25", "back\\slash"])
def test_a_root_that_delta_rs_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a lake cannot live below"):
        LocalStorage(tmp_path / name)


def test_a_file_is_listed_with_its_folder_key(storage: LocalStorage) -> None:
    for key in ("a/b/x", "a/y", "c/z"):
        storage.local(key).parent.mkdir(parents=True, exist_ok=True)
        storage.local(key).write_text(key)
    assert {file.key for file in storage.list("a")} == {"a/b/x", "a/y"}
    assert {file.key for file in storage.list("")} == {"a/b/x", "a/y", "c/z"}
    assert storage.folders("") == ("a", "c")


def test_an_adopted_file_is_as_young_as_its_adoption(storage: LocalStorage, tmp_path: Path) -> None:
    download = tmp_path / "download"
    download.write_text("bytes")
    os.utime(download, (0, 0))
    storage.adopt(download, "raw/x")

    found = storage.stat("raw/x")
    assert found is not None
    assert datetime.now(UTC) - found.modified_at < timedelta(hours=1)
    assert not download.exists()


def test_a_file_is_adopted_from_another_file_system(storage: LocalStorage) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == storage.root.stat().st_dev:
        pytest.skip("this machine has no second file system to move from")
    download = elsewhere / f"adopted-{os.getpid()}"
    download.write_text("bytes")
    storage.adopt(download, "raw/x")

    assert storage.read("raw/x") == b"bytes"
    assert not download.exists()
    assert [file.key for file in storage.list("")] == ["raw/x"]


def test_an_unchanged_file_is_deleted(storage: LocalStorage) -> None:
    storage.local("x").write_text("old")
    (listed,) = storage.list("")
    assert storage.delete_unchanged(listed)
    assert list(storage.list("")) == []


def test_a_file_that_was_replaced_after_it_was_listed_stays(storage: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "fresh").write_text("same")
    storage.local("x").write_text("same")
    os.utime(storage.local("x"), (0, 0))
    listed = storage.stat("x")
    assert listed is not None
    shutil.move(tmp_path / "fresh", storage.local("x"))

    assert not storage.delete_unchanged(listed)
    assert [file.key for file in storage.list("")] == ["x"]
    assert storage.read("x") == b"same"
