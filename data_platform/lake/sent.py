"""What was written back to targets outside: an entry for each sending, in files that are written once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from data_platform.lake.names import TableName
from data_platform.lake.storage import Storage

_FOLDER = "sent"


@dataclass(frozen=True)
class SentPartition:
    """A partition of a table at a commit, as it arrived at a target. `target` is shown to people: no credentials."""

    table: str
    partition: str
    version: int
    fingerprint: str
    rows: int
    hash: str
    target: str
    sent_at: datetime
    run_id: str


class SentLedger:
    """All that was sent of one table, below `sent/`: append-only. What a target has is what the target says."""

    def __init__(self, storage: Storage, name: TableName) -> None:
        self._storage = storage
        self._prefix = f"{_FOLDER}/{name.layer}.{name.table}."

    def append(self, sent: Sequence[SentPartition]) -> None:
        """Keeps the entries of one sending for good."""
        rows = [asdict(one) | {"sent_at": one.sent_at.isoformat()} for one in sent]
        new = self._storage.new_file(_FOLDER, ".part")
        new.path.write_text(json.dumps(rows, sort_keys=True), encoding="utf-8")
        name = new.key.removeprefix(f"{_FOLDER}/").removesuffix(".part")
        self._storage.adopt(new.path, f"{self._prefix}{name}.json")

    def mark(self) -> str:
        """Equal marks, equal entries. Costs the listing of a folder."""
        return " ".join(self._keys()[-1:])

    def read(self) -> tuple[SentPartition, ...]:
        """Every entry, the oldest first."""
        found: list[SentPartition] = []
        for key in self._keys():
            if (text := self._storage.read(key)) is not None:
                rows = json.loads(text)
                found += [SentPartition(**row | {"sent_at": datetime.fromisoformat(row["sent_at"])}) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.sent_at, one.partition)))

    def _keys(self) -> list[str]:
        """By the time of their making, which their names begin with."""
        return sorted(file.key for file in self._storage.list(_FOLDER) if file.key.startswith(self._prefix))
