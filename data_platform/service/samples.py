"""What clients of a sample push: files that its generator wrote, sent to the real endpoint on loopback."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.lake.names import TableName
from data_platform.planning.catalog import RawTable
from data_platform.sources.push import ORIGIN, Push, uri_of
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform

if TYPE_CHECKING:
    import httpx

_AT_ONCE = 8
_SECONDS = 120
# Received, received before, refused: what a sample has of bad bodies is to be seen as such.
_TAKEN = (200, 201, 422)


@dataclass(frozen=True)
class _Pushed:
    """A file to be pushed, and by whom: the first client of its table."""

    path: Path
    table: RawTable
    push: Push

    @property
    def client(self) -> str:
        return next(iter(self.push.tokens))


def push_samples(platform: Platform, folder: Path) -> Mapping[str, int]:
    """Pushes `<raw table>/<idempotency key>.ndjson` below a folder, where the ledger does not have it; returns how many
    of each table. Nearly free where nothing is new.

    Raises StepError where a file cannot be pushed, naming it.
    """
    new = [pushed for pushed in _all(platform, folder) if not _is_there(platform, pushed)]
    if new:
        _push(platform, new)
    return Counter(pushed.table.name.sql for pushed in new)


def _all(platform: Platform, folder: Path) -> list[_Pushed]:
    found = []
    for path in sorted(folder.glob("*/*.ndjson")):
        table = platform.catalog.tables.get(TableName("raw", path.parent.name))
        sources = table.sources if isinstance(table, RawTable) else ()
        push = next((source for source in sources if isinstance(source, Push)), None)
        if push is None or not isinstance(table, RawTable):
            raise StepError(
                f"{path}: raw.{path.parent.name} is no table that is pushed to; write its source or drop it"
            )
        found.append(_Pushed(path, table, push))
    return found


def _is_there(platform: Platform, pushed: _Pushed) -> bool:
    """Whether the ledger has it, received or refused."""
    sightings = platform.lake.ledger(pushed.table.name.table).read()
    return sightings.last_at(ORIGIN, uri_of(pushed.client, pushed.path.stem)) is not None


def _push(platform: Platform, new: list[_Pushed]) -> None:
    # Here and not above: most commands find nothing new, and need neither server nor client.
    import httpx

    from data_platform.service.app import push_app
    from data_platform.sources.loopback import serving

    with (
        serving(push_app(platform)) as base,
        httpx.Client(base_url=base, trust_env=False, timeout=_SECONDS) as client,
        ThreadPoolExecutor(_AT_ONCE) as clients,
    ):
        for pushed, answer in zip(new, clients.map(lambda each: _sent(client, each), new), strict=True):
            if answer.status_code not in _TAKEN:
                raise StepError(f"{pushed.path}: was answered {answer.status_code}: {answer.json().get('detail')}")


def _sent(client: "httpx.Client", pushed: _Pushed) -> "httpx.Response":
    return client.post(
        f"/v1/tables/{pushed.table.name.table}",
        content=pushed.path.read_bytes(),
        headers={
            "authorization": f"Bearer {pushed.push.tokens[pushed.client]()}",
            "idempotency-key": pushed.path.stem,
            "content-type": "application/x-ndjson",
        },
    )
