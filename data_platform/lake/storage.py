"""Where bytes live: keys below one root. A store knows nothing of tables, ledgers or logs."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from data_platform import locks

_TIME_IN_NAME = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{32}(?:\.[a-z]+)*")
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
# delta-rs decodes an escape in a path that it was given verbatim, and then looks elsewhere.
_MISREAD_ROOT = re.compile(r"%[0-9A-Fa-f]{2}|\\")


@dataclass(frozen=True)
class NewFile:
    """A unique place to write to, not yet part of anything.

    `key` is relative to the lake's root and '/'-separated; `path` is where to write it on this machine
    (for a remote store a temporary file).
    """

    key: str
    path: Path


@dataclass(frozen=True)
class StoredFile:
    """A file as the store lists it."""

    key: str
    bytes: int
    modified_at: datetime


class Storage(Protocol):
    """A store of immutable, uniquely named files. Keys are relative to its root and '/'-separated."""

    def delta_uri(self, key: str) -> str:
        """The folder `key` as delta-rs wants it named."""
        ...

    def delta_options(self) -> dict[str, str] | None:
        """What delta-rs needs beside the URI, such as credentials."""
        ...

    def new_file(self, folder: str, suffix: str) -> NewFile:
        """A name that nobody else has or gets, beginning with the time of its making (see `written_at`)."""
        ...

    def keep(self, new: NewFile) -> int:
        """Makes what was written durable under its key, before anything names it; returns its size in bytes."""
        ...

    def adopt(self, path: Path, key: str) -> None:
        """Moves a finished local file to `key` atomically; the file's time of modification becomes now."""
        ...

    def local(self, key: str) -> Path:
        """A path on this machine from which `key` can be read."""
        ...

    def read(self, key: str) -> bytes | None:
        """The bytes of a small file, None if there is none."""
        ...

    def stat(self, key: str) -> StoredFile | None:
        """Size and time of a file, None if there is none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a file under `key`."""
        ...

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """Every file below the folder `prefix`, in no particular order."""
        ...

    def folders(self, prefix: str) -> tuple[str, ...]:
        """The names of the folders directly below `prefix` ("" for the root), sorted."""
        ...

    def delete(self, key: str) -> None:
        """Deletes the file; one that is gone already is no error."""
        ...

    def delete_unchanged(self, listed: StoredFile) -> bool:
        """Deletes the file unless it was replaced after it was listed; whether it did."""
        ...


def written_at(key: str) -> datetime | None:
    """The UTC time in the name that `new_file` gave, None for any other name."""
    match = _TIME_IN_NAME.fullmatch(key.rpartition("/")[2])
    return datetime.strptime(match[1], _TIME_FORMAT).replace(tzinfo=UTC) if match else None


class LocalStorage:
    """A folder on a local disk.

    Raises ValueError for a root that delta-rs would misread: one with a backslash or an escape like %20.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        if misread := _MISREAD_ROOT.search(str(self.root)):
            raise ValueError(
                f"{root}: a lake cannot live below a folder with '{misread[0]}' in its name; choose another"
            )

    def delta_uri(self, key: str) -> str:
        return str(self._path(key))

    def delta_options(self) -> dict[str, str] | None:
        return None

    def new_file(self, folder: str, suffix: str) -> NewFile:
        key = f"{folder}/{datetime.now(UTC):{_TIME_FORMAT}}-{uuid4().hex}{suffix}"
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return NewFile(key, path)

    def keep(self, new: NewFile) -> int:
        _sync(new.path)
        _sync(new.path.parent)
        return new.path.stat().st_size

    def adopt(self, path: Path, key: str) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(path)
        # Maintenance judges such a file by its age: an old download must not look like an old orphan.
        os.utime(path)
        try:
            self._take_place(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._adopt_from_elsewhere(path, key)
        _sync(target.parent)

    def _adopt_from_elsewhere(self, path: Path, key: str) -> None:
        """From another file system a move is a copy: it gets its name only once it is whole."""
        beside = self.new_file(key.rpartition("/")[0], ".part").path
        shutil.copyfile(path, beside)
        _sync(beside)
        self._take_place(beside, self._path(key))
        path.unlink()

    def _take_place(self, path: Path, target: Path) -> None:
        # Maintenance may be about to delete an old orphan of that name: see `delete_unchanged`.
        with locks.held(target.parent):
            path.replace(target)

    def local(self, key: str) -> Path:
        return self._path(key)

    def read(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def stat(self, key: str) -> StoredFile | None:
        try:
            found = self._path(key).stat()
        except FileNotFoundError:
            return None
        return StoredFile(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def list(self, prefix: str) -> Iterator[StoredFile]:
        for folder, _, names in os.walk(self._path(prefix)):
            for name in names:
                key = (Path(folder) / name).relative_to(self.root).as_posix()
                # A file may be renamed or deleted by somebody else while we walk.
                if (found := self.stat(key)) is not None:
                    yield found

    def folders(self, prefix: str) -> tuple[str, ...]:
        folder = self._path(prefix)
        return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir())) if folder.is_dir() else ()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def delete_unchanged(self, listed: StoredFile) -> bool:
        path = self._path(listed.key)
        if self.stat(listed.key) != listed:
            return False
        # Looked at again while nobody can rename a fresh file over this one. Taking it aside and putting it back
        # would need no lock, but whoever is killed in between has deleted the fresh file.
        with locks.held(path.parent):
            if self.stat(listed.key) != listed:
                return False
            path.unlink()
            return True

    def _path(self, key: str) -> Path:
        # Keys come back from ledgers and logs: one that climbs out of the lake is refused, not followed.
        parts = key.split("/") if key else []
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise ValueError(f"'{key}' is no key of this lake: it must be a relative path without '.' and '..'")
        return self.root.joinpath(*parts)


def _sync(path: Path) -> None:
    """To the disk itself: a log must never name bytes that a power failure can still lose."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
