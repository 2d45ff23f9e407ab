"""The records of a window as they come: their version, and one file of a line each."""

import hashlib
from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

_PIECE = 1 << 20
_MODULUS = 1 << 256


class Digest:
    """A version of records whatever their order: a service promises none between equals, and another order is no news.

    The sum of their sha256, and their number: equal if and only if the records are, each as often.
    """

    def __init__(self) -> None:
        self.records = 0
        self._sum = 0
        self._keys = array("q")

    def add(self, records: Iterable[bytes]) -> int:
        """Counts a page of records; returns its own fingerprint, which heeds their order."""
        ordered = hashlib.sha256()
        for record in records:
            digest = hashlib.sha256(record).digest()
            self._sum += int.from_bytes(digest, "big")
            self.records += 1
            ordered.update(digest)
        self._sum %= _MODULUS
        return int.from_bytes(ordered.digest()[:8], "big")

    def note_keys(self, keys: Iterable[str | None]) -> None:
        """Notes the keys of a page, each once; 8 bytes a record."""
        for key in {key for key in keys if key is not None}:
            self._keys.append(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True))

    @property
    def repeated(self) -> int:
        """How many keys came on more than one page."""
        import numpy as np

        found = np.frombuffer(self._keys, np.int64)
        return len(found) - len(np.unique(found))

    @property
    def version(self) -> str:
        return f"records={self.records};sum={self._sum:064x}"


class WindowFile:
    """Lines of JSON, packed with zstd. The same lines give the same bytes, however they were cut into pages.

    The file is not there when an error leaves the `with`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._kept: list[bytes] = []
        self._size = 0
        self._stream: Any = None

    def __enter__(self) -> "WindowFile":
        import pyarrow as pa  # it brings zstd, which Python has from 3.14 on

        self._stream = pa.CompressedOutputStream(pa.OSFile(str(self.path), "wb"), "zstd")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with ExitStack() as undo:
            undo.callback(self.path.unlink, missing_ok=True)
            with self._stream:
                if error is None:
                    self._write()
            if error is None:
                undo.pop_all()

    def add(self, records: Iterable[bytes]) -> None:
        """A line for each record. Without any, the file has an empty line: nothing at all would be no file."""
        for record in records:
            self._kept.append(record)
            self._kept.append(b"\n")
            self._size += len(record) + 1
            self.bytes += len(record) + 1
            while self._size >= _PIECE:
                self._write_piece()

    def _write_piece(self) -> None:
        # Pieces of one size: what zstd makes of them must not depend on the pages.
        whole = b"".join(self._kept)
        self._stream.write(whole[:_PIECE])
        self._kept = [whole[_PIECE:]]
        self._size = len(whole) - _PIECE

    def _write(self) -> None:
        self._stream.write(b"".join(self._kept) if self.bytes else b"\n")


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
