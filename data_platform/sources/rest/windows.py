"""Windows of time at an API: into which slots a partition is cut, and how a window is written in a request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Cut(NamedTuple):
    """A window from its first moment to the first one after it, in local time without zone."""

    start: datetime
    end: datetime

    @property
    def slot(self) -> str:
        """What the ledger calls it."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


@dataclass(frozen=True)
class Windows:
    """How a partition is asked for.

    bounds: the first moment of a partition and the first one after it. since, until: the names of the parameters; until
    may be missing where the service has windows of its own. format: `iso8601` (in UTC), `unix` (seconds), `unix_ms`, or
    a strftime form for local time. overlap: how much before the window is asked for as well. size: of a slot, None: the
    whole partition. closes_after: how long after its end a window may still change, None: for ever.
    """

    bounds: Callable[[str], tuple[datetime, datetime]]
    timezone: str
    since: str
    until: str | None = None
    format: str = "iso8601"
    overlap: timedelta = timedelta(0)
    size: timedelta | None = None
    closes_after: timedelta | None = None

    def of(self, partition: str) -> Iterator[Cut]:
        """The windows of a partition, oldest first; the last one may be shorter."""
        start, end = self.bounds(partition)
        step = self.size or end - start
        while start < end:
            yield Cut(start, min(start + step, end))
            start += step

    def params(self, cut: Cut) -> dict[str, str]:
        """What is asked for a window."""
        found = {self.since: self._written(cut.start - self.overlap)}
        if self.until is not None:
            found[self.until] = self._written(cut.end)
        return found

    def closes(self, cut: Cut) -> datetime | None:
        """The aware moment from which on a window does not change any more."""
        return None if self.closes_after is None else self._aware(cut.end) + self.closes_after

    def _written(self, moment: datetime) -> str:
        aware = self._aware(moment)
        if self.format == "iso8601":
            return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.format in ("unix", "unix_ms"):
            return str(int(aware.timestamp()) * (1000 if self.format == "unix_ms" else 1))
        return aware.strftime(self.format)

    def _aware(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZoneInfo(self.timezone))
