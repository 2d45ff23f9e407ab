"""A full disk, told as one: Python, the engine and the logs each say it in words of their own, few with a path."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_platform.steps.errors import StepError

# As the C library says it; and DuckDB, which lets its folder grow to what is free when it begins.
_FULL = re.compile("No space left on device|Disk quota exceeded|max_temp_directory_size")
_SPILLED = "temp_directory"
_PATH = re.compile(r"""/[^"'\\\n]+""")


class DiskFull(StepError):  # noqa: N818 - it is named for what happened, like the lake's
    """A step that found no room for what it writes. What stood before stands; nothing of the step is seen."""


@contextmanager
def told_if_full(what: str, *places: Path, spill: Path | None = None) -> Iterator[None]:
    """Raises DiskFull, naming the file or the place, for any error inside that comes of a full disk.

    `places`: the folders that are written to, the likeliest first; `spill`: where the engine puts what does not fit
    its memory.
    """
    try:
        yield
    except Exception as error:
        first = _first(error)
        if not _FULL.search(str(first)):
            raise
        if spill is not None and _SPILLED in str(first):
            place, more = spill, "; with more memory (DATA_PLATFORM_MEMORY_LIMIT) less is spilled to disk"
        else:
            place, more = min(places, key=lambda folder: _space(folder).f_bavail), ""
        raise DiskFull(
            f"{what}: no space left on the disk of {_file(first, place)} ({_left(place)}). What stood before stays, "
            "nothing half-written is seen. Free some space there, or set DATA_PLATFORM_HOME to a larger disk, and run "
            f"again{more}"
        ) from error


def _first(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _file(error: BaseException, place: Path) -> str:
    """The file that did not fit, if the error names one below the place."""
    if isinstance(error, OSError) and error.filename is not None:
        return str(error.filename)
    found = (path for path in _PATH.findall(str(error)) if path.startswith(str(place)))
    return next(found, str(place))


def _space(place: Path) -> os.statvfs_result:
    return os.statvfs(next(folder for folder in (place, *place.parents) if folder.exists()))


def _left(place: Path) -> str:
    """What is free by now. A disk on which no file can be made is full as well, however many bytes there are."""
    space = _space(place)
    files = "and no files more " if space.f_files and not space.f_favail else ""
    return f"{space.f_bavail * space.f_frsize / 1e6:,.1f} MB {files}are free now"
