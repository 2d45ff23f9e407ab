"""Writing what arrives: hashed and measured in the same pass, within a limit."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.slot import Progress


class Arriving:
    """A file that is being written. After an append that broke off, the next one goes on where it stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restart()

    def restart(self) -> None:
        """Forget what came; the next append begins an empty file."""
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def append(self, chunks: Iterable[bytes], *, total: int | None, on_progress: Progress) -> None:
        """Write `chunks` behind what is there; never more than one of them in memory."""
        with self.path.open("ab" if self.bytes else "wb") as file:
            for chunk in chunks:
                self._digest.update(chunk)
                file.write(chunk)
                self.bytes += len(chunk)
                on_progress(self.bytes, total)


def within(limit: int, chunks: Iterable[bytes], *, total: int | None, what: str, had: int = 0) -> Iterator[bytes]:
    """`chunks` as they are; raises PermanentSourceError naming `what` if more than `limit` is announced or comes.

    `had`: bytes of the same file that came before.
    """
    if total is not None and total > limit:
        raise _too_large(what, f"announces {total:,} bytes", limit)
    for chunk in chunks:
        had += len(chunk)
        if had > limit:
            raise _too_large(what, "did not end there", limit)
        yield chunk


def _too_large(what: str, found: str, limit: int) -> PermanentSourceError:
    return PermanentSourceError(f"{what}: larger than max_bytes={limit:,} ({found}). Raise max_bytes if this is right.")
