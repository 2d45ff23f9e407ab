"""What there is to say of a partition: it must be made again, it cannot be made yet, or its source did not answer."""

from dataclasses import dataclass, field

from data_platform.lake.names import TableName

NO_PARTITION = "no partition"
"""Of what is told of a source and of none of its partitions."""


@dataclass(frozen=True, order=True)
class Stale:
    """A partition that must be made again. `wanted` is the version that it would get (raw: the source's)."""

    table: TableName
    partition: str
    reason: str
    wanted: str = field(compare=False)


@dataclass(frozen=True, order=True)
class Waiting:
    """A partition that cannot be made yet. `overdue` when its source should have had it by now."""

    table: TableName
    partition: str
    reason: str
    overdue: bool = False


@dataclass(frozen=True, order=True)
class Unanswered:
    """A source that could not be asked."""

    table: TableName
    partition: str
    error: str


Finding = Stale | Waiting | Unanswered
