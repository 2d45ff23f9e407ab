"""The only place where models meet DuckDB: a fresh in-memory connection for each step, with bounded memory."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform import locks
from data_platform.engines import partition


@dataclass(frozen=True)
class Engine:
    """How DuckDB may use this machine. `memory_limit` is DuckDB's text, for example `4GB`."""

    memory_limit: str
    threads: int
    temp_directory: Path

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder that nobody else has, which is deleted afterwards; what a kill leaves, the next one deletes.

        DuckDB numbers the files that it spills to: two processes in one folder would write into each other's.
        Folders of processes that were killed are deleted first: there may be gigabytes in them.
        """
        self.temp_directory.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as ours:
            # So that nobody takes the new folder for a dead one's before it is held.
            with locks.held(self.temp_directory):
                _delete_spills_of_the_dead(self.temp_directory)
                folder = Path(tempfile.mkdtemp(prefix="spill-", dir=self.temp_directory))
                ours.enter_context(locks.held(folder))
            ours.callback(shutil.rmtree, folder)
            yield folder

    @contextlib.contextmanager
    def scratch(self) -> Iterator[dict[str, str]]:
        """DuckDB settings for one connection, with a folder of its own to spill into."""
        with self.folder() as folder:
            yield {"memory_limit": self.memory_limit, "threads": str(self.threads), "temp_directory": str(folder)}

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty in-memory database that nobody else sees."""
        with self.scratch() as settings:
            # Order costs memory, and a table has none. A model must not fetch code from the network.
            settings |= {"preserve_insertion_order": "false", "autoinstall_known_extensions": "false"}
            with duckdb.connect(config={**settings, "TimeZone": "UTC"}) as connection:
                yield connection


def _delete_spills_of_the_dead(folder: Path) -> None:
    for spill in folder.glob("spill-*"):
        if not locks.is_held(spill):
            # Its owner may be alive and deleting it as well.
            shutil.rmtree(spill, ignore_errors=True)


def version() -> str:
    """Major and minor version: part of a table's code version, since a new engine may compute differently."""
    return ".".join(duckdb.__version__.split(".")[:2])


def scratch() -> duckdb.DuckDBPyConnection:
    """A cursor of an empty database that the process keeps, for questions without data (opening one takes 10 ms)."""
    return _scratch_database().cursor()


@functools.cache
def _scratch_database() -> duckdb.DuckDBPyConnection:
    return database()


def database() -> duckdb.DuckDBPyConnection:
    """An empty database for questions without data, which the caller closes."""
    # One thread: a process that forks keeps no others.
    connection = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False, "TimeZone": "UTC"})
    partition.define(connection, None)
    return connection


@functools.cache
def volatile_functions() -> frozenset[str]:
    """Names (lower case) of functions that may answer differently for the same arguments."""
    rows = scratch().execute(
        "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    )
    return frozenset(name for (name,) in rows.fetchall())
