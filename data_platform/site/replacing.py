"""Folders that readers may open at any moment: the whole old one or the whole new one, and one writer at a time."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from data_platform import locks

_UNIQUE = r"\.\d{8}T\d{6}Z-[0-9a-f]{32}"
_UNFINISHED = rf"{_UNIQUE}(\.unfinished|\.link)"
_ANY = rf"{_UNFINISHED}?"


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Gives a new empty folder; what the caller has put into it becomes `folder` when the block ends without an error.

    `folder` is a symbolic link to a folder beside it and is switched in one step. The folder that it led to before
    stays, so that who is reading there can go on; older ones go. An error in the block, or a kill at any moment,
    leaves `folder` as it was. A second writer waits for the first.

    Raises FileExistsError when `folder` is there and is no link: somebody else's files are not taken away.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")
    lock.touch()
    with locks.held(lock):
        before = _where(folder)
        _remove(folder, _UNFINISHED)
        whole = folder.with_name(f"{folder.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex}")
        unfinished = whole.with_name(f"{whole.name}.unfinished")
        unfinished.mkdir()
        try:
            yield unfinished
        except BaseException:  # also Ctrl-C
            shutil.rmtree(unfinished)
            raise
        _switch(folder, unfinished.rename(whole))
        _remove(folder, _ANY, before, whole.name)


def remove_older(folder: Path) -> None:
    """Deletes what stood before what stands now, which a reader may still be at: for what nobody may see any more."""
    if _where(folder) is None:
        return
    lock = folder.with_name(f".{folder.name}.lock")
    with locks.held(lock):
        _remove(folder, _ANY, _where(folder))


def _remove(folder: Path, ending: str, *kept: str | None) -> None:
    """Deletes what earlier writers left beside `folder`. Only for the one writer: what is unfinished then is dead."""
    leftover = re.compile(re.escape(folder.name) + ending)
    for path in folder.parent.iterdir():
        if not leftover.fullmatch(path.name) or path.name in kept:
            continue
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def _where(folder: Path) -> str | None:
    """The name of the folder that the link leads to; None when there is no link yet."""
    if folder.is_symlink():
        return folder.readlink().name
    if folder.exists():
        raise FileExistsError(f"{folder} is no link to a folder of ours: move it away, and build again")
    return None


def _switch(folder: Path, new: Path) -> None:
    link = new.with_name(f"{new.name}.link")
    link.symlink_to(new.name)  # relative: the site can be moved as a whole
    link.replace(folder)
