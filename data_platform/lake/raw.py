"""The bytes as received, each once per sha256 and never changed; which of them count, the ledger says."""

import re
from pathlib import Path

from data_platform.lake.names import TableName
from data_platform.lake.storage import NewFile, Storage

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100
INCOMING, FORGETTING = "incoming", "forgetting"


class RawFiles:
    """Raw files of all tables, below `raw/<table>/`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def incoming(self, table: str, folder: str = INCOMING) -> NewFile:
        """Where a download is written until it is known what it is."""
        return self._storage.new_file(f"{raw_folder(table)}/{folder}", ".part")

    def clear(self, table: str, folder: str) -> None:
        """Deletes what a killed process left where only one at a time writes."""
        for left in list(self._storage.list(f"{raw_folder(table)}/{folder}")):
            self._storage.delete(left.key)

    def store(self, table: str, path: Path, *, sha256: str, name: str) -> str:
        """Moves the finished file at `path` to `raw/<table>/<sha256 first 2>/<sha256>-<name>` and returns that key.

        Storing the same bytes again changes nothing but the file's age, which keeps maintenance off a file
        whose sighting is about to be appended. Raises ValueError if `sha256` is not 64 hex digits.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{path}: '{sha256}' is no sha256; expected 64 lower-case hex digits")
        key = f"{raw_folder(table)}/{sha256[:2]}/{sha256}-{_safe(name)}"
        self._storage.adopt(path, key)
        return key


def raw_folder(table: str) -> str:
    """The folder of a raw table's bytes."""
    return str(TableName("raw", table))


def _safe(name: str) -> str:
    """The last part of a URI's path as a file name; its end is kept, since suffixes tell formats."""
    last = name.rstrip("/").rpartition("/")[2]
    return _UNSAFE.sub("_", last)[-_LONGEST_NAME:].lstrip(".") or "file"
