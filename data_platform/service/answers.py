"""What the service says, as JSON: receipts, and problems in the form of RFC 9457. Nothing of a body, no token."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from data_platform.lake.sightings import Sighting
from data_platform.planning.catalog import RawTable
from data_platform.sources.push import sender
from data_platform.steps.receipts import StagedRows, Waiting


class Problem(Exception):  # noqa: N818 - it is named for what is answered
    """A request that is answered with something else than a receipt. `retry_after`: seconds."""

    def __init__(self, status: int, title: str, detail: str, *, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(title)
        self.status, self.retry_after = status, retry_after
        self.said = {"title": title, "status": status, "detail": detail, **more}


def problem(of: Problem, *, close: bool) -> Response:
    """`close`: what is left of the body is not read, so the connection ends."""
    headers = {"connection": "close"} if close else {}
    if of.retry_after is not None:
        headers["retry-after"] = str(of.retry_after)
    if of.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(of.said, of.status, headers, media_type="application/problem+json")


def receipt(table: RawTable, sighting: Sighting) -> dict[str, Any]:
    """What the ledger says of a push: the same whenever it is asked.

    `rows` are all records, also unparsed ones; `sha256` is that of the body as it was sent, `bytes` is what is kept.
    """
    client, key = sender(sighting.uri)
    return {
        "id": f"{table.name}/{sighting.sequence}",
        "table": table.name.sql,
        "client": client,
        "key": key,
        "partition": None if table.partitions is None else sighting.partition,
        "slot": sighting.slot,
        "rows": sighting.records,
        "unparsed": sighting.unparsed or 0,
        "forgotten": sighting.forgotten or 0,
        "bytes": sighting.bytes,
        "sha256": sighting.version,
        "received_at": _moment(sighting.seen_at),
        "sequence": sighting.sequence,
    }


def with_staged(told: Mapping[str, Any], staged: tuple[StagedRows | Waiting, ...]) -> dict[str, Any]:
    """A receipt with what became of its rows since."""
    return {**told, "staged": [_staged(each) for each in staged]}


def _staged(each: StagedRows | Waiting) -> dict[str, Any]:
    if isinstance(each, Waiting):
        return {"table": each.table, "state": "waiting"}
    return {"state": "staged", **asdict(each), "committed_at": _moment(each.committed_at)}


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
