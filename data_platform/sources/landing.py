"""The source kind `landing`: a folder into which others put files, and which of them belong to a table."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from data_platform.sources import folder as folders
from data_platform.sources.address import local_path
from data_platform.sources.folder import version_of
from data_platform.sources.slot import ONE_SLOT, Fetched, Odd, Place, Places, Progress, Question, Version, silent


@dataclass(frozen=True)
class FromName:
    """The partition in which the time lies that a group of the pattern has, in a strptime form, once it is shifted."""

    group: str
    format: str
    shift: timedelta = timedelta()

    def moment(self, text: str | None) -> datetime:
        """Raises ValueError for a text that is no such time."""
        try:
            return datetime.strptime(text or "", self.format) + self.shift
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{quote(text or '')!r} is no date of the form {self.format}") from error


@dataclass(frozen=True)
class Landing:
    """Files below `folder` whose path there one of the patterns matches whole.

    partition: how a file's partition is found (None: the table has no partitions). slot: whether each path is a slot of
    its own, or a partition one slot, in which the latest delivery wins. mirror: a file that is taken away is withdrawn.
    settle_seconds: a file that was changed less than so long ago is still being written. max_bytes: the largest file.
    Raises ValueError for a pattern that is none or lacks the group.
    """

    folder: Path
    files: tuple[str, ...]
    partition: FromName | None
    slot: Literal["path", "partition"] = "path"
    mirror: bool = False
    settle_seconds: float = 5.0
    max_bytes: int = 10 * 1000**3
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.folder.is_absolute():
            raise ValueError(f"'{self.folder}': the folder must be an absolute path")
        object.__setattr__(self, "_patterns", tuple(_compiled(text, self.partition) for text in self.files))

    @property
    def origin(self) -> str:
        return "landing"

    @property
    def is_local(self) -> bool:
        return True

    @property
    def mirrors(self) -> bool:
        return self.mirror

    @property
    def shown(self) -> str:
        return self._base

    @contextmanager
    def connected(self) -> Iterator["Landing"]:
        yield self

    def places(self, question: Question) -> Places:
        """Every file that fits a pattern, in the order of their times; those of all partitions, asked for or not."""
        listing = folders.list_folder(self.folder)
        now = int(question.now.timestamp() * 1e9)
        key_of = _Keys(self.partition, question)
        odd = [Odd(self._uri(quote(os.fsencode(name))), None, what) for name, what in listing.odd]
        found: list[tuple[int, str, Place]] = []
        for name, match in self._fitting(listing.files):
            state, below = listing.files[name], quote(name)
            try:
                partition = key_of(match)
            except ValueError as error:
                odd.append(Odd(self._uri(below), None, str(error)))
                continue
            if (seconds := self._moving(state, now)) is not None:
                why = f"was changed {seconds:.0f} s ago: waits until it has rested for {self.settle_seconds:g} s"
                odd.append(Odd(self._uri(below), partition, why, rests=True))
                continue
            # A leading "./" keeps a file that is called like the one slot apart from it.
            slot = ONE_SLOT if self.slot == "partition" else f"./{below}"
            version = Version(version_of(state), state.st_size)
            found.append((state.st_mtime_ns, name, Place(partition, slot, self._uri(below), version)))
        found.sort(key=lambda item: item[:2])
        return Places([place for _, _, place in found], odd, is_listing=listing.is_whole)

    def look(self, uri: str) -> Version | None:
        """The version of a file that is there, links aside."""
        try:
            state = os.lstat(self.folder / self._below(uri))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Version(version_of(state), state.st_size)

    def fetch(
        self, uri: str, into: Path, *, on_progress: Progress = silent, unless: str | None = None
    ) -> Fetched | None:
        """Copies the file; what it reaches by a link is not read."""
        below = self._below(uri)
        return folders.fetch(self.folder, below, into, limit=self.max_bytes, on_progress=on_progress, unless=unless)

    def _fitting(self, names: Mapping[str, object]) -> Iterator[tuple[str, re.Match[str]]]:
        for name in names:
            for pattern in self._patterns:
                if (match := pattern.fullmatch(name)) is not None:
                    yield name, match
                    break

    def _moving(self, state: os.stat_result, now: int) -> float | None:
        """Seconds since the last change where that is too short. A time far in the future says nothing."""
        ages = [abs(now - then) / 1e9 for then in (state.st_mtime_ns, state.st_ctime_ns)]
        return min(ages) if min(ages) < self.settle_seconds else None

    @property
    def _base(self) -> str:
        return self.folder.as_uri()

    def _uri(self, below: str) -> str:
        return f"{self._base}/{below}"

    def _below(self, uri: str) -> str:
        return local_path(uri).relative_to(self.folder).as_posix()


class _Keys:
    """The partition of each file, by what its name says; a text that many names share is read once."""

    def __init__(self, partition: FromName | None, question: Question) -> None:
        self._partition = partition
        self._question = question
        self._known: dict[str | None, str] = {}

    def __call__(self, match: re.Match[str]) -> str:
        if self._partition is None:
            return self._question.windows[0].key
        text = match[self._partition.group]
        if text not in self._known:
            self._known[text] = self._question.key_of(self._partition.moment(text))
        return self._known[text]


def _compiled(text: str, partition: FromName | None) -> re.Pattern[str]:
    try:
        # A line break in a name is a character like any other.
        pattern = re.compile(text, re.DOTALL)
    except re.error as error:
        raise ValueError(f"'{text}' is no pattern: {error}") from error
    if partition is not None and partition.group not in pattern.groupindex:
        raise ValueError(f"'{text}' has no group (?P<{partition.group}>…), which `partition` is from")
    return pattern
