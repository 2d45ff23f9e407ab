"""Locks that a process takes with it when it dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from data_platform.locks import held, is_held

_HOLD = """\
import sys
from pathlib import Path
from data_platform.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["a file", "a folder"])
def test_a_lock_is_seen_by_others_until_its_process_is_killed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch() if name == "a file" else path.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_held(path)
        holder.kill()
        holder.wait()
        assert not is_held(path)
        with held(path):
            assert is_held(path)


def test_what_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError), held(tmp_path / "nothing"):
        pass
