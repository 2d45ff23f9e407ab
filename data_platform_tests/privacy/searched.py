"""Looks for texts in every file below a folder: in its bytes, unpacked, and in all values of databases and Parquet."""

import gzip
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def places(folder: Path, texts: Iterable[str], *, but: Callable[[str], bool]) -> list[tuple[str, str]]:
    """(file, text) of each text that a file holds; `but` tells of a path below the folder whether it may."""
    wanted = list(texts)
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not but(name):
            held = "\n".join([name, *_contents(path)])
            found += [(name, text) for text in wanted if text in held]
    return found


def _contents(path: Path) -> Iterator[str]:
    data = path.read_bytes()
    yield data.decode("utf-8", "replace")
    # Databases keep texts of Windows and Java as UTF-16.
    yield data.decode("utf-16-le", "replace")
    if data[:2] in _PACKED:
        yield gzip.decompress(data).decode("utf-8", "replace")
    elif data[:4] in _PACKED:
        yield pa.input_stream(pa.py_buffer(data), compression="zstd").read().decode("utf-8", "replace")
    elif data.startswith(b"PAR1"):
        yield str(pq.read_metadata(path).to_dict())
        yield str(pq.read_table(path, partitioning=None).to_pylist())
    elif data.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            yield "\n".join(connection.iterdump())
        connection.close()
    elif data[8:12] == b"DUCK":
        yield from _duckdb(path)


def _duckdb(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        yield str(connection.execute("FROM duckdb_views()").fetchall())
        yield str(connection.execute("FROM duckdb_columns()").fetchall())
        for schema, name in names:
            yield str(connection.execute(f'FROM "{schema}"."{name}"').fetchall())
