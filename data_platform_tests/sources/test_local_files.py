"""http_file over file:// addresses."""

import hashlib
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data_platform.sources.errors import MissingYet, PermanentSourceError, TransientSourceError
from data_platform.sources.http_file import HttpFile

BODY = b"0123456789" * 300_000


def impatient(url: str, **settings: Any) -> HttpFile:
    return HttpFile(url, **{"attempts": 3, "first_wait_seconds": 0.001, "jitter_seconds": 0.0, **settings})


@pytest.mark.parametrize(
    "name",
    ["plain.csv", "taxi+_zone lookup.csv", "100%.csv", "what?.csv", "a#b.csv", "münchen 🚕.csv", "it's;x=y&z.csv"],
)
def test_any_name_can_be_fetched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BODY)
    url = (tmp_path / name).as_uri()
    source = impatient(url)
    slot = source.slot(None)

    seen = source.look(slot)
    fetched = source.fetch(slot, tmp_path / "into")

    assert (tmp_path / "into").read_bytes() == BODY
    assert (fetched.name, fetched.bytes) == (name, len(BODY))
    assert fetched.sha256 == hashlib.sha256(BODY).hexdigest()
    assert seen is not None
    assert (seen.text, seen.bytes) == (fetched.version, len(BODY))


def test_unescaped_blanks_and_pluses_mean_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "my data+more"
    folder.mkdir()
    (folder / "a_2024-03.csv").write_bytes(b"x\n")
    source = impatient(f"file://{folder}/a_{{partition:%Y-%m}}.csv")
    assert source.fetch(source.slot(datetime(2024, 3, 1)), tmp_path / "into").name == "a_2024-03.csv"


def test_no_such_file_is_missing_yet(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "nothing", tmp_path / "file" / "below"):
        assert impatient(path.as_uri()).look(path.as_uri()) is None
        with pytest.raises(MissingYet, match="no such file"):
            impatient(path.as_uri()).fetch(path.as_uri(), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_what_is_no_regular_file_is_a_permanent_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(PermanentSourceError, match="not a regular file"):
            impatient(path.as_uri()).fetch(path.as_uri(), tmp_path / "into")


SWAPPED = """
import os, sys
from pathlib import Path
from data_platform.sources import local
from data_platform.sources.http_file import HttpFile

path, look = Path(sys.argv[1]), local._state

def then_swap(path):
    state = look(path)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return state

local._state = then_swap
try:
    HttpFile(path.as_uri()).fetch(path.as_uri(), path.with_name("into"))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_pipe_that_takes_the_place_of_a_file_between_two_looks_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(BODY)
    swapped = [sys.executable, "-c", SWAPPED, str(path)]
    # Without the guard it would wait for ever.
    done = subprocess.run(swapped, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"PermanentSourceError {path}: is not a regular file. Name the file itself.\n"
    assert [left.name for left in tmp_path.iterdir()] == ["f.csv"]


def test_a_known_version_is_not_read_again_and_any_change_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"one")
    source = impatient(path.as_uri())
    version = source.fetch(path.as_uri(), tmp_path / "into").version
    (tmp_path / "into").unlink()
    assert source.fetch(path.as_uri(), tmp_path / "into", unless=version) is None
    assert not (tmp_path / "into").exists()

    state = path.stat()
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - 1))
    fetched = source.fetch(path.as_uri(), tmp_path / "into", unless=version)
    assert fetched is not None
    assert fetched.version != version


@pytest.mark.parametrize("how", ["rewritten", "replaced", "removed"])
def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path, how: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(BODY)
    done: list[int] = []

    def disturb(received: int, _expected: int | None) -> None:
        if done:
            return
        done.append(received)
        if how == "rewritten":
            path.write_bytes(BODY[::-1])
        elif how == "replaced":
            state = path.stat()
            (tmp_path / "new").write_bytes(BODY[::-1])
            os.utime(tmp_path / "new", ns=(state.st_atime_ns, state.st_mtime_ns))
            (tmp_path / "new").replace(path)
        else:
            path.unlink()

    source = impatient(path.as_uri())
    if how == "removed":
        with pytest.raises(MissingYet):
            source.fetch(path.as_uri(), tmp_path / "into", on_progress=disturb)
        assert not (tmp_path / "into").exists()
    else:
        fetched = source.fetch(path.as_uri(), tmp_path / "into", on_progress=disturb)
        assert fetched.sha256 == hashlib.sha256(BODY[::-1]).hexdigest()


def test_a_file_that_never_rests_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"x")

    def grow(_received: int, _expected: int | None) -> None:
        with path.open("ab") as file:
            file.write(b"x")

    with pytest.raises(TransientSourceError, match=r"changed while it was read.*3 of 3 attempts"):
        impatient(path.as_uri()).fetch(path.as_uri(), tmp_path / "into", on_progress=grow)
    assert not (tmp_path / "into").exists()


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(BODY)
    with pytest.raises(PermanentSourceError, match="max_bytes=10"):
        impatient(path.as_uri(), max_bytes=10).fetch(path.as_uri(), tmp_path / "into")
