"""What a process does that is killed while it writes back, or dies before a statement: see `proof.kill_victims`."""

import os
import signal
from pathlib import Path
from typing import Any

# Imported before the fork, so that no victim spends its time on it; deltalake must not be used before.
import deltalake
import pandas
import psycopg
import pyarrow.parquet
import sqlalchemy as sa
import sqlalchemy.dialects.postgresql.psycopg

from data_platform_tests.databases import Database
from data_platform_tests.sinks.town import Town, still

PRELOADED = (deltalake, pandas, psycopg, pyarrow.parquet, sqlalchemy.dialects.postgresql.psycopg)


def prepare(root: str) -> None:
    """What is done once before all forks: the dataset is read."""
    assert _town(root).datasets


def send(root: str) -> None:
    """Writes back what is lacking."""
    _town(root).send()


def send_and_die_before(root: str, number: str) -> None:
    """The same, dead before its n-th statement, or before a COMMIT in its place."""
    left = int(number)

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    sa.event.listen(sa.Engine, "commit", count)
    send(root)


def _town(root: str) -> Town:
    at = Path(root)
    return still(Town(at / "datasets" / "rain", at / "source", at / "home", Database("sqlite", "", "")))
