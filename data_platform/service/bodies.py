"""A request's body, from the network to a file of the lake: bounded in bytes and in time, and in memory."""

import asyncio
import email.message
import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from data_platform.service.answers import Problem
from data_platform.sources.push import Push
from data_platform.steps.push import Body

_AT_ONCE = 1 << 18
# Room for the rows beside the bytes, and for all else that happens on the disk.
_TIMES = 3
_SPARE_BYTES = 64_000_000
_LONGEST_NAME = 200
# By the type that is sent, what the file would be called; "" where its name or its content tells.
_ENDINGS = {
    "application/x-ndjson": ".ndjson",
    "application/ndjson": ".ndjson",
    "application/jsonl": ".ndjson",
    "application/x-jsonlines": ".ndjson",
    "application/json": ".json",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "text/tab-separated-values": ".tsv",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/gzip": "",
    "application/zstd": "",
    "application/zip": "",
    "application/octet-stream": "",
    "": "",
}
_PACKINGS = {"gzip": ".gz", "x-gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True)
class Announced:
    """What a request says of its body before it is read. `length` None: it does not say."""

    name: str
    length: int | None


def announced(request: Request, push: Push) -> Announced:
    """Raises Problem for a body that need not be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _ENDINGS:
        detail = "send it as application/x-ndjson, or as application/octet-stream with name=…, whose ending tells"
        raise Problem(415, "unsupported content type", detail)
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", *_PACKINGS):
        raise Problem(415, "unsupported content encoding", "pack it with gzip or zstd, or not at all")
    name = _name(request) or f"push{_ENDINGS[kind]}"
    ending = _PACKINGS.get(packing, "")
    length = request.headers.get("content-length", "")
    known = int(length) if length.isascii() and length.isdecimal() else None
    if known is not None and known > push.max_bytes:
        raise _too_large(push)
    return Announced(name if name.lower().endswith(ending) else name + ending, known)


def _name(request: Request) -> str:
    """What the client calls the file: the last step of a path, "" where it says nothing."""
    name = request.query_params.get("name", "")
    if not name and (disposition := request.headers.get("content-disposition")):
        header = email.message.Message()
        header["content-disposition"] = disposition
        name = header.get_filename() or ""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if len(last) > _LONGEST_NAME or not last.isprintable():
        raise Problem(400, "bad name", f"a file's name has at most {_LONGEST_NAME} characters, all printable")
    return last


def check_space(folder: Path, expected: int) -> None:
    """Raises Problem where the disk has no room for so many bytes and their rows."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if shutil.disk_usage(place).free < expected * _TIMES + _SPARE_BYTES:
        raise Problem(507, "no space left", "there is no room for this now; send it again later", retry_after=600)


async def written(request: Request, push: Push, into: Path, name: str) -> Body:
    """The whole body in a file. Raises Problem where it is too large or too slow, ClientDisconnect where it ends."""
    sha256, size = hashlib.sha256(), 0

    def write(piece: bytes) -> None:
        sha256.update(piece)
        file.write(piece)

    with into.open("wb") as file:
        try:
            async with asyncio.timeout(push.max_seconds):
                async for piece in _pieces(request, push.timeout_seconds):
                    size += len(piece)
                    if size > push.max_bytes:
                        raise _too_large(push)
                    await asyncio.to_thread(write, piece)
        except TimeoutError as error:
            detail = f"nothing came for {push.timeout_seconds:g} s, or it took more than {push.max_seconds:g} s"
            raise Problem(408, "too slow", detail) from error
    return Body(into, name, sha256.hexdigest(), size)


async def _pieces(request: Request, silence: float) -> AsyncIterator[bytes]:
    """What comes, in pieces that are worth a thread's while. Raises TimeoutError after so many seconds of silence."""
    gathered = bytearray()
    stream = request.stream()
    while True:
        async with asyncio.timeout(silence):
            chunk = await anext(stream, None)
        if chunk is None:
            break
        gathered += chunk
        if len(gathered) >= _AT_ONCE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _too_large(push: Push) -> Problem:
    return Problem(413, "too large", f"a body has at most {push.max_bytes:,} bytes; send it in parts, each with a key")
