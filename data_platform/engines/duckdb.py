"""The only place where models meet DuckDB: a fresh in-memory connection for each step, with bounded memory."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Engine:
    """How DuckDB may use this machine. `memory_limit` is DuckDB's text, for example `4GB`."""

    memory_limit: str
    threads: int
    temp_directory: Path

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty in-memory database that nobody else sees; it spills to `temp_directory`."""
        self.temp_directory.mkdir(parents=True, exist_ok=True)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self.memory_limit,
            "threads": self.threads,
            "temp_directory": str(self.temp_directory),
            # Order costs memory, and a table has none.
            "preserve_insertion_order": False,
            # A model must not fetch code from the network.
            "autoinstall_known_extensions": False,
            "TimeZone": "UTC",
        }
        with duckdb.connect(config=settings) as connection:
            yield connection


def version() -> str:
    """Major and minor version: part of a table's code version, since a new engine may compute differently."""
    return ".".join(duckdb.__version__.split(".")[:2])


@functools.cache
def volatile_functions() -> frozenset[str]:
    """Names (lower case) of functions that may answer differently for the same arguments."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        ).fetchall()
    return frozenset(name for (name,) in rows)
