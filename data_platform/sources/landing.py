"""The source kind `landing`: a folder into which others put files, and which of them belong to a table."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from data_platform.sources import folder as folders
from data_platform.sources.address import local_path
from data_platform.sources.content import Contents, FromContent
from data_platform.sources.errors import ChangingYet, SourceError
from data_platform.sources.folder import Listing, version_of
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
    partition: FromName | FromContent | None
    slot: Literal["path", "partition"] = "path"
    mirror: bool = False
    settle_seconds: float = 5.0
    max_bytes: int = 10 * 1000**3
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, compare=False, repr=False)
    _base: str = field(init=False, compare=False, repr=False)
    """The folder's address: made once, as there may be 100,000 files in it."""
    _before: dict[str, tuple[str, Place]] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The files that had come to rest when this table's zone was last listed: their version, and where they belong."""

    def __post_init__(self) -> None:
        if not self.folder.is_absolute():
            raise ValueError(f"'{self.folder}': the folder must be an absolute path")
        object.__setattr__(self, "_base", self.folder.as_uri())
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
        """Every file that fits a pattern; those of all partitions, asked for or not."""
        listing = Listing(self.folder)
        found: dict[str, tuple[str, Place]] = {}
        odd: list[Odd] = []
        place_of = _Placing(self, question)
        for name, state in listing.files():
            version = version_of(state)
            if (before := self._before.get(name)) is not None and before[0] == version:
                found[name] = before
                continue
            place = place_of(name, state, version)
            if isinstance(place, Place):
                found[name] = version, place
            elif place is not None:
                odd.append(place)
        place_of.contents.save()
        object.__setattr__(self, "_before", found)
        odd += [Odd(self.uri(os.fsencode(name)), None, what) for name, what in sorted(listing.odd)]
        return Places([place for _, place in found.values()], odd, is_listing=listing.is_whole)

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

    def match(self, name: str) -> re.Match[str] | None:
        """What the first pattern that fits finds in a path."""
        for pattern in self._patterns:
            if (match := pattern.fullmatch(name)) is not None:
                return match
        return None

    def uri(self, below: str | bytes) -> str:
        """The address of a path below the folder."""
        return f"{self._base}/{quote(below)}"

    def _below(self, uri: str) -> str:
        return local_path(uri).relative_to(self.folder).as_posix()


class _Placing:
    """Where each file belongs, by what its name says; a text that many names share is read once."""

    def __init__(self, landing: Landing, question: Question) -> None:
        self._landing = landing
        self._question = question
        self._now = int(question.now.timestamp() * 1e9)
        self._keys: dict[str | None, str] = {}
        notes = question.notes if isinstance(landing.partition, FromContent) else None
        self.contents = Contents(notes, f"{question.rule} {landing.partition}")

    def __call__(self, name: str, state: os.stat_result, version: str) -> Place | Odd | None:
        """None for a file that fits no pattern."""
        landing = self._landing
        if (match := landing.match(name)) is None:
            return None
        uri = landing.uri(name)
        partition, seconds = None, self._moving(state)
        try:
            if isinstance(landing.partition, FromContent):
                partition = None if seconds is not None else self._by_content(landing.partition, uri, version)
            else:
                partition = self._by_name(landing.partition, match)
        except (ChangingYet, TimeoutError):
            return Odd(uri, None, "waits until it is read, for its rows to tell its partition", rests=True)
        except (ValueError, SourceError) as error:
            return Odd(uri, None, str(error))
        if seconds is not None:
            why = f"was changed {seconds:.0f} s ago: waits until it has rested for {landing.settle_seconds:g} s"
            return Odd(uri, partition, why, rests=True)
        assert partition is not None  # it rests
        # A leading "./" keeps a file that is called like the one slot apart from it.
        slot = ONE_SLOT if landing.slot == "partition" else f"./{quote(name)}"
        return Place(partition, slot, uri, Version(version, state.st_size), made=state.st_mtime_ns)

    def _by_content(self, by: FromContent, uri: str, version: str) -> str:
        """By the rows of exactly this version, unless the ledger tells it already."""

        def find(scratch: Path) -> str:
            copy = scratch / "file"
            fetched = self._landing.fetch(uri, copy)
            if fetched is None or fetched.version != version:
                raise ChangingYet(f"{uri}: was changed while it was read")
            parquet = self._question.as_parquet(copy, fetched.name, scratch)
            return by.partition(parquet, self._question.key_of)

        return self._question.known(uri, version) or self.contents.partition(uri, version, find)

    def _by_name(self, by: FromName | None, match: re.Match[str]) -> str:
        if by is None:
            return self._question.windows[0].key
        text = match[by.group]
        if text not in self._keys:
            self._keys[text] = self._question.key_of(by.moment(text))
        return self._keys[text]

    def _moving(self, state: os.stat_result) -> float | None:
        """Seconds since the last change where that is too short. A time far in the future says nothing."""
        age = min(abs(self._now - state.st_mtime_ns), abs(self._now - state.st_ctime_ns)) / 1e9
        return age if age < self._landing.settle_seconds else None


def _compiled(text: str, partition: FromName | FromContent | None) -> re.Pattern[str]:
    try:
        # A line break in a name is a character like any other.
        pattern = re.compile(text, re.DOTALL)
    except re.error as error:
        raise ValueError(f"'{text}' is no pattern: {error}") from error
    if isinstance(partition, FromName) and partition.group not in pattern.groupindex:
        raise ValueError(f"'{text}' has no group (?P<{partition.group}>…), which `partition` is from")
    return pattern
