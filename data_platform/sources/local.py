"""Files on this machine's file systems as a source: their version is size and time of change."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from data_platform.sources.errors import MissingYet, PermanentSourceError, SourceError, TransientSourceError
from data_platform.sources.receive import Arriving, within
from data_platform.sources.slot import Fetched, Progress, Version

_CHUNK = 1 << 20
_NO_SUCH_PATH = frozenset({errno.ELOOP, errno.ENAMETOOLONG})


def look(path: Path) -> Version | None:
    """The version of `path`, or None when there is no such file.

    A file rewritten with the same size and the same nanosecond of change is not told apart.
    """
    state = _state(path)
    return None if state is None else _version(state)


def fetch(path: Path, into: Path, *, limit: int, on_progress: Progress, unless: str | None) -> Fetched | None:
    """Copy `path` to `into`; None when its version is `unless`.

    Raises TransientSourceError when the file was changed or replaced while it was read.
    """
    before = _state(path)
    if before is None:
        raise MissingYet(f"{path}: no such file")
    version = _version(before)
    if version.text == unless:
        return None
    file = Arriving(into)
    chunks = within(limit, _chunks(path, before.st_size), total=version.bytes, what=str(path))
    file.append(chunks, total=version.bytes, on_progress=on_progress)
    after = _state(path)
    if after is None or _identity(after) != _identity(before) or file.bytes != before.st_size:
        raise TransientSourceError(f"{path}: was changed while it was read. Files should be moved in place whole.")
    return Fetched(version.text, file.sha256, file.bytes, path.name)


def _state(path: Path) -> os.stat_result | None:
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_read(path, error) from error
    refuse_irregular(path, state)
    return state


def refuse_irregular(path: Path, state: os.stat_result) -> None:
    """Raises PermanentSourceError for a folder, a pipe or a device."""
    if not stat.S_ISREG(state.st_mode):
        raise PermanentSourceError(f"{path}: is not a regular file. Name the file itself.")


def _version(state: os.stat_result) -> Version:
    return Version(f"size={state.st_size};mtime_ns={state.st_mtime_ns}", state.st_size)


def _identity(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _chunks(path: Path, size: int) -> Iterator[bytes]:
    try:
        # A pipe that took the file's place would be waited for, until somebody writes to it.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise cannot_read(path, error) from error
    with file:
        refuse_irregular(path, os.fstat(file.fileno()))
        yield from first_bytes(file, path, size)


def first_bytes(file: BinaryIO, path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes in pieces: a file that somebody appends to would never end."""
    while size and (chunk := _read(file, path, min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise cannot_read(path, error) from error


def cannot_read(path: Path, error: OSError) -> SourceError:
    """What an error of the system means for a source."""
    message = f"{path}: cannot be read: {error.strerror}"
    if isinstance(error, PermissionError):
        return PermanentSourceError(f"{message}. Give this user the right to read it.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return MissingYet(f"{path}: no such file")
    if error.errno in _NO_SUCH_PATH:
        return PermanentSourceError(f"{message}. Check the path and its links.")
    return TransientSourceError(message)
