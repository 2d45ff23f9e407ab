"""What a kind of source implements to be tested: a real one, on loopback, on disk or in a database, that can be told
what to have and how to misbehave. The records are the same for every kind.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from data_platform_tests.conformance.town import Town

Case = Literal[
    "paging",
    "empty",
    "resume",
    "fault of the moment",
    "fault that stays",
    "malformed",
    "delivered again",
    "changed",
    "taken back",
    "late",
    "clock skew",
    "huge",
    "kill -9",
    "new Dagster instance",
    "two at once",
]
# What a source does once it is told to, until `recovers`. `breaks off`: half of a slot is sent, or lies there.
Trouble = Literal["breaks off", "is unwell", "is shut", "is malformed"]


@dataclass(frozen=True, order=True)
class Record:
    """One record of a source, told apart by its number."""

    record_id: int
    at: datetime
    value: Decimal
    note: str | None = None

    def row(self) -> dict[str, object]:
        """As the staged table has it."""
        return {"record_id": self.record_id, "at": self.at, "value": self.value, "note": self.note}


def records(month: str, numbers: Iterable[int], *, changed: int = 0, letters: int = 0) -> Iterable[Record]:
    """Records of a month (`2024-01`), one a number; others with the same numbers where `changed` differs.

    `letters`: the length of a note that packs badly.
    """
    begin = datetime.fromisoformat(f"{month}-01")
    for number in numbers:
        note = hashlib.shake_128(str(number).encode()).hexdigest(letters // 2) if letters else _note(number)
        # Unordered within the month, and never so late that a day more or less would lead out of it.
        at = begin + timedelta(days=2 + number * 7 % 24, seconds=number % 86_400)
        yield Record(number, at, Decimal(number * 100 + changed) / 100, note)


def _note(number: int) -> str | None:
    return (None, "plain", 'it\'s "quoted", with a comma', "Grüße, 東京 🚇", "two\nlines")[number % 5]


class Played(Protocol):
    """A real source of the raw table `records`, which has a slot or several for each month."""

    @property
    def yaml(self) -> str:
        """What an author writes below `source:`, in one line (`{http_file: {…}}`). Addresses as they are."""
        ...

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        """From now on it has these records of the month and no others, in so many pages (files, windows).

        `found` may be far more than fits in memory. What was said before of the month is over.
        """
        ...

    def delivers_again(self, month: str) -> None:
        """What it has of the month, once more: a file is sent again, a page has another ETag, a push another try."""
        ...

    def does(self, trouble: Trouble, month: str) -> None:
        """From now on, whoever asks for the month meets this."""
        ...

    def recovers(self) -> None:
        """No trouble any more: it has what `has` said last."""
        ...

    def sets_clock(self, ahead: timedelta) -> None:
        """Its clock is so far ahead of everybody's (behind, if negative), from now on."""
        ...


def nobody_delivers(_: "Town") -> list[str]:
    """Of a kind that is asked by the platform."""
    return []


@dataclass(frozen=True)
class Kind:
    """A kind of source, by its name in `source:`, and the play in which it is tested.

    `played_by`: what plays it, for the documentation. `playing`: a source whose files, if any, lie in a folder.
    `not_for`: a case that says nothing about this kind → why, in one sentence. `empty`: what becomes of a slot without
    records, in a few words. `told`: trouble → a pattern for what people are told then. `deliver`: brings what the
    source has to a platform, where it is not the platform that asks; returns what went wrong, a line each.
    """

    name: str
    played_by: str
    playing: Callable[[Path], AbstractContextManager[Played]]
    empty: str
    told: Mapping[Trouble, str]
    not_for: Mapping[Case, str] = field(default_factory=dict)
    deliver: "Callable[[Town], list[str]]" = nobody_delivers
