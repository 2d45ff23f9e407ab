"""The lake's door: tables, ledgers and raw files of one storage. Everything above the lake starts here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_platform.lake.forgotten import Forgotten
from data_platform.lake.ledger import Ledger
from data_platform.lake.log import read_log
from data_platform.lake.names import TableName
from data_platform.lake.raw import RawFiles
from data_platform.lake.sent import SentLedger
from data_platform.lake.storage import Storage
from data_platform.lake.tables import LakeTable

# Layers that hold something else than tables of rows.
_NO_TABLES = ("raw", "ledger", "forgotten", "sent")


@dataclass(frozen=True)
class Lake:
    """All that is stored below one root. Cheap to make: nothing is opened before it is asked for.

    `notes` is a folder of this machine for what was concluded from the logs and may be lost; None: keep nothing.
    `hashed_with` tells the keys apart under which values of its tables are hashed; `digest` is such a hash, by which
    what was forgotten is known when it comes back.
    """

    storage: Storage
    notes: Path | None = None
    hashed_with: Callable[[], str] = str
    digest: Callable[[str], str] | None = None

    @property
    def raw(self) -> RawFiles:
        return RawFiles(self.storage)

    def table(self, name: TableName) -> LakeTable:
        """The table of that name, whether it exists yet or not. Raises ValueError for a layer without tables."""
        if name.layer in _NO_TABLES:
            raise ValueError(f"{name}: layer '{name.layer}' holds no tables; raw bytes are found through the ledger")
        return LakeTable(self.storage, name)

    def ledger(self, table: str) -> Ledger:
        """The sightings of a raw table, whether there are any yet or not."""
        return Ledger(self.storage, table)

    def sent(self, name: TableName) -> SentLedger:
        """What was written back of a table, whether anything was yet or not."""
        return SentLedger(self.storage, name)

    @property
    def forgotten(self) -> Forgotten:
        """Who is to be forgotten."""
        return Forgotten(self.storage)

    def tables(self) -> tuple[TableName, ...]:
        """The tables that exist, sorted by name."""
        folders = [(layer, table) for layer in self._layers() for table in self.storage.folders(layer)]
        return tuple(TableName(*names) for names in folders if read_log(self.storage, "/".join(names)) is not None)

    def ledgers(self) -> tuple[str, ...]:
        """The raw tables of which something was ever seen, sorted."""
        return tuple(t for t in self.storage.folders("ledger") if read_log(self.storage, f"ledger/{t}") is not None)

    def _layers(self) -> tuple[str, ...]:
        return tuple(layer for layer in self.storage.folders("") if layer not in _NO_TABLES)
