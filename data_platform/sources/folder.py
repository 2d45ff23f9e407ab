"""What lies below a folder, and copies of its files. No link is followed, neither by listing nor by copying."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Listing:
    """Regular files by their path below the folder, and what else lies there, each with what it is.

    `is_whole`: everything could be read, and there was something.
    """

    files: dict[str, os.stat_result]
    odd: tuple[tuple[str, str], ...]
    is_whole: bool


def list_folder(folder: Path) -> Listing:
    """All files below `folder`; nothing if there is no such folder. Raises SourceError when it cannot be read."""
    files: dict[str, os.stat_result] = {}
    odd: list[tuple[str, str]] = []
    is_whole = True
    below = [""]
    while below:
        prefix = below.pop()
        try:
            with os.scandir(folder / prefix) as entries:
                for entry in entries:
                    name = prefix + entry.name
                    if (what := _oddity(entry)) is not None:
                        odd.append((name, what))
                    elif entry.is_dir(follow_symlinks=False):
                        below.append(f"{name}/")
                    elif (state := _stat(entry)) is not None:
                        files[name] = state
        except OSError as error:
            # A folder that was just deleted or moved: what lay there may be elsewhere, behind our back.
            is_whole = False
            if isinstance(error, FileNotFoundError | NotADirectoryError) and (prefix or not folder.exists()):
                continue
            if not prefix:
                raise cannot_read(folder, error) from error
            odd.append((prefix, f"cannot be listed: {error.strerror}. Give this user the right to read it"))
    return Listing(files, tuple(sorted(odd)), is_whole and bool(files or odd))


def _oddity(entry: os.DirEntry[str]) -> str | None:
    """What is neither file nor folder, or has no name that can be written down."""
    if not entry.name.isascii() and not _is_text(entry.name):
        return "has a name that is no UTF-8; rename it"
    if entry.is_symlink():
        return "is a symbolic link, which is not followed; put the file itself there"
    if not (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)):
        return "is a pipe, a socket or a device, not a file"
    return None


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


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
