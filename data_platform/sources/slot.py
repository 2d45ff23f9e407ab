"""What every kind of source answers: which slots of which partitions it has, in which version, and what was fetched."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

# The slot of what is one object a partition, wherever it is served from: a mirror's copy takes the place of the
# official one instead of standing beside it, and so does one that is pushed where another is pulled.
ONE_SLOT = "file"

# Called with the bytes received so far and the bytes expected (None when the source does not say).
Progress = Callable[[int, int | None], None]


def silent(_received: int, _expected: int | None) -> None:
    """The progress that nobody watches."""


@dataclass(frozen=True)
class Version:
    """What a source says about a slot now. `text` is only ever compared for equality; `bytes` is None if not told."""

    text: str
    bytes: int | None


@dataclass(frozen=True)
class Fetched:
    """One version of a slot, whole: `name` is what the source calls the file, `bytes` its size as written."""

    version: str
    sha256: str
    bytes: int
    name: str


@dataclass(frozen=True)
class Window:
    """A partition: its key, and the local time at which it begins (None: the table has no partitions)."""

    key: str
    start: datetime | None


@dataclass(frozen=True)
class Question:
    """What a table wants to know of a source: about these partitions, as of `now`.

    `key_of`: the partition that a local time lies in, whether or not the table has it. `known`: the partition in which
    a version of an address was received, None if it was not. `as_parquet`: a file, by the name that its source gave it,
    as Parquet, which is itself or a new one in a folder; raises Refused. `notes`: a file for what need not be found out
    again, None to keep nothing; it holds as long as `rule` is the same. `latest`: the version in which a place was
    received, and when that was; None if its last sighting is of something else.
    """

    windows: Sequence[Window]
    key_of: Callable[[datetime], str]
    known: Callable[[str, str], str | None]
    as_parquet: Callable[[Path, str, Path], Path]
    notes: Path | None
    rule: str
    now: datetime
    latest: "Callable[[Place], tuple[str, datetime] | None]"


@dataclass(frozen=True)
class Place:
    """A slot of a partition, and the address at which it is (or may be).

    `version` where a listing told it; None where the address has to be asked. `made`: what is smaller was made before.
    `closes`: what was received at this moment or later is final, and until then the address is asked again; None: the
    table's own rule says how often.
    """

    partition: str
    slot: str
    uri: str
    version: Version | None = None
    made: int = 0
    closes: datetime | None = None


@dataclass(frozen=True)
class Odd:
    """What lies at a source and is not received: its address, its partition (None: it has none), and why.

    `rests`: it is only waited for, and nothing is wrong with it.
    """

    uri: str
    partition: str | None
    reason: str
    rests: bool = False


@dataclass(frozen=True)
class Places:
    """All that a source may have; `odd` is told to people.

    `is_listing`: an address that is missing here is not there. Without it, nothing follows from what is missing.
    """

    found: Sequence[Place]
    odd: Sequence[Odd] = ()
    is_listing: bool = False


class Source(Protocol):
    """Where a raw table's bytes come from. A kind of source is a class with these answers."""

    @property
    def origin(self) -> str:
        """The kind, as the ledger writes it: what one kind saw says nothing about what another one has."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether the files lie in a folder of this machine: asking it costs nobody anything."""
        ...

    @property
    def mirrors(self) -> bool:
        """Whether what is taken away at the source is withdrawn here."""
        ...

    @property
    def shown(self) -> str:
        """Where it is, as people and logs may see it."""
        ...

    def connected(self) -> "AbstractContextManager[Source]":
        """The same source, ready for many questions, also from several threads."""
        ...

    def places(self, question: Question) -> Places:
        """Where the partitions are. Raises SourceError when that cannot be told."""
        ...

    def look(self, uri: str) -> Version | None:
        """The version at an address now, None when nothing is there. Raises SourceError."""
        ...

    def fetch(self, uri: str, into: Path, *, on_progress: Progress = ..., unless: str | None) -> Fetched | None:
        """Receives what is at an address whole into a file; None when its version still is `unless`.

        Raises MissingYet, ChangingYet and other SourceErrors.
        """
        ...
