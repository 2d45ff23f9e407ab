"""Locks on files and folders that end with the process that holds them, however it ends. Seen on this machine only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Waits until nobody else holds `path`, and holds it. Raises FileNotFoundError if it is not there."""
    with _locked(path, fcntl.LOCK_EX):
        yield


def is_held(path: Path) -> bool:
    """Whether a living process holds `path`; False if it is not there."""
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
