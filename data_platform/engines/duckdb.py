"""The only place where models meet DuckDB: a fresh in-memory connection for each step, with bounded memory."""

import contextlib
import functools
import tempfile
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
    def scratch(self) -> Iterator[dict[str, str]]:
        """DuckDB settings for one connection, with a folder of its own to spill into, which is deleted afterwards.

        DuckDB numbers the files that it spills to: two processes in one folder would write into each other's.
        """
        self.temp_directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="spill-", dir=self.temp_directory) as folder:
            yield {"memory_limit": self.memory_limit, "threads": str(self.threads), "temp_directory": folder}

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty in-memory database that nobody else sees."""
        with self.scratch() as settings:
            # Order costs memory, and a table has none. A model must not fetch code from the network.
            settings |= {"preserve_insertion_order": "false", "autoinstall_known_extensions": "false"}
            with duckdb.connect(config={**settings, "TimeZone": "UTC"}) as connection:
                yield connection


def version() -> str:
    """Major and minor version: part of a table's code version, since a new engine may compute differently."""
    return ".".join(duckdb.__version__.split(".")[:2])


def scratch() -> duckdb.DuckDBPyConnection:
    """A cursor of an empty database that the process keeps, for questions without data (opening one takes 10 ms)."""
    return _scratch_database().cursor()


@functools.cache
def _scratch_database() -> duckdb.DuckDBPyConnection:
    # One thread: a process that forks keeps no others.
    return duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False, "TimeZone": "UTC"})


@functools.cache
def volatile_functions() -> frozenset[str]:
    """Names (lower case) of functions that may answer differently for the same arguments."""
    rows = scratch().execute(
        "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    )
    return frozenset(name for (name,) in rows.fetchall())
