"""The labelled corpus of aggregations, as its files say it: tables with what their columns mean, and SQL over them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CORPUS = Path(__file__).parent / "corpus"
HELD_OUT = Path(__file__).parent / "heldout"
"""Written with the corpus, and kept from the author of the checker until it was finished."""


@dataclass(frozen=True)
class Case:
    """`faults` are the names that are right to tell, none for SQL that is right; `line` is where; `output` is what the
    SELECT's columns mean, as far as the label says it.
    """

    name: str
    sql: str
    faults: tuple[str, ...]
    line: int | None
    output: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]]


def cases(folder: Path = CORPUS) -> Iterator[Case]:
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            told = case.get("wrong", [])
            yield Case(
                name=f"{path.stem}: {case['name']}",
                sql=case["sql"],
                faults=(told,) if isinstance(told, str) else tuple(told),
                line=case.get("line"),
                output=case.get("output", {}),
                tables=content["tables"],
            )
