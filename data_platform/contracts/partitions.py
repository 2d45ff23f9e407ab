"""Which partitions a table has: months, weeks or days, their keys and their bounds in local time."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["monthly", "weekly", "daily"]
_FORMATS: dict[str, str] = {"monthly": "%Y-%m", "weekly": "%Y-%m-%d", "daily": "%Y-%m-%d"}


@dataclass(frozen=True)
class Partitions:
    """Consecutive windows of local time from `start` to `end` (the start of the last one; None: up to now)."""

    kind: Kind
    start: date
    timezone: str
    end: date | None = None

    @property
    def format(self) -> str:
        """The strftime format of a key: `2024-01` for months, `2024-01-06` for weeks and days."""
        return _FORMATS[self.kind]

    @property
    def grid(self) -> tuple[str, ...]:
        """What two tables must share for one key to mean the same window to both."""
        weekday = (f"{self.start:%a}",) if self.kind == "weekly" else ()
        return (self.kind, self.timezone, *weekday)

    def keys(self, now: datetime) -> list[str]:
        """Keys of all windows that are over at `now` (an aware datetime), oldest first."""
        today = now.astimezone(ZoneInfo(self.timezone)).date()
        keys = []
        start = self.start
        while (end := self._next(start)) <= today and (self.end is None or start <= self.end):
            keys.append(start.strftime(self.format))
            start = end
        return keys

    def window(self, day: date) -> date:
        """The first day of the window that a day lies in."""
        if self.kind == "monthly":
            return day.replace(day=1)
        return day - timedelta(days=(day - self.start).days % 7) if self.kind == "weekly" else day

    def key_at(self, moment: datetime) -> str:
        """The key of the window that a time (local, or of a zone of its own) lies in, whether or not it is ours."""
        local = moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(self.timezone))
        return self.window(local.date()).strftime(self.format)

    def together(self, other: "Partitions") -> "Partitions":
        """From the first window of either to the last of either; both lie on one grid."""
        end = None if self.end is None or other.end is None else max(self.end, other.end)
        return replace(self, start=min(self.start, other.start), end=end)

    def has(self, key: str) -> bool:
        """Whether the key names a window of ours (whether or not it is over)."""
        try:
            start = self._parse(key)
        except ValueError:
            return False
        on_grid = self.kind != "weekly" or (start - self.start).days % 7 == 0
        return on_grid and self.start <= start and (self.end is None or start <= self.end)

    def bounds(self, key: str) -> tuple[datetime, datetime]:
        """First moment of the window and first moment after it, in local time without zone.

        Raises ValueError when the key is not of this kind.
        """
        start = self._parse(key)
        midnight = datetime.min.time()
        return datetime.combine(start, midnight), datetime.combine(self._next(start), midnight)

    def shifted(self, key: str, windows: int) -> str:
        """The key of the window that lies so many windows after (or before) another, whether or not it is ours."""
        start = self._parse(key)
        if self.kind == "monthly":
            months = start.year * 12 + start.month - 1 + windows
            return date(months // 12, months % 12 + 1, 1).strftime(self.format)
        return (start + timedelta(days=windows * (7 if self.kind == "weekly" else 1))).strftime(self.format)

    def ends_at(self, key: str) -> datetime:
        """The aware moment at which the window is over."""
        return self.bounds(key)[1].replace(tzinfo=ZoneInfo(self.timezone))

    def _parse(self, key: str) -> date:
        start = parse_key(self.kind, key)
        if start.strftime(self.format) != key:
            raise ValueError(f"'{key}' is no {self.kind} partition key: write it like {self.start:{self.format}}")
        return start

    def _next(self, start: date) -> date:
        if self.kind == "monthly":
            return date(start.year + start.month // 12, start.month % 12 + 1, 1)
        return start + timedelta(days=7 if self.kind == "weekly" else 1)


def first_day(key: str) -> date:
    """The first day of a month (`2024-01`) or that day (`2024-01-06`). Raises ValueError for anything else."""
    try:
        return date.fromisoformat(key if len(key) == 10 else f"{key}-01")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{key!r} is no partition key: write it like 2024-01 or 2024-01-06") from error


def parse_key(kind: Kind, key: str) -> date:
    """The first day of the window that a key names. Raises ValueError with an example of the right form."""
    try:
        return datetime.strptime(key, _FORMATS[kind]).date()
    except ValueError as error:
        example = date(2024, 1, 6).strftime(_FORMATS[kind])
        raise ValueError(f"'{key}' is no {kind} partition key: write it like {example}") from error
