"""What must not come back: keyed digests of forgotten values, and the raw columns in which they are looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from data_platform.lake.names import TableName
from data_platform.privacy.spelling import Kind, folded

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True)
class Tombstones:
    """Digests by kind; and by `raw.table.column` the kinds that a column holds, beside the one that it is tagged as.

    `mentioned` are those of what else was known of these people: it goes out of texts, and takes no row with it.
    """

    digests: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    columns: Mapping[str, frozenset[Kind]] = field(default_factory=dict)
    mentioned: Mapping[Kind, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.digests.values())

    def __or__(self, other: "Tombstones") -> "Tombstones":
        return Tombstones(
            _union(self.digests, other.digests),
            _union(self.columns, other.columns),
            _union(self.mentioned, other.mentioned),
        )

    def kinds_of(self, table: TableName, column: str, tagged: Kind | None) -> frozenset[Kind]:
        """As what a raw column is looked at: a row with such a value, as a whole, is one of who is forgotten."""
        named = self.columns.get(f"{table.sql}.{column}", frozenset())
        return (named if tagged is None else named | {tagged}) & self.digests.keys()

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        told = (("digests", self.digests), ("columns", self.columns), ("mentioned", self.mentioned))
        return {name: {key: sorted(found) for key, found in sorted(of.items())} for name, of in told}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Tombstones":
        """The same from what is stored."""
        names = ("digests", "columns", "mentioned")
        return cls(*({key: frozenset(found) for key, found in stored[name].items()} for name in names))


def digest_of(digest: Callable[[str], str], kind: Kind, text: str) -> str:
    """A value's digest as a tombstone has it: another one than a hashed column has of the same value, so that nobody
    can tell by comparing the two whose rows a table had.
    """
    return digest(f"forgotten {kind}\0{folded(text, kind)}")


def _union(some: Mapping[_K, frozenset[_V]], more: Mapping[_K, frozenset[_V]]) -> dict[_K, frozenset[_V]]:
    return {key: some.get(key, frozenset()) | more.get(key, frozenset()) for key in some.keys() | more.keys()}
