"""What staged models may rely on in raw files, and how each file's columns are matched with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, field_validator

from data_platform.contracts.column_type import ColumnType
from data_platform.contracts.contract import Part, PersonalKind, SemanticKind


class RawColumn(Part):
    """A source column: the name and type that models see, whatever this month's file calls and types it.

    `words`: what files that hold text write for a value, in any case; `{CSH: 2}` where others have the code.
    """

    type: ColumnType
    aliases: tuple[str, ...] = ()
    optional: bool = False
    words: dict[str, int | str] = Field(default_factory=dict)
    description: str = ""
    semantic: SemanticKind | None = None
    unit: str | None = None
    pii: PersonalKind | None = None

    @property
    def personal(self) -> bool:
        """Whether its values may not be shown."""
        return self.pii is not None

    @property
    def privacy(self) -> str:
        """What personal data it holds; '' where it holds none."""
        return self.pii or ""


# What every raw row carries besides its columns.
IDENTITY = ("_source_file", "_source_row", "_uncast")


class RawColumns(Part):
    """All declared columns of a raw table."""

    columns: dict[str, RawColumn] = Field(min_length=1)

    @field_validator("columns")
    @classmethod
    def _one_meaning(cls, columns: dict[str, RawColumn]) -> dict[str, RawColumn]:
        meant: dict[str, str] = {}
        for name, column in columns.items():
            if name.lower() in IDENTITY:
                raise ValueError(f"'{name}' belongs to the platform; declare another name with `aliases: [{name}]`")
            for called in dict.fromkeys(each.lower() for each in (name, *column.aliases)):
                if called in meant:
                    both = f"'{meant[called]}' and '{name}'"
                    raise ValueError(f"'{called}' would be both {both}; names ignore case: drop one")
                meant[called] = name
        return columns


@dataclass(frozen=True)
class Physical:
    """A column as it stands in a file."""

    name: str
    type: str


@dataclass(frozen=True)
class Drift:
    """How a file differs from what is declared. Only `missing` stops the table; the rest is told."""

    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()

    @property
    def text(self) -> str:
        """One line for people; empty when nothing drifted."""
        parts = [
            ("unknown columns", self.unknown),
            ("missing columns", self.missing),
            ("optional columns absent", self.absent),
            ("renamed", tuple(f"{name} is called {found}" for name, found in self.renamed)),
            ("other type", tuple(f"{name} is {found}, declared {wanted}" for name, wanted, found in self.retyped)),
        ]
        return "; ".join(f"{label}: {', '.join(values)}" for label, values in parts if values)


def _folded(name: str) -> str:
    return name.strip().lower()


@dataclass(frozen=True)
class Matched:
    """Declared name → the file's column, or None where the file has none; and the drift."""

    columns: Mapping[str, Physical | None]
    drift: Drift


def match(declared: Mapping[str, RawColumn], found: Sequence[tuple[str, str]]) -> Matched:
    """Finds each declared column in a file: by its name, by an alias, then by either in another case or within blanks.

    `found` are (name, type) of the file's columns in order.
    """
    by_name = {name: Physical(name, type_) for name, type_ in found}
    by_folded = {_folded(name): physical for name, physical in reversed(by_name.items())}
    columns: dict[str, Physical | None] = {}
    for name, column in declared.items():
        names = (name, *column.aliases)
        exact = next((by_name[candidate] for candidate in names if candidate in by_name), None)
        folded = next((by_folded[c] for c in map(_folded, names) if c in by_folded), None)
        columns[name] = exact or folded
    used = {physical.name for physical in columns.values() if physical}
    present = [(name, column, columns[name]) for name, column in declared.items()]
    return Matched(
        columns,
        Drift(
            unknown=tuple(name for name, _ in found if name not in used),
            missing=tuple(name for name, column, at in present if at is None and not column.optional),
            absent=tuple(name for name, column, at in present if at is None and column.optional),
            renamed=tuple((name, at.name) for name, _, at in present if at and at.name != name),
            retyped=tuple(
                (name, column.type, at.type) for name, column, at in present if at and at.type != column.type
            ),
        ),
    )
