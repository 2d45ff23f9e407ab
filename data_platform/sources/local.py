"""Files on this machine's file systems as a source: their version is size and time of change."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from data_platform.sources.errors import MissingYet, PermanentSourceError, TransientSourceError
from data_platform.sources.receive import receive, within
from data_platform.sources.slot import Fetched, Progress, Version

_CHUNK = 1 << 20


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
    chunks = within(limit, _chunks(path, before.st_size), expected=version.bytes, what=str(path))
    received = receive(chunks, into, expected=version.bytes, on_progress=on_progress)
    after = _state(path)
    if after is None or _identity(after) != _identity(before) or received.bytes != before.st_size:
        raise TransientSourceError(f"{path}: was changed while it was read. Files should be moved in place whole.")
    return Fetched(version.text, received.sha256, received.bytes, path.name)


def _state(path: Path) -> os.stat_result | None:
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _cannot_read(path, error) from error
    # Opening a pipe would wait for its writer, for ever.
    if not stat.S_ISREG(state.st_mode):
        raise PermanentSourceError(f"{path}: is not a regular file. Name the file itself.")
    return state


def _version(state: os.stat_result) -> Version:
    return Version(f"size={state.st_size};mtime_ns={state.st_mtime_ns}", state.st_size)


def _identity(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _chunks(path: Path, size: int) -> Iterator[bytes]:
    """The first `size` bytes: a file that somebody appends to would never end."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise _cannot_read(path, error) from error
    with file:
        while size and (chunk := _read(file, path, min(size, _CHUNK))):
            size -= len(chunk)
            yield chunk


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise _cannot_read(path, error) from error


def _cannot_read(path: Path, error: OSError) -> PermanentSourceError | TransientSourceError:
    message = f"{path}: cannot be read: {error.strerror}"
    if isinstance(error, PermissionError):
        return PermanentSourceError(f"{message}. Give this user the right to read it.")
    return TransientSourceError(message)
