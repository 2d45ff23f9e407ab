"""The kind `http_file`, played by a web server on loopback that has a CSV file a month."""

import email.utils
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from data_platform_tests.conformance.kinds.as_csv import MALFORMED, lines
from data_platform_tests.conformance.played import Kind, Played, Record, Trouble
from data_platform_tests.small_dataset import NOW
from data_platform_tests.sources.server import Answer, Answers, Server, ranges, serve

# A file that is larger is sent from the disk in pieces.
_PIECE = 1 << 20


@dataclass
class _Files:
    """The files lie in `folder`. A file's time is its version, and it has no ETag: so clocks matter most."""

    server: Server
    folder: Path
    ahead: timedelta = timedelta(0)
    version: int = 0
    stamps: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Month → its Date and its Last-Modified."""

    @property
    def yaml(self) -> str:
        return f'{{http_file: {{url: "{self.server.base}/{{partition:%Y-%m}}.csv"}}}}'

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        assert parts == 1
        with self._path(month).open("wb") as file:
            file.writelines(lines(found))
        self.delivers_again(month)

    def delivers_again(self, month: str) -> None:
        self.version += 1
        now = NOW + self.ahead
        of_file = now - timedelta(hours=1) + timedelta(seconds=self.version)
        self.stamps[month] = (_http(now.timestamp()), _http(of_file.timestamp()))
        self._gives(month, self._good(month))

    def does(self, trouble: Trouble, month: str) -> None:
        good = self._good(month)
        match trouble:
            case "breaks off":
                body = self._path(month).read_bytes()
                self._gives(month, Answer(headers=self._headers(month), body=body, cut=len(body) // 2), good)
            case "is unwell":
                self._gives(month, Answer(503, (("Retry-After", "0"),)), Answer(429, (("Retry-After", "0"),)), good)
            case "is shut":
                self._gives(month, Answer(403))
            case "is malformed":
                self._gives(
                    month, Answer(headers=(("Last-Modified", _http(NOW.timestamp())),), body=MALFORMED.encode())
                )

    def recovers(self) -> None:
        for month in self.stamps:
            self._gives(month, self._good(month))

    def sets_clock(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def _gives(self, month: str, *answers: Answers) -> None:
        self.server.gives(f"/{month}.csv", *answers)
        self.server.to_head[f"/{month}.csv"] = [answers[-1]]

    def _good(self, month: str) -> Answers:
        path, headers = self._path(month), self._headers(month)
        if path.stat().st_size > _PIECE:
            length = ("Content-Length", str(path.stat().st_size))
            return Answer(headers=(*headers, length), body=_pieces(path))
        return ranges(path.read_bytes(), **{name.replace("-", "_"): value for name, value in headers})

    def _headers(self, month: str) -> tuple[tuple[str, str], ...]:
        date, modified = self.stamps[month]
        return (("Date", date), ("Last-Modified", modified))

    def _path(self, month: str) -> Path:
        return self.folder / f"{month}.csv"


def _http(seconds: float) -> str:
    return email.utils.formatdate(seconds, usegmt=True)


def _pieces(path: Path) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    return read


@contextmanager
def _playing(folder: Path) -> Iterator[Played]:
    with serve() as server:
        yield _Files(server, folder)


HTTP_FILE = Kind(
    name="http_file",
    played_by="a web server on loopback with a CSV file a month",
    playing=_playing,
    empty="a file without records is received, and the partition has no rows",
    told={"is shut": r"2024-01\.csv: answered 403", "is malformed": r"2024-01\.csv: 2 of 3 records .* line 3"},
    not_for={"paging": "A slot is one file."},
)
