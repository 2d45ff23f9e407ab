"""What every kind of source answers about a slot: the version it has now, and what was fetched."""

from collections.abc import Callable
from dataclasses import dataclass

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
