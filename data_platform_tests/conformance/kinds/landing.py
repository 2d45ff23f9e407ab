"""The kind `landing`, played by whoever puts files into a folder: a mirror, some CSV files a month."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from data_platform_tests.conformance.kinds.as_csv import MALFORMED, dealt, lines
from data_platform_tests.conformance.played import Kind, Played, Record, Trouble
from data_platform_tests.small_dataset import NOW


@dataclass
class _Zone:
    """Trouble takes the place of a file, which lies beside the zone until it is over."""

    folder: Path
    aside: Path
    ahead: timedelta = timedelta(0)

    @property
    def yaml(self) -> str:
        told = r"files: ['(?P<month>[^_]{7})_\d+\.csv'], partition: {from: month, format: '%Y-%m'}"
        return f"{{landing: {{folder: '{self.folder}', {told}, mirror: true, settle_seconds: 0.01}}}}"

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        for path in self._files(month):
            path.unlink()
        for number, hand in enumerate([found] if parts == 1 else dealt(found, parts)):
            with (self.folder / f"{month}_{number}.csv").open("wb") as file:
                file.writelines(lines(hand))
        self.delivers_again(month)

    def delivers_again(self, month: str) -> None:
        then = (NOW - timedelta(hours=1) + self.ahead).timestamp()
        for path in self._files(month):
            os.utime(path, (then, then))

    def does(self, trouble: Trouble, month: str) -> None:
        (path,) = self._files(month)
        if trouble == "is unwell":
            # A disk that is not mounted.
            self.folder.rename(self.aside)
            return
        self.aside.mkdir()
        path.rename(self.aside / path.name)
        match trouble:
            case "breaks off":
                data = (self.aside / path.name).read_bytes()
                path.write_bytes(data[: len(data) // 2])
                os.utime(path, (NOW.timestamp(), NOW.timestamp()))
            case "is shut":
                path.symlink_to(self.aside / path.name)
            case "is malformed":
                path.write_text(MALFORMED, encoding="utf-8")
                os.utime(path, (NOW.timestamp() - 60, NOW.timestamp() - 60))

    def recovers(self) -> None:
        if not self.folder.exists():
            self.aside.rename(self.folder)
        elif self.aside.exists():
            for path in self.aside.iterdir():
                path.rename(self.folder / path.name)
            self.aside.rmdir()

    def sets_clock(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def _files(self, month: str) -> list[Path]:
        return sorted(self.folder.glob(f"{month}_*.csv"))


@contextmanager
def _playing(folder: Path) -> Iterator[Played]:
    zone = folder / "zone"
    zone.mkdir()
    (zone / "README").write_text("A zone in which nothing lies withdraws nothing.")
    yield _Zone(zone, folder / "aside")


LANDING = Kind(
    name="landing",
    played_by="a folder into which CSV files are put, one or several a month, as a mirror",
    playing=_playing,
    empty="a file without records is received, and the partition has no rows",
    told={
        "is shut": r"2024-01_0\.csv is a symbolic link",
        "is malformed": r"2024-01_0\.csv: 2 of 3 records .* line 3",
    },
)
