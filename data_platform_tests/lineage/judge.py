"""Judges column lineage on the labelled transforms: `python -m data_platform_tests.lineage.judge [--write]`.

What is judged are pairs of an output column and a source column; with `--write` the result becomes
docs/lineage_judged.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_platform.engines.duckdb import Engine
from data_platform.engines.partition import define
from data_platform.engines.sampled import SampledSelect, sampled_function
from data_platform.lineage.permuting import Permuted, permuted
from data_platform.sql.lineage import column_lineage
from data_platform.sql.model import parse
from data_platform_tests.lineage.labelled import Pair, Transform, transforms

PAGE = Path(__file__).parents[2] / "docs" / "lineage_judged.md"
TIMES = 2


@dataclass(frozen=True)
class Found:
    """What was found of one case."""

    case: Transform
    static_direct: frozenset[Pair]
    static_indirect: frozenset[Pair]
    permuted_direct: frozenset[Pair]
    permuted_indirect: frozenset[Pair]

    @property
    def static(self) -> frozenset[Pair]:
        return self.static_direct | self.static_indirect

    @property
    def permuted(self) -> frozenset[Pair]:
        return self.permuted_direct | self.permuted_indirect

    @property
    def labelled(self) -> frozenset[Pair]:
        return self.case.direct | self.case.indirect


@dataclass(frozen=True)
class Score:
    """Recall and precision over pairs; `right` are those that are labelled and found."""

    labelled: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0


def judged(times: int = TIMES) -> list[Found]:
    """Every case, by the text and by permutation; `times` is how often each kind of change is tried."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine("512MiB", 1, Path(folder))
        return [_judged(case, engine, times) for case in transforms()]


def _judged(case: Transform, engine: Engine, times: int) -> Found:
    seen = _permuted(case, engine, times)
    direct, indirect = set[Pair](), set[Pair]()
    for each in seen.reactions:
        pair = (each.column, f"{each.source.sql}.{each.source_column}")
        (direct if each.kind == "direct" else indirect).add(pair)
    static = _static(case)
    return Found(case, *static, frozenset(direct), frozenset(indirect))


def _static(case: Transform) -> tuple[frozenset[Pair], frozenset[Pair]]:
    if case.sql is None:
        return frozenset(), frozenset()
    model = parse(Path(case.file), case.sql)
    columns = {name: [column for column, _ in table.columns] for name, table in case.tables.items()}
    found = column_lineage(model, columns)
    return (
        frozenset((name, str(source)) for name, lineage in found.items() for source in lineage.direct),
        frozenset((name, str(source)) for name, lineage in found.items() for source in lineage.indirect),
    )


def _permuted(case: Transform, engine: Engine, times: int) -> Permuted:
    sample = {name: table.rows for name, table in case.inputs.items()}
    if case.function is not None:
        return permuted(sampled_function(case.function), sample, times=times)
    assert case.sql is not None
    reads = parse(Path(case.file), case.sql).tables
    with engine.connect() as connection:
        define(connection, None)
        columns = {name: case.tables[name].columns for name in reads}
        run = SampledSelect(connection, case.sql, columns, seconds=0.5)
        return permuted(run, {name: sample[name] for name in reads}, times=times)


def score(
    found: Sequence[Found], labels: Callable[[Found], frozenset[Pair]], pairs: Callable[[Found], frozenset[Pair]]
) -> Score:
    """Over all pairs of some cases together."""
    return Score(
        sum(len(labels(each)) for each in found),
        sum(len(pairs(each)) for each in found),
        sum(len(labels(each) & pairs(each)) for each in found),
    )


def union(found: Sequence[Found]) -> Score:
    """What the text and the permutations say together, direct and indirect alike."""
    return score(found, lambda each: each.labelled, lambda each: each.static | each.permuted)
