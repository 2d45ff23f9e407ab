"""What is inside of a packed file: gzip, bzip2, zstd, zip. Names inside are data: nothing is written under them."""

import bz2
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from data_platform.sources.errors import Refused
from data_platform.sources.inspect import refuse_known
from data_platform.sources.options import Compression

CHUNK = 1 << 22
# Text packs some tenfold, logs up to hundredfold; zeros thousandfold (gzip) and far beyond (bzip2, zstd).
_MOST_TIMES = 300
_UNSUSPICIOUS = 256 << 20
_MOST_MEMBERS = 1000
_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_SUFFIXES: dict[str, Compression] = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".zip": "zip"}
# A window of 32 kB, with the header and the checksum of gzip.
_GZIP_WINDOW = 31
_PACKED = 1 << 18
_BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Part:
    """A file, or a member of one: what it is called, for people, and its bytes in bounded pieces."""

    name: str
    read: Callable[..., Iterator[bytes]]
    """Takes the size of the pieces."""
    path: Path | None = None
    """The file itself where it is not packed."""

    def head(self, size: int) -> bytes:
        """The first bytes."""
        found = b""
        for chunk in self.read(size):
            found += chunk
            if len(found) >= size:
                break
        return found[:size]


def unpacked(path: Path, name: str, compression: Compression | None) -> tuple[list[Part], str]:
    """The parts of a file and how it is packed ("" where it is not). Raises Refused for what is unsafe or broken.

    A workbook is a zip file as well, but is not taken apart here.
    """
    with path.open("rb") as file:
        head = file.read(4)
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found == "zip" and compression is None and is_workbook(path):
        found = None
    promised = compression or next((kind for end, kind in _SUFFIXES.items() if name.lower().endswith(end)), None)
    if compression != "none" and promised is not None and promised != found:
        start = _start(path)
        refuse_known(start, name, f"a {promised} file", path.stat().st_size)
        raise Refused(
            f"{name}: is not a {promised} file, it starts with {start[:8]!r}. Fetch it again or mend its name."
        )
    if found is None or compression == "none":
        return [Part(name, partial(_plain, path), path)], ""
    if found == "zip":
        return _members(path, name), "zip"
    inner = name[: -len(_suffix(name))] if _suffix(name) else name
    part = Part(inner, partial(_stream, path, name, found))
    _refuse_nested(part, name)
    return [part], found


def _suffix(name: str) -> str:
    return next((name[-len(end) :] for end in _SUFFIXES if name.lower().endswith(end)), "")


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _plain(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def _opened(path: Path, kind: Compression) -> Any:
    if kind == "gzip":
        return _Gzip(path)
    if kind == "bz2":
        return bz2.open(path, "rb")
    import pyarrow as pa  # it brings zstd, which Python has from 3.14 on

    return pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd")


class _Gzip:
    """The members of a gzip file, one after the other: what gzip.open gives, in half of its time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_Gzip":
        self._file = self._path.open("rb")
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Some `size` bytes, fewer at the end. Raises EOFError where a member is cut off, zlib.error for rubbish."""
        found = []
        left = size
        while left > 0:
            if self._member.eof:
                # Another member may follow, perhaps behind zeros that fill a block up.
                packed = self._member.unused_data.lstrip(b"\0")
                while not packed and (more := self._file.read(_PACKED)):
                    packed = more.lstrip(b"\0")
                if not packed:
                    break
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            else:
                packed = self._member.unconsumed_tail or self._file.read(_PACKED)
                if not packed:
                    raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            found.append(self._member.decompress(packed, left))
            left -= len(found[-1])
        return b"".join(found)


def _stream(path: Path, name: str, kind: Compression, size: int = CHUNK) -> Iterator[bytes]:
    yield from _bounded(lambda: _opened(path, kind), name, kind, path.stat().st_size, size)


def _bounded(opened: Callable[[], IO[bytes]], name: str, kind: str, packed: int, size: int) -> Iterator[bytes]:
    """What comes out, as long as it is in proportion to what went in."""
    most = max(_UNSUSPICIOUS, packed * _MOST_TIMES)
    done = 0
    try:
        with opened() as file:
            while chunk := file.read(size):
                done += len(chunk)
                if done > most:
                    raise Refused(
                        f"{name}: unpacks to more than {most:,} bytes, {_MOST_TIMES} times its size: is this a bomb? "
                        "Deliver it unpacked, or packed otherwise."
                    )
                yield bytes(chunk)
    except _BROKEN as error:
        raise Refused(f"{name}: the {kind} file is cut off or broken: {error}. Fetch it again.") from error


def is_workbook(path: Path) -> bool:
    """Whether a zip file holds Office parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except _BROKEN:
        return False


def _members(path: Path, name: str) -> list[Part]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise Refused(f"{name}: the zip file is cut off or broken: {error}. Fetch it again.") from error
    members = [info for info in members if not info.filename.startswith("__MACOSX/")]
    if not members:
        raise Refused(f"{name}: the zip file has no member. Ask the source for the data.")
    if len(members) > _MOST_MEMBERS:
        raise Refused(f"{name}: has {len(members):,} members, at most {_MOST_MEMBERS:,} are read. Deliver fewer.")
    parts = []
    for info in members:
        _check_member(info, name)
        shown = f"{name}/{info.filename}"
        part = Part(shown, partial(_member, path, shown, info))
        _refuse_nested(part, name)
        parts.append(part)
    return parts


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    at = f"{name}: its member {info.filename!r}"
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in (parts[0] if parts else ""):
        raise Refused(f"{at} points out of the archive. Do not trust this file; ask where it comes from.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(f"{at} is a symbolic link. Pack the file itself.")
    if info.flag_bits & 1:
        raise Refused(f"{at} is encrypted. Deliver it without a password.")


def _member(path: Path, shown: str, info: zipfile.ZipInfo, size: int = CHUNK) -> Iterator[bytes]:
    def opened() -> IO[bytes]:
        # Names may repeat: the entry itself is opened, which is read only while its archive is open.
        return zipfile.ZipFile(path).open(info)

    yield from _bounded(opened, shown, "zip", max(info.compress_size, 1), size)


def _refuse_nested(part: Part, name: str) -> None:
    head = part.head(4)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise Refused(f"{name}: holds a {kind} file within. Deliver it packed once, or not at all.")
