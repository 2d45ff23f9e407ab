"""The row account: every row that arrived is found again, by identity, as clean, rejected or dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Identity:
    """A set of rows of one source file: how many, the sum of their row numbers, and of those numbers' hashes.

    A lost and a doubled row may leave the count alone, two of each even the sum; the hash sum tells them apart.
    """

    rows: int = 0
    row_sum: int = 0
    hash_sum: int = 0

    def __add__(self, other: "Identity") -> "Identity":
        return Identity(self.rows + other.rows, self.row_sum + other.row_sum, self.hash_sum + other.hash_sum)


NOTHING = Identity()


@dataclass(frozen=True)
class FileAccount:
    """What became of the rows of one source file."""

    source_file: str
    arrived: Identity = NOTHING
    clean: Identity = NOTHING
    rejected: Identity = NOTHING
    dropped: Identity = NOTHING

    @property
    def found(self) -> Identity:
        return self.clean + self.rejected + self.dropped

    @property
    def closes(self) -> bool:
        return self.arrived == self.found

    @property
    def gap(self) -> str:
        """What does not add up, in words; empty when the account closes."""
        if self.closes:
            return ""
        arrived, found = self.arrived.rows, self.found.rows
        if arrived != found:
            word = "lost" if found < arrived else "too many"
            return f"{self.source_file}: {arrived} rows arrived, {found} found again ({abs(arrived - found)} {word})"
        return f"{self.source_file}: {arrived} rows arrived and as many were found, but not the same ones"


@dataclass(frozen=True)
class RowAccount:
    """The account of one partition: per source file, and how many rows broke each rule or carry each flag."""

    files: tuple[FileAccount, ...]
    rejected_by: Mapping[str, int] = field(default_factory=dict)
    dropped_by: Mapping[str, int] = field(default_factory=dict)
    flagged: Mapping[str, int] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        return all(file.closes for file in self.files)

    @property
    def gaps(self) -> tuple[str, ...]:
        return tuple(file.gap for file in self.files if not file.closes)

    @property
    def arrived(self) -> int:
        return sum(file.arrived.rows for file in self.files)

    @property
    def clean(self) -> int:
        return sum(file.clean.rows for file in self.files)

    @property
    def rejected(self) -> int:
        return sum(file.rejected.rows for file in self.files)

    @property
    def dropped(self) -> int:
        return sum(file.dropped.rows for file in self.files)

    @property
    def rejected_share(self) -> float:
        """Rejected rows / rows that arrived; 0 where none arrived."""
        return self.rejected / self.arrived if self.arrived else 0.0

    def as_json(self) -> dict[str, Any]:
        """For a commit's provenance. Sums are text: they exceed what JSON readers keep exactly."""
        return {
            "arrived": self.arrived,
            "clean": self.clean,
            "rejected": self.rejected,
            "dropped": self.dropped,
            "rejected_by": dict(self.rejected_by),
            "dropped_by": dict(self.dropped_by),
            "flagged": dict(self.flagged),
            "files": [
                {
                    "source_file": file.source_file,
                    **{
                        side: {"rows": part.rows, "row_sum": str(part.row_sum), "hash_sum": str(part.hash_sum)}
                        for side, part in (
                            ("arrived", file.arrived),
                            ("clean", file.clean),
                            ("rejected", file.rejected),
                            ("dropped", file.dropped),
                        )
                        if part.rows
                    },
                }
                for file in self.files
            ],
        }


def account(
    arrived: Mapping[str, Identity],
    clean: Mapping[str, Identity],
    rejected: Mapping[str, Identity],
    dropped: Mapping[str, Identity],
    **by_rule: Mapping[str, int],
) -> RowAccount:
    """Puts the four sides together, file by file; a file that appears on any side gets a line."""
    names = sorted({*arrived, *clean, *rejected, *dropped})
    return RowAccount(
        tuple(
            FileAccount(
                name,
                arrived.get(name, NOTHING),
                clean.get(name, NOTHING),
                rejected.get(name, NOTHING),
                dropped.get(name, NOTHING),
            )
            for name in names
        ),
        **by_rule,
    )
