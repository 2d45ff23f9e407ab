"""The labelled aggregations below `corpus/`, and what the checker says of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from data_platform.lake.names import TableName
from data_platform.meaning.declared import Declared
from data_platform.meaning.flow import Meanings, meanings_of
from data_platform.meaning.nouns import NOUNS
from data_platform.meaning.units import UnitError, unit_of
from data_platform.meaning.value import Meaning

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """A SELECT, and the faults any of which is right to be told at its line; none: nothing may be told."""

    file: str
    name: str
    sql: str
    wrong: tuple[str, ...]
    line: int | None
    output: Mapping[str, Mapping[str, Any]]
    tables: Mapping[TableName, Mapping[str, Meaning]]

    @cached_property
    def found(self) -> Meanings:
        return meanings_of(self.sql, self.tables)

    @property
    def told(self) -> tuple[tuple[str, int], ...]:
        return tuple((fault.name, fault.line) for fault in self.found.faults)

    @property
    def is_caught(self) -> bool:
        return any(name in self.wrong and line == self.line for name, line in self.told)

    @property
    def misread(self) -> Iterator[str]:
        """The columns that are taken to mean something else than the label says."""
        for name, wanted in self.output.items():
            meaning = self.found.columns[name.lower()]
            has_unit = "unit" in wanted and wanted["unit"] is not None
            same = meaning.unit is not None and has_unit and meaning.unit.same(unit_of(wanted["unit"], _nouns(wanted)))
            if meaning.kind != wanted.get("semantic") or (has_unit and not same):
                yield f"{name}: {meaning.kind} in {meaning.unit}, labelled {dict(wanted)}"


def cases(folder: Path = CORPUS) -> Iterator[Case]:
    """All cases of a folder of labelled files."""
    for path in sorted(folder.glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        tables = {TableName.parse(name): _columns(columns) for name, columns in data["tables"].items()}
        for case in data["cases"]:
            wrong = case.get("wrong") or ()
            yield Case(
                file=path.name,
                name=case["name"],
                sql=case["sql"],
                wrong=(wrong,) if isinstance(wrong, str) else tuple(wrong),
                line=case.get("line"),
                output=case.get("output") or {},
                tables=tables,
            )


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Meaning]:
    declared = {
        name.lower(): Declared(each["type"], each.get("semantic"), each.get("unit"), tuple(each.get("per", ())))
        for name, each in columns.items()
    }
    return {name: each.meaning(_nouns(columns[name])) for name, each in declared.items()}


def _nouns(column: Mapping[str, Any]) -> frozenset[str]:
    """A labelled file counts what it likes: it stands for a dataset that names its own nouns."""
    unit = column.get("unit")
    if not isinstance(unit, str):
        return frozenset()
    found: set[str] = set()
    for word in unit.replace("/", " ").replace("*", " ").split():
        try:
            unit_of(word)
        except UnitError:
            found.add(word)
    return frozenset(found - NOUNS)
