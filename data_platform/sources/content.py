"""The partition of a file whose name says nothing, by the dates that its rows have; each version is read once."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data_platform import kept
from data_platform.sources.errors import Refused

# A sensor that thinks for a minute is broken off: what is not read by then is read by the next question.
_LONGEST_SECONDS = 20.0


@dataclass(frozen=True)
class FromContent:
    """The partition in which more rows lie than in any other, by a column; texts are read in a strptime form, or as
    ISO 8601 has it. Of two with as many rows it is the earlier one. Rows without a date do not count.
    """

    column: str
    format: str | None = None

    def partition(self, parquet: Path, key_of: Callable[[datetime], str]) -> str:
        """Raises ValueError when there is no such column, or no row has a date in it."""
        rows: Counter[str] = Counter()
        for value, count in self._days(parquet).items():
            if (moment := self._moment(value)) is not None:
                with suppress(OverflowError):  # a moment of the year 1 that is of the year 0 elsewhere
                    rows[key_of(moment)] += count
        if not rows:
            form = self.format or "ISO 8601"
            raise ValueError(
                f"no row has a date of the form {form} in column '{self.column}', which tells its partition"
            )
        return min(rows, key=lambda key: (-rows[key], key))

    def _days(self, parquet: Path) -> Counter[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        found: Counter[Any] = Counter()
        with pq.ParquetFile(parquet) as file:
            names = file.schema_arrow.names
            same = [name for name in names if name == self.column] or [
                name for name in names if name.lower() == self.column.lower()
            ]
            if not same:
                raise ValueError(f"has no column '{self.column}', which tells its partition")
            for batch in file.iter_batches(columns=same[:1]):
                values: pa.Array = batch.column(0)
                if pa.types.is_timestamp(values.type):
                    values = values.cast(pa.timestamp(values.type.unit)).cast(pa.date32(), safe=False)
                for each in pc.value_counts(values).to_pylist():
                    found[each["values"]] += each["counts"]
        return found

    def _moment(self, value: object) -> datetime | None:
        if isinstance(value, date):
            return datetime.combine(value, datetime.min.time())
        if value is None or not (self.format or isinstance(value, str)):
            return None
        try:
            return datetime.strptime(str(value), self.format) if self.format else datetime.fromisoformat(str(value))
        except ValueError:
            return None


class Contents:
    """What the versions of a folder's files were found to hold, kept in a file of this machine that may be lost."""

    def __init__(self, notes: Path | None, rule: str) -> None:
        self._notes, self._rule = notes, rule
        found = kept.read(notes) if notes else {}
        self._known: dict[str, list[str | None]] = found["files"] if found.get("rule") == rule else {}
        self._now: dict[str, list[str | None]] = {}
        self._until = time.monotonic() + _LONGEST_SECONDS

    def partition(self, uri: str, version: str, find: Callable[[Path], str]) -> str:
        """The partition, found by `find` in a scratch folder or known from before.

        Raises ValueError for a file that has none, and TimeoutError when it will have to be asked again.
        """
        found = self._known.get(uri)
        if found is None or found[0] != version:
            if time.monotonic() > self._until:
                raise TimeoutError
            found = [version, *_found(find)]
        self._now[uri] = found
        _, key, reason = found
        if key is None:
            raise ValueError(reason)
        return key

    def save(self) -> None:
        """Keeps what was asked for."""
        if self._notes is not None and self._now != self._known:
            kept.write(self._notes, {"rule": self._rule, "files": self._now})


def _found(find: Callable[[Path], str]) -> tuple[str | None, str | None]:
    with tempfile.TemporaryDirectory(prefix="landing-") as scratch:
        try:
            return find(Path(scratch)), None
        except (ValueError, Refused) as error:
            return None, str(error)
