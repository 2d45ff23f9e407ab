"""Writing what arrives: hashed and measured in the same pass, within a limit."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.slot import Progress


@dataclass(frozen=True)
class Received:
    """What was written: lower-case hex digest and size in bytes."""

    sha256: str
    bytes: int


def receive(chunks: Iterable[bytes], into: Path, *, expected: int | None, on_progress: Progress) -> Received:
    """Write `chunks` to `into`, hashed in the same pass; never more than one chunk in memory."""
    digest, received = hashlib.sha256(), 0
    with into.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
            received += len(chunk)
            on_progress(received, expected)
    return Received(digest.hexdigest(), received)


def within(limit: int, chunks: Iterable[bytes], *, expected: int | None, what: str) -> Iterator[bytes]:
    """`chunks` as they are; raises PermanentSourceError naming `what` once more than `limit` is announced or comes."""
    if expected is not None and expected > limit:
        raise _too_large(what, f"announces {expected:,} bytes", limit)
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise _too_large(what, "did not end there", limit)
        yield chunk


def _too_large(what: str, found: str, limit: int) -> PermanentSourceError:
    return PermanentSourceError(f"{what}: larger than max_bytes={limit:,} ({found}). Raise max_bytes if this is right.")
