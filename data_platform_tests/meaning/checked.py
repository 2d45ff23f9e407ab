"""What the checker says of each labelled case."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data_platform.lake.names import TableName
from data_platform.meaning.declared import Declared
from data_platform.meaning.flow import Meanings, meanings_of
from data_platform.meaning.nouns import NOUNS
from data_platform.meaning.units import UnitError, unit_of
from data_platform.meaning.value import Meaning
from data_platform_tests.meaning.corpus_cases import Case, cases


@dataclass(frozen=True)
class Checked:
    """A labelled case, and what is found in it."""

    case: Case

    @property
    def is_wrong(self) -> bool:
        return bool(self.case.faults)

    @cached_property
    def found(self) -> Meanings:
        tables = {TableName.parse(name): _columns(columns) for name, columns in self.case.tables.items()}
        return meanings_of(self.case.sql, tables)

    @property
    def told(self) -> tuple[tuple[str, int], ...]:
        return tuple((fault.name, fault.line) for fault in self.found.faults)

    @property
    def is_caught(self) -> bool:
        return any(name in self.case.faults and line == self.case.line for name, line in self.told)

    @property
    def misread(self) -> Iterator[str]:
        """The columns that are taken to mean something else than the label says."""
        for name, wanted in self.case.output.items():
            meaning = self.found.columns[name.lower()]
            unit = wanted.get("unit")
            is_same = unit is None or (meaning.unit is not None and meaning.unit.same(unit_of(unit, _nouns(wanted))))
            if meaning.kind != wanted.get("semantic") or not is_same:
                yield f"{name}: {meaning.kind} in {meaning.unit}, labelled {dict(wanted)}"


def checked(folder: Path) -> Iterator[Checked]:
    """All cases of a folder of labelled files."""
    return (Checked(case) for case in cases(folder))


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Meaning]:
    return {
        name.lower(): Declared(
            each["type"], each.get("semantic"), each.get("unit"), tuple(each.get("per", ()))
        ).meaning(_nouns(each))
        for name, each in columns.items()
    }


def _nouns(column: Mapping[str, Any]) -> frozenset[str]:
    """A labelled file counts what it likes: it stands for a dataset that names its own nouns."""
    found: set[str] = set()
    for word in str(column.get("unit") or "").replace("/", " ").replace("*", " ").split():
        try:
            unit_of(word)
        except UnitError:
            found.add(word)
    return frozenset(found - NOUNS)
