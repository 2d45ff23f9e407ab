"""What is asked of a database, whichever it is: which columns, how many rows of which content, and the rows."""

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol
from zoneinfo import ZoneInfo

from data_platform.sources.database.address import Address
from data_platform.sources.errors import TransientSourceError

if TYPE_CHECKING:
    import pyarrow as pa

# What is not here comes as the text that the server writes for it: no library in between reads it another way.
Kind = Literal["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "bool"]


class TooSlow(TransientSourceError):  # noqa: N818 - it is named for what happened
    """A statement was ended by its time limit of so many seconds: another attempt at once would take as long."""

    def __init__(self, seconds: float) -> None:
        told = f"the statement took longer than statement_timeout_seconds={seconds:g}"
        super().__init__(f"{told}. Raise it, or make the windows smaller", retry_after=math.inf)


@dataclass(frozen=True)
class Login:
    """A database and who asks it. `connect_seconds` also is how long SQLite waits for a lock."""

    address: Address
    user: str | None
    password: str | None = field(repr=False)
    connect_seconds: float
    statement_seconds: float


@dataclass(frozen=True)
class Column:
    """A column of the database. `type` in its words, `kind` in Parquet; `moment`: what its times mean."""

    name: str
    type: str
    kind: Kind | Literal["text", "bytes"]
    moment: Literal["local", "instant"] | None = None


@dataclass(frozen=True)
class Chosen:
    """What is read of a table. `names`: schema (if it is said) and table. `zone`: whose local time windows are in."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    watermark: Column | None
    zone: ZoneInfo

    def moment(self, local: datetime) -> datetime:
        """A local time as the watermark's column has it: naive, and in UTC where it means an instant."""
        if self.watermark is None or self.watermark.moment != "instant":
            return local
        return local.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Span:
    """Local times: from `start`, until before `end`."""

    start: datetime
    end: datetime


@dataclass
class Tally:
    """How many rows, and the sums of a hash over each row's content and over its key: the same rows, the same tally."""

    rows: int = 0
    content: int = 0
    keys: int = 0


Of = Literal["content", "keys"]


Batches = Generator["pa.RecordBatch", None, None]


class Session(Protocol):
    """A connection, used by one thread at a time. All that fails is a SourceError without any address in its text."""

    def columns(self, names: tuple[str, ...]) -> Sequence[Column]:
        """Of a table, in their order; none if there is no such table."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything asked within is answered as of one moment, where the database can do that."""
        ...

    def tallies(
        self, chosen: Chosen, edges: Sequence[datetime], of: Sequence[Of], within: Sequence[Span] | None
    ) -> Mapping[int | None, Tally]:
        """The rows between edges (local times in order), by how many of these are at or before the row's watermark;
        under None those without one. `within`: only these times. Without a watermark, all rows are under 0.
        """
        ...

    def batches(self, chosen: Chosen, span: Span | None, of: Sequence[Of], tally: Tally) -> "Batches":
        """The rows of a span (None: all) by key, else by content, in one statement; `tally` is counted on the way."""
        ...

    def close(self) -> None:
        """Also while rows are still coming."""
        ...
