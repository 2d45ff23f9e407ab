"""The conditions that drawn contracts are made of: each can write itself as SQL, and judge a row in plain Python."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis import strategies as st

Row = Mapping[str, Any]
_LESS = {"<": (-1,), "<=": (-1, 0), "=": (0,), "<>": (-1, 1), ">=": (0, 1), ">": (1,)}


class Condition(Protocol):
    """True, false or unknown (None) for a row, as SQL has it."""

    @property
    def sql(self) -> str: ...

    @property
    def columns(self) -> frozenset[str]: ...

    def holds(self, row: Row) -> bool | None: ...


def ordered(value: Any) -> Any:
    """A value as it is compared: NaN is itself and above all numbers, -0.0 is 0, text goes by its bytes."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, float):
        return (1, 0.0) if math.isnan(value) else (0, value + 0.0)
    return value


@dataclass(frozen=True)
class Compare:
    """A column and a constant (`text` is its SQL), or another column."""

    column: str
    operator: str
    value: Any
    text: str
    other: str | None = None

    @property
    def sql(self) -> str:
        return f"{self.column} {self.operator} {self.text}"

    @property
    def columns(self) -> frozenset[str]:
        return frozenset((self.column, self.other or self.column))

    def holds(self, row: Row) -> bool | None:
        left, right = row[self.column], row[self.other] if self.other else self.value
        if left is None or right is None:
            return None
        one, two = ordered(left), ordered(right)
        return (one > two) - (one < two) in _LESS[self.operator]


@dataclass(frozen=True)
class IsNull:
    column: str

    @property
    def sql(self) -> str:
        return f"{self.column} IS NULL"

    @property
    def columns(self) -> frozenset[str]:
        return frozenset((self.column,))

    def holds(self, row: Row) -> bool | None:
        return row[self.column] is None


@dataclass(frozen=True)
class Every:
    """Every n-th row of a file."""

    n: int

    @property
    def sql(self) -> str:
        return f"_source_row % {self.n} = 0"

    @property
    def columns(self) -> frozenset[str]:
        return frozenset()

    def holds(self, row: Row) -> bool | None:
        return bool(row["_source_row"] % self.n == 0)


@dataclass(frozen=True)
class OfFile:
    """All rows of one file, which need not be there."""

    name: str

    @property
    def sql(self) -> str:
        return f"_source_file = '{self.name}'"

    @property
    def columns(self) -> frozenset[str]:
        return frozenset()

    def holds(self, row: Row) -> bool | None:
        return bool(row["_source_file"] == self.name)


@dataclass(frozen=True)
class Empty:
    """A text without a character."""

    column: str

    @property
    def sql(self) -> str:
        return f"length({self.column}) = 0"

    @property
    def columns(self) -> frozenset[str]:
        return frozenset((self.column,))

    def holds(self, row: Row) -> bool | None:
        return None if row[self.column] is None else row[self.column] == ""


@dataclass(frozen=True)
class Not:
    part: Condition

    @property
    def sql(self) -> str:
        return f"NOT ({self.part.sql})"

    @property
    def columns(self) -> frozenset[str]:
        return self.part.columns

    def holds(self, row: Row) -> bool | None:
        found = self.part.holds(row)
        return None if found is None else not found


@dataclass(frozen=True)
class Joined:
    """AND or OR, where unknown is not the same as false."""

    word: str
    parts: tuple[Condition, ...]

    @property
    def sql(self) -> str:
        return f" {self.word} ".join(f"({part.sql})" for part in self.parts)

    @property
    def columns(self) -> frozenset[str]:
        return frozenset().union(*(part.columns for part in self.parts))

    def holds(self, row: Row) -> bool | None:
        found = [part.holds(row) for part in self.parts]
        decides = self.word == "OR"
        return decides if decides in found else None if None in found else not decides


def conditions(columns: Mapping[str, str], constants: Mapping[str, Sequence[Any]]) -> st.SearchStrategy[Condition]:
    """Conditions over columns (name → type); `constants` are values of each type that has some."""
    simple: list[st.SearchStrategy[Condition]] = [
        st.builds(IsNull, st.sampled_from(sorted(columns))),
        st.builds(Every, st.integers(2, 4)),
        st.builds(OfFile, st.sampled_from(["t0", "t1"])),
    ]
    operators = st.sampled_from(sorted(_LESS))
    for name, type_ in sorted(columns.items()):
        if type_ == "VARCHAR":
            simple.append(st.just(Empty(name)))
        if type_ in constants:
            values = st.sampled_from(constants[type_])
            simple.append(
                st.builds(
                    lambda n, t, o, v: Compare(n, o, v, sql_of(v, t)), *map(st.just, (name, type_)), operators, values
                )
            )
        for other, other_type in columns.items():
            if other > name and other_type == type_:
                simple.append(
                    st.builds(lambda n, m, o: Compare(n, o, None, m, m), *map(st.just, (name, other)), operators)
                )
    found = st.one_of(simple)
    for _ in range(2):
        joined = st.builds(Joined, st.sampled_from(["AND", "OR"]), st.tuples(found, found))
        found = st.one_of(found, st.builds(Not, found), joined)
    return found


def sql_of(value: Any, type_: str) -> str:
    """A constant in SQL. Dates and times are given as they are kept."""
    if type_ == "DATE":
        return f"(DATE '1970-01-01' + CAST({value} AS INTEGER))"
    if type_ == "TIMESTAMP":
        return f"make_timestamp({value})"
    return "CAST('{}' AS {})".format(str(value).replace("'", "''"), type_)
