"""What other processes do to a town: build or receive, and stop or die on the way. Started by test_processes."""

import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.storage import LocalStorage, NewFile
from data_platform.steps.build import Built, build
from data_platform.steps.receive import receive
from data_platform_tests.small_dataset import NOW, SmallDataset


class DyingStorage(LocalStorage):
    """Keeps or adopts so many files, the last one too, and then the process is gone."""

    def __init__(self, root: Path, *, keeps: int = 0, adopts: int = 0) -> None:
        super().__init__(root)
        self.left = {"keep": keeps, "adopt": adopts}

    def keep(self, new: NewFile) -> int:
        size = super().keep(new)
        self._count("keep")
        return size

    def adopt(self, path: Path, key: str) -> None:
        super().adopt(path, key)
        self._count("adopt")

    def _count(self, what: str) -> None:
        self.left[what] -= 1
        if self.left[what] == 0:
            die()


class WaitingStorage(LocalStorage):
    """Waits for a word before its first new file: inputs are chosen by then, and nothing is written yet."""

    waited = False

    def new_file(self, folder: str, suffix: str) -> NewFile:
        if not self.waited:
            self.waited = True
            wait()
        return super().new_file(folder, suffix)


@dataclass(frozen=True)
class Racer:
    """One process at a town."""

    small: SmallDataset

    def build_and_die_before_the_commit(self, table: str, partition: str) -> None:
        """Dies when the first file of rows is durable, before the log knows of it."""
        self._build(table, partition, DyingStorage(self.small.settings.lake_path, keeps=1))

    def build_and_die_after_the_commit(self, table: str, partition: str) -> None:
        """Dies before it can tell anybody."""
        self._build(table, partition, LocalStorage(self.small.settings.lake_path))
        die()

    def receive_and_die_before_the_ledger(self, table: str, partition: str, files: str) -> None:
        """Dies when so many files have their final names, and no sighting names them."""
        self._receive(table, partition, DyingStorage(self.small.settings.lake_path, adopts=int(files)))

    def receive_and_die_in_the_ledger(self, table: str, partition: str) -> None:
        """Dies when the sightings are written, and the ledger's log does not name them."""
        self._receive(table, partition, DyingStorage(self.small.settings.lake_path, keeps=1))

    def build_when_told(self, table: str, partition: str) -> str:
        """Answers whether it made the partition, when inputs were chosen before it was told to go on."""
        return self._build(table, partition, WaitingStorage(self.small.settings.lake_path))

    def receive_when_told(self, table: str, partition: str) -> str:
        """The same for a file of the source."""
        return self._receive(table, partition, WaitingStorage(self.small.settings.lake_path))

    def _build(self, table: str, partition: str, storage: LocalStorage) -> str:
        platform = replace(self.small.platform, lake=Lake(storage))
        made = build(platform, platform.catalog.model(TableName.parse(table)), partition, run_id=str(os.getpid()))
        return f"{type(made).__name__} {made.version}" if isinstance(made, Built) else type(made).__name__

    def _receive(self, table: str, partition: str, storage: LocalStorage) -> str:
        raw = self.small.catalog.raw(TableName("raw", table))
        (received,) = receive(Lake(storage), raw, [partition], run_id=str(os.getpid()), now=NOW)
        return received.outcome


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait() -> None:
    print("ready", flush=True)  # noqa: T201 - the answer to whoever started this process
    sys.stdin.readline()


if __name__ == "__main__":
    *places, action = sys.argv[1:5]
    racer = Racer(SmallDataset(*map(Path, places)))
    print(getattr(racer, action)(*sys.argv[5:]), end="")  # noqa: T201 - the answer
