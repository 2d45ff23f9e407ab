"""The kind `push`, played by a client that sends the endpoint a body a month, and all of them again each time."""

import hashlib
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from data_platform.lake.names import TableName
from data_platform.service.access import Access, Door
from data_platform.service.app import push_app
from data_platform.sources.loopback import serving
from data_platform.sources.push import Push
from data_platform_tests.conformance.played import Kind, Played, Record, Trouble

if TYPE_CHECKING:
    from data_platform_tests.conformance.town import Town

_TOKEN = "played"
_PIECE = 1 << 20
_URL = "/v1/tables/records"


@dataclass
class _Client:
    """What it has to send lies in `folder`, a file a month that is called by its key; trouble lies in a file as well,
    for whichever process delivers.
    """

    folder: Path
    version: int = 0

    @property
    def yaml(self) -> str:
        limits = "partition: {column: at}, slot: partition, max_bytes: 1000000000"
        return f"{{push: {{tokens: {{town: {{env: PLAYED_TOKEN}}}}, {limits}}}}}"

    def has(self, month: str, found: Iterable[Record], *, parts: int = 1) -> None:
        assert parts == 1
        for path in self.folder.glob(f"{month}.*"):
            path.unlink()
        # Another body is another push, and needs a key of its own.
        self.version += 1
        with (self.folder / f"{month}.{self.version}").open("wb") as file:
            file.writelines(map(_line, found))

    def delivers_again(self, _month: str) -> None:
        """It always does."""

    def does(self, trouble: Trouble, month: str) -> None:
        (self.folder / "trouble").write_text(f"{month} {trouble}")

    def recovers(self) -> None:
        (self.folder / "trouble").unlink()

    def sets_clock(self, ahead: timedelta) -> None:
        """Nobody asks for it: when a push was received is told by the endpoint's clock."""


def _line(record: Record) -> bytes:
    note = json.dumps(record.note)
    number = f'{{"record_id": {record.record_id}, "at": "{record.at.isoformat()}", "value": {record.value}'
    return f'{number}, "note": {note}}}\n'.encode()


def _deliver(town: "Town") -> list[str]:
    """Sends everything, under the same keys as before; returns what was not answered with a receipt."""
    platform = town.platform
    table = platform.catalog.raw(TableName("raw", "records"))
    (push,) = (source for source in table.sources if isinstance(source, Push))
    door = Door(table, push, {hashlib.sha256(_TOKEN.encode()).digest(): "town"})
    trouble = town.source / "trouble"
    month, _, kind = trouble.read_text().partition(" ") if trouble.exists() else ("", "", "")
    with (
        serving(push_app(platform, Access({"records": door}))) as base,
        httpx.Client(base_url=base, trust_env=False, timeout=120) as http,
    ):
        paths = sorted(path for path in town.source.iterdir() if path != trouble)
        return [told for path in paths if (told := _sent(http, path, kind if path.name.startswith(month) else ""))]


def _sent(http: httpx.Client, path: Path, trouble: str) -> str:
    """What went wrong with one body, "" where nothing did."""
    if trouble == "is unwell":
        return f"{path.name}: nobody can be reached"
    if trouble == "breaks off":
        return _half(http, path)
    token = "another" if trouble == "is shut" else _TOKEN
    key = f"{path.name}.bad" if trouble == "is malformed" else path.name
    answer = http.post(_URL, content=_pieces(path, trouble), headers=_headers(token, key))
    return "" if answer.is_success else f"{path.name}: {answer.status_code} {answer.json()['detail']}"


def _pieces(path: Path, trouble: str) -> Iterator[bytes]:
    with path.open("rb") as file:
        if trouble == "is malformed":
            yield file.readline() + b"no record\n" * 2
            return
        while piece := file.read(_PIECE):
            yield piece


def _headers(token: str, key: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}",
        "idempotency-key": key,
        "content-type": "application/x-ndjson",
    }


def _half(http: httpx.Client, path: Path) -> str:
    """Half of a body, and then nobody is there any more."""
    body = path.read_bytes()
    place = urlsplit(str(http.base_url))
    told = {"host": place.netloc, "content-length": str(len(body)), **_headers(_TOKEN, path.name)}
    head = f"POST {_URL} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items())
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n" + body[: len(body) // 2])
    return f"{path.name}: the connection broke"


@contextmanager
def _playing(folder: Path) -> Iterator[Played]:
    yield _Client(folder)


PUSH = Kind(
    name="push",
    played_by="a client that pushes a body a month under a key, and all of them again each time (`slot: partition`)",
    playing=_playing,
    empty="an empty body is refused, and nothing follows",
    told={
        "is shut": r"2024-01\.\d+: 401 ",
        "is malformed": r"2024-01\.\d+: 422 .*2 of 3 records cannot be read: line 2",
    },
    not_for={"paging": "A slot comes in one body, whole or not at all."},
    deliver=_deliver,
)
