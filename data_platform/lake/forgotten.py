"""Who is to be forgotten: what each request left, in files that are written once and hold digests, never a value."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from data_platform.lake.storage import Storage

Left = Literal["begun", "tombstones", "did", "done"]
_FOLDER = "forgotten"


class Forgotten:
    """The records of all requests, below `forgotten/`: append-only, by request and kind."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, request: str, left: Left, content: Mapping[str, Any]) -> None:
        """Keeps a record for good; the same one again changes nothing. `content` is what JSON can hold."""
        text = json.dumps(content, sort_keys=True).encode()
        key = f"{_FOLDER}/{request}.{left}.{hashlib.sha256(text).hexdigest()[:16]}.json"
        if not self._storage.exists(key):
            new = self._storage.new_file(_FOLDER, ".part")
            new.path.write_bytes(text)
            self._storage.adopt(new.path, key)

    def of(self, left: Left, request: str | None = None) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """(request, content) of each record of a kind, of all requests or of one, the oldest request first."""
        found = []
        for key in self._keys(left):
            name = key.removeprefix(f"{_FOLDER}/").partition(".")[0]
            if request in (None, name) and (text := self._storage.read(key)) is not None:
                found.append((name, json.loads(text)))
        return tuple(found)

    def mark(self) -> str:
        """Equal marks, equal tombstones; "" while there are none. Costs the listing of a small folder."""
        keys = self._keys("tombstones")
        return hashlib.sha256("\n".join(keys).encode()).hexdigest() if keys else ""

    def _keys(self, left: Left) -> list[str]:
        return sorted(file.key for file in self._storage.list(_FOLDER) if f".{left}." in file.key)
