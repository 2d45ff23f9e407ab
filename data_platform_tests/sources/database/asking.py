"""A table of a database as a source, made without a dataset around it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.contracts.partitions import Partitions
from data_platform.sources.database.address import parsed
from data_platform.sources.database.source import Database, Grid
from data_platform.sources.patience import Patience
from data_platform.sources.slot import Fetched, Place, Question, Window
from data_platform_tests import databases

_MONTHS = Partitions("monthly", datetime(2024, 1, 1).date(), "UTC")
GRID = Grid(datetime(2024, 1, 1), partial(Partitions.bounds, _MONTHS), ZoneInfo("UTC"))
"""Months from January 2024, in UTC."""


def source(database: databases.Database, table: str, *columns: str, **more: Any) -> Database:
    """A table's columns, read whole unless `more` says otherwise, once and without patience."""
    user, password = database.user, database.password
    told: dict[str, Any] = {
        "user": None if user is None else lambda: user,
        "password": None if password is None else lambda: password,
        "patience": Patience(more.pop("attempts", 1), first_wait_seconds=0.01, jitter_seconds=0.01),
        **more,
    }
    names = told.pop("names", (table,))
    return Database(parsed(told.pop("url", database.url)), names, tuple((column,) for column in columns), **told)


def places(source: Database, *keys: str) -> Sequence[Place]:
    """What the source has of partitions that nobody has received."""
    windows = [Window(key, None) for key in keys or ("all",)]
    question = Question(
        windows,
        key_of=_MONTHS.key_at,
        known=lambda _uri, _version: None,
        as_parquet=lambda path, _name, _folder: path,
        notes=None,
        rule="",
        now=datetime(2024, 6, 1, tzinfo=ZoneInfo("UTC")),
        latest=lambda _place: None,
    )
    return source.places(question).found


def fetched(source: Database, into: Path, uri: str | None = None) -> tuple[Fetched, pa.Table]:
    """A window (or the whole table) and its rows."""
    found = source.fetch(uri or source.shown, into)
    assert found is not None
    return found, pq.read_table(into)
