"""Files that readers may open at any moment: complete under their name, or not there. One publisher at a time."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from data_platform import locks

LOCK = "publish.lock"
_UNIQUE = r"\d{8}T\d{6}Z-[0-9a-f]{32}"
_LEFTOVER = re.compile(rf"(warehouse|previous|publication)\.{_UNIQUE}\.(duckdb(\.wal)?|json)")


def unique_id(now: datetime) -> str:
    """A name that nobody else has and that sorts by time: `20260102T030405Z-<32 hex digits>`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex}"


def replace_durably(complete: Path, target: Path) -> None:
    """Put a complete file in the place of `target`, in one step, so that it also survives a power cut."""
    _sync(complete)
    complete.replace(target)
    _sync(target.parent)


def write_beside(target: Path, content: bytes, *, unique: str) -> Path:
    """A complete file that can take the place of `target` without needing any more space."""
    complete = target.with_name(f"{target.stem}.{unique}{target.suffix}")
    complete.write_bytes(content)
    _sync(complete)
    return complete


@contextmanager
def only_publisher(folder: Path) -> Iterator[None]:
    """Waits until no other process or thread publishes into `folder`. A killed holder lets go by dying."""
    (folder / LOCK).touch()
    with locks.held(folder / LOCK):
        yield


def remove_leftovers(folder: Path) -> None:
    """Delete what killed publishers left. Only for the one publisher: whatever else is unfinished then is dead."""
    for path in folder.iterdir():
        if _LEFTOVER.fullmatch(path.name):
            path.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
