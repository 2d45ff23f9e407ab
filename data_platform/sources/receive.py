"""Writing what arrives: hashed and measured in the same pass, within a limit."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.slot import Progress


@dataclass(frozen=True)
class Received:
    """What was written: lower-case hex digest and size in bytes."""

    sha256: str
    bytes: int


def receive(
    chunks: Iterable[bytes], into: Path, *, expected: int | None, limit: int, on_progress: Progress, what: str
) -> Received:
    """Write `chunks` to `into`, hashed in the same pass; never more than one chunk in memory.

    Raises PermanentSourceError, naming `what`, as soon as more than `limit` bytes are announced or arrive.
    """
    if expected is not None and expected > limit:
        raise _too_large(what, f"announces {expected:,} bytes", limit)
    digest, received = hashlib.sha256(), 0
    with into.open("wb") as file:
        for chunk in chunks:
            received += len(chunk)
            if received > limit:
                raise _too_large(what, "did not end there", limit)
            digest.update(chunk)
            file.write(chunk)
            on_progress(received, expected)
    return Received(digest.hexdigest(), received)


def _too_large(what: str, found: str, limit: int) -> PermanentSourceError:
    return PermanentSourceError(f"{what}: larger than max_bytes={limit:,} ({found}). Raise max_bytes if this is right.")
