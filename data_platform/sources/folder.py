"""What lies below a folder, and copies of its files. No link is followed, neither by listing nor by copying."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from data_platform.sources.errors import ChangingYet
from data_platform.sources.local import cannot_read, first_bytes, refuse_irregular
from data_platform.sources.receive import Arriving, within
from data_platform.sources.slot import Fetched, Progress

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
# A pipe that took a file's place would be waited for, until somebody writes to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass
class Listing:
    """A walk through all that lies below `folder`, once. Raises SourceError when the folder cannot be read.

    Afterwards `odd` has what is no file, each with what it is, and `is_whole` says whether everything could be read and
    there was something. No folder at all is one in which nothing lies.
    """

    folder: Path
    odd: list[tuple[str, str]] = field(default_factory=list)
    is_whole: bool = True

    def files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Regular files by their path below the folder."""
        below = [""]
        count = 0
        while below:
            prefix = below.pop()
            try:
                with os.scandir(self.folder / prefix) as entries:
                    for entry in entries:
                        name = prefix + entry.name
                        count += 1
                        if (state := self._regular(entry, name, below)) is not None:
                            yield name, state
            except OSError as error:
                self._not_listed(prefix, error)
        self.is_whole = self.is_whole and count > 0

    def _regular(self, entry: os.DirEntry[str], name: str, below: list[str]) -> os.stat_result | None:
        """The state of a file; None for all else, a folder being put to those that are still to be walked through."""
        try:
            state = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        what = None
        if not name.isascii() and not _is_text(name):
            what = "has a name that is no UTF-8; rename it"
        elif stat.S_ISREG(state.st_mode):
            return state
        elif stat.S_ISDIR(state.st_mode):
            below.append(f"{name}/")
        elif stat.S_ISLNK(state.st_mode):
            what = "is a symbolic link, which is not followed; put the file itself there"
        else:
            what = "is a pipe, a socket or a device, not a file"
        if what is not None:
            self.odd.append((name, what))
        return None

    def _not_listed(self, prefix: str, error: OSError) -> None:
        # What lay in a folder that was just deleted or moved may be elsewhere, behind our back.
        self.is_whole = False
        if isinstance(error, FileNotFoundError | NotADirectoryError) and (prefix or not self.folder.exists()):
            return
        if not prefix:
            raise cannot_read(self.folder, error) from error
        self.odd.append((prefix, f"cannot be listed: {error.strerror}. Give this user the right to read it"))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def version_of(state: os.stat_result) -> str:
    """Size, and the times at which the content and anything at all of the file was last changed.

    The second one is the system's: no writer can set it back, so that a rewrite of the same size and time is seen.
    """
    return f"size={state.st_size};mtime_ns={state.st_mtime_ns};ctime_ns={state.st_ctime_ns}"


def fetch(
    folder: Path, below: str, into: Path, *, limit: int, on_progress: Progress, unless: str | None
) -> Fetched | None:
    """Copies a file by its path below `folder`; None when its version is `unless`.

    Raises ChangingYet when it was changed or replaced while it was read, and other SourceErrors.
    """
    # As it may stand in a message: a name may hold line breaks and worse.
    path = Path(quote(str(folder / below)))
    with _opened(folder, below, path) as file:
        before = os.fstat(file.fileno())
        refuse_irregular(path, before)
        version, size = version_of(before), before.st_size
        if version == unless:
            return None
        arriving = Arriving(into)
        chunks = within(limit, first_bytes(file, path, size), total=size, what=str(path))
        arriving.append(chunks, total=size, on_progress=on_progress)
        # A file that was replaced has lost its name, which is a change like any other.
        if version_of(os.fstat(file.fileno())) != version or arriving.bytes != size:
            raise ChangingYet(f"{path}: was changed while it was read")
    return Fetched(version, arriving.sha256, arriving.bytes, path.name)


@contextmanager
def _opened(folder: Path, below: str, shown: Path) -> Iterator[BinaryIO]:
    """The file of that path, where none of its steps is a link: one may have been put there since the listing."""
    *steps, name = below.split("/")
    with ExitStack() as opened:
        try:
            at = os.open(folder, _FOLDER)
            opened.callback(os.close, at)
            for step in steps:
                at = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
                opened.callback(os.close, at)
            # Asked before: to open a device may do something.
            refuse_irregular(shown, os.stat(name, dir_fd=at, follow_symlinks=False))
            file = os.fdopen(os.open(name, _FILE, dir_fd=at), "rb")
        except OSError as error:
            raise cannot_read(shown, error) from error
        with file:
            yield file
