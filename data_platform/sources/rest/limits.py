"""How often a service may be asked, by all threads and processes of this machine together: a file keeps the turns.

Requests are counted until `per` after their answer came, not from when they left: whatever the way takes, the service
never sees more within its own window. A process that was killed leaves its turns, which end by themselves.
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_platform.sources.errors import TransientSourceError

# Another one's turn may end any time.
_LOOKS_EVERY_SECONDS = 0.1
_BUSY_SECONDS = 60.0


@dataclass(frozen=True)
class Rate:
    """At most so many requests in any so many seconds."""

    requests: int
    per_seconds: float


@dataclass(frozen=True)
class Limits:
    """The turns at one service. `file` is made where it is missing, and may be lost: then nothing is known of before.

    longest_turn_seconds: when a turn of which nothing more was heard is over. longest_wait_seconds: who would have to
    wait longer is told so instead. what: the service, for people.
    """

    file: Path
    rate: Rate | None
    longest_turn_seconds: float
    longest_wait_seconds: float
    what: str

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn, which ends with the block. Raises TransientSourceError where that would take too long."""
        number = self._wait()
        try:
            yield
        finally:
            if self.rate is not None:
                with self._changing() as turns:
                    turns.execute("UPDATE turns SET until = ? WHERE number = ?", (self._until(0), number))

    def pause(self, seconds: float) -> None:
        """The service wants to be left alone for so long, by everybody."""
        with self._changing() as turns:
            turns.execute("INSERT INTO pauses VALUES (?)", (time.time() + seconds,))

    def _wait(self) -> int | None:
        began = time.monotonic()
        while True:
            number, left = self._take()
            if left <= 0:
                return number
            if time.monotonic() - began + left > self.longest_wait_seconds:
                text = f"{self.what}: wants to be left alone for {left:.0f} s more. It is asked again later"
                raise TransientSourceError(text, retry_after=left)
            time.sleep(min(left, _LOOKS_EVERY_SECONDS))

    def _take(self) -> tuple[int | None, float]:
        """A turn and 0; or how many seconds to wait at least."""
        with self._changing() as turns:
            now = time.time()
            # A clock that was set back must not stop everybody for long.
            latest = self._until(self.longest_turn_seconds)
            turns.execute("DELETE FROM turns WHERE until <= ? OR until > ?", (now, latest))
            turns.execute("DELETE FROM pauses WHERE until <= ?", (now,))
            (paused,) = turns.execute("SELECT max(until) FROM pauses").fetchone()
            if paused is not None:
                return None, paused - now
            if self.rate is None:
                return None, 0
            taken, first = turns.execute("SELECT count(*), min(until) FROM turns").fetchone()
            if taken >= self.rate.requests:
                # A turn that goes on may end long before its time.
                return None, min(first - now, _LOOKS_EVERY_SECONDS)
            made = turns.execute("INSERT INTO turns (until) VALUES (?)", (latest,))
            return made.lastrowid, 0

    def _until(self, lasts: float) -> float:
        return time.time() + lasts + (self.rate.per_seconds if self.rate else 0)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One at a time, of all threads and processes."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.file, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
            # What a power cut takes away was of no use after it.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS turns (number INTEGER PRIMARY KEY, until REAL NOT NULL)")
            connection.execute("CREATE TABLE IF NOT EXISTS pauses (until REAL NOT NULL)")
            yield connection
            connection.execute("COMMIT")


def limits_file(notes: Path, base_url: str) -> Path:
    """Where the turns at a service are kept: tables with one base URL share them."""
    return notes / "limits" / f"{hashlib.sha256(base_url.encode()).hexdigest()[:16]}.sqlite"
