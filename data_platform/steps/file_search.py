"""Looks for values in any file, as its readers would see them: unpacked, column by column, row by row."""

import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import duckdb

if TYPE_CHECKING:
    from data_platform.privacy.searching import Needles

_HEAD = 16
_SQLITE = b"SQLite format 3\0"
_DUCKDB_AT, _DUCKDB = 8, b"DUCK"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz"}


# What libraries say of files that are not what they look like, or not whole.
UNREADABLE = (OSError, EOFError, ValueError, duckdb.Error, sqlite3.Error, zipfile.BadZipFile, lzma.LZMAError)


@dataclass(frozen=True)
class Hit:
    """A file in which some value stands, or (`unreadable`) nobody can tell, and why."""

    path: Path
    unreadable: str = ""


@dataclass
class Searched:
    """What a search looked at, and what it found."""

    files: int = 0
    bytes: int = 0
    hits: list[Hit] = field(default_factory=list)


def search(folder: Path, needles: "Needles", *, leave_out: Callable[[Path], bool]) -> Searched:
    """Every file below a folder, links not followed. A file that goes meanwhile is gone."""
    searched = Searched()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or leave_out(path):
            continue
        try:
            size, found = path.stat().st_size, count_in_file(path, needles)
        except FileNotFoundError:
            continue
        except UNREADABLE as error:
            searched.hits.append(Hit(path, f"cannot be read: {type(error).__name__}"))
            continue
        searched.files, searched.bytes = searched.files + 1, searched.bytes + size
        if found:
            searched.hits.append(Hit(path))
    return searched


def count_in_file(path: Path, needles: "Needles") -> int:
    """How often values stand in a file: in its bytes, in what they are unpacked, and in rows where it has such.

    Names of files count as their content does not. Raises what a library says of a file that is broken.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        # Rows of SQLite that are deleted stay in its pages, beside each other: nothing stands alone there.
        found = needles.count_in_bytes(file, whole=not head.startswith(_SQLITE))
    if head.startswith(_SQLITE):
        return found + _in_sqlite(path, needles)
    if head[_DUCKDB_AT:].startswith(_DUCKDB):
        from data_platform.warehouse.texts import table_batches

        return found + sum(needles.count_in_column(column) for rows in table_batches(path) for column in rows.columns)
    if head.startswith(_PARQUET):
        return found + _in_parquet(path, needles)
    if head.startswith(_ZIP):
        return found + _in_zip(path, needles)
    for magic, how in _PACKED.items():
        if head.startswith(magic):
            with closing(_unpacked(path, how)) as unpacked:
                return found + needles.count_in_bytes(unpacked, whole=True)
    return found


def _in_parquet(path: Path, needles: "Needles") -> int:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return sum(needles.count_in_column(column) for rows in file.iter_batches() for column in rows.columns)


def _in_sqlite(path: Path, needles: "Needles") -> int:
    """Row by row: a long value lies on several pages, in pieces."""
    import pyarrow as pa

    found = 0
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = lambda text: text
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in names:
            quoted = '"{}"'.format(table.decode().replace('"', '""'))
            rows = connection.execute(f"SELECT * FROM {quoted}")
            while some := rows.fetchmany(1000):
                texts = [value for row in some for value in row if isinstance(value, bytes)]
                found += needles.count_in_column(pa.array(texts, pa.large_binary()))
    return found


def _in_zip(path: Path, needles: "Needles") -> int:
    found = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                found += needles.count_in_bytes(file, whole=True)  # type: ignore[arg-type] # it reads like any other
    return found


def _unpacked(path: Path, how: str) -> BinaryIO:
    if how == "xz":
        return lzma.LZMAFile(path)  # type: ignore[return-value] # it reads like any other
    import pyarrow as pa

    return pa.input_stream(str(path), compression=how)  # type: ignore[no-any-return] # Arrow has no types
