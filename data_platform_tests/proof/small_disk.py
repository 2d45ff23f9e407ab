"""A file system of a few megabytes that is as full as a test wants it, mounted where nobody else sees it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

_REPOSITORY = Path(__file__).resolve().parents[2]

PAGE = 4096  # what such a file system gives at a time
_PLENTY = 64 << 20
_MANY_FILES = 100_000

_TOUCHES = frozenset({"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.truncate"})

Unit = Literal["pages", "files", "touches"]
"""What is left: room for content, names for files (a file system without them is full too), or nothing from the
moment on at which Python writes to the disk for the so-many-th time."""


class SmallDisk:
    """The file system at `at`. It goes with the process, see `run_where_mounting_is_allowed`."""

    def __init__(self, at: Path) -> None:
        self.at = at
        self.filled = False
        self._touches_left: int | None = None
        at.mkdir()
        self._mount(f"size={_PLENTY},nr_inodes={_MANY_FILES}")
        sys.addaudithook(self._see)

    @contextmanager
    def leaving(self, left: int, unit: Unit) -> Iterator[None]:
        """Inside, there is only so much left on the disk beside what is there; `filled` says whether it came to it."""
        self.filled = unit != "touches"
        try:
            if unit == "pages":
                self._fill(left)
            elif unit == "files":
                there = os.statvfs(self.at)
                self._mount(f"remount,nr_inodes={there.f_files - there.f_ffree + left}")
            else:
                self._touches_left = left
            yield
        finally:
            self._touches_left = None
            self._filler.unlink(missing_ok=True)
            if unit == "files":
                self._mount(f"remount,nr_inodes={_MANY_FILES}")

    @property
    def _filler(self) -> Path:
        return self.at / "filler"

    def _fill(self, pages_left: int) -> None:
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, (os.statvfs(self.at).f_bavail - pages_left) * PAGE)

    def _see(self, event: str, arguments: tuple[object, ...]) -> None:
        """Python reports here what it is about to do."""
        if self._touches_left is None or event not in _TOUCHES or not str(arguments[0]).startswith(str(self.at)):
            return
        if event == "open" and not _writes(arguments[2]):
            return
        self._touches_left -= 1
        if self._touches_left == 0:
            self._touches_left = None
            self.filled = True
            self._fill(0)

    def _mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small_disk", str(self.at)], check=True)


def _writes(flags: object) -> bool:
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def run_where_mounting_is_allowed(module: str, *arguments: str) -> str:
    """Runs a module where it may mount, and returns its output: nobody else sees what it mounts, and all of it ends
    with the process.
    """
    way = _way()
    assert way is not None, "asked for where it is not allowed"
    command = [*way, sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout


def mounting_is_allowed() -> bool:
    """Whether this machine lets us: as root, or as anybody where users may have a namespace of their own."""
    return _way() is not None


@cache
def _way() -> Sequence[str] | None:
    ways = (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"])
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=10", "small_disk", folder]
        return next((way for way in ways if _succeeds([*way, *mount])), None)


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:  # no unshare: not Linux
        return False
