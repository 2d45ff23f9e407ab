"""Judges column lineage on the labelled transforms: `python -m data_platform_tests.lineage.judge [--write]`.

What is judged are pairs of an output column and a source column; with `--write` the result becomes
docs/lineage_judged.md.
"""

import argparse
import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from data_platform.engines.duckdb import Engine
from data_platform.engines.partition import define
from data_platform.engines.sampled import SampledSelect, sampled_function
from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted, permuted
from data_platform.sql.lineage import column_lineage
from data_platform.sql.model import parse
from data_platform_tests.lineage.transform_cases import Transform, make_tables, transforms

PAGE = Path(__file__).parents[2] / "docs" / "lineage_judged.md"
TIMES = 2
RECALL, PRECISION = 0.98, 0.95
Pairs = frozenset[tuple[str, str]]
"""(output column, source column as `layer.table.column`)."""


@dataclass(frozen=True)
class Found:
    """What the text and the permutations say of one case."""

    case: Transform
    static_direct: Pairs
    static_indirect: Pairs
    permuted_direct: Pairs
    permuted_indirect: Pairs

    @property
    def static(self) -> Pairs:
        return self.static_direct | self.static_indirect

    @property
    def permuted(self) -> Pairs:
        return self.permuted_direct | self.permuted_indirect

    @property
    def union(self) -> Pairs:
        return self.static | self.permuted

    @property
    def direct(self) -> Pairs:
        """By the text where there is one, which tells direct from indirect better than any experiment."""
        return self.static_direct if self.case.sql else self.permuted_direct

    @property
    def indirect(self) -> Pairs:
        return self.static_indirect if self.case.sql else self.permuted_indirect

    @property
    def labelled_direct(self) -> Pairs:
        return _pairs(self.case.direct)

    @property
    def labelled_indirect(self) -> Pairs:
        return _pairs(self.case.indirect)

    @property
    def labelled(self) -> Pairs:
        return self.labelled_direct | self.labelled_indirect


@dataclass(frozen=True)
class Score:
    """Over pairs; `right` are those that are both labelled and found."""

    labelled: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0


def judged(cases: Sequence[Transform], permute: Callable[[int, Transform], bool] = lambda *_: True) -> list[Found]:
    """Every case, by its text and by permutation; `permute` chooses those that are run, by their place and content."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine("512MiB", 1, Path(folder))
        return [_judged(case, engine if permute(at, case) else None) for at, case in enumerate(cases)]


def score(found: Sequence[Found], labels: Callable[[Found], Pairs], pairs: Callable[[Found], Pairs]) -> Score:
    """Over all pairs of some cases together."""
    return Score(
        sum(len(labels(each)) for each in found),
        sum(len(pairs(each)) for each in found),
        sum(len(labels(each) & pairs(each)) for each in found),
    )


def union(found: Sequence[Found]) -> Score:
    """What the text and the permutations say together, direct and indirect alike."""
    return score(found, lambda each: each.labelled, lambda each: each.union)


def _judged(case: Transform, engine: Engine | None) -> Found:
    reactions = () if engine is None else _permuted(case, engine).reactions
    told = {kind: [r for r in reactions if r.kind == kind] for kind in ("direct", "indirect")}
    direct, indirect = (
        frozenset((r.column, f"{r.source.sql}.{r.source_column}") for r in told[kind])
        for kind in ("direct", "indirect")
    )
    return Found(case, *_static(case), direct, indirect)


def _static(case: Transform) -> tuple[Pairs, Pairs]:
    if not case.sql:
        return frozenset(), frozenset()
    columns = {TableName.parse(name): list(table.columns) for name, table in case.tables.items()}
    found = column_lineage(parse(Path("case.sql"), case.sql), columns)
    return (
        frozenset((name, str(source)) for name, lineage in found.items() for source in lineage.direct),
        frozenset((name, str(source)) for name, lineage in found.items() for source in lineage.indirect),
    )


def _permuted(case: Transform, engine: Engine) -> Permuted:
    with duckdb.connect() as connection:
        make_tables(connection, case.tables)
        rows = {TableName.parse(name): connection.table(name).to_arrow_table() for name in case.tables}
    if case.python:
        names: dict[str, Any] = {}
        exec(case.python, names)  # noqa: S102 # the text of a case, which stands beside this file
        taken = inspect.signature(names["transform"]).parameters
        given = {name: table for name, table in rows.items() if name.table in taken}
        return permuted(sampled_function(names["transform"]), given, times=TIMES)
    reads = parse(Path("case.sql"), case.sql).tables
    with engine.connect() as connection:
        define(connection, None)
        columns = {name: list(case.tables[name.sql].columns.items()) for name in reads}
        run = SampledSelect(connection, case.sql, columns, seconds=0.5)
        return permuted(run, {name: rows[name] for name in reads}, times=TIMES)


def _pairs(by_column: Mapping[str, frozenset[str]]) -> Pairs:
    return frozenset((column, source) for column, sources in by_column.items() for source in sources)


def page(found: Sequence[Found]) -> str:
    """The result as a page."""
    sql, python = [each for each in found if each.case.sql], [each for each in found if each.case.python]
    lines = [
        "# Column lineage, judged",
        "",
        f"{len(found)} labelled transforms ({len(sql)} in SQL, {len(python)} in Python) over sample rows, in "
        "`data_platform_tests/lineage/transforms`, written before there was a judge. What is judged are pairs of an "
        "output column and a source column. **Text**: what column lineage reads from the SQL. **Permutation**: what is "
        "seen when one source column at a time is given other values and the transform is run again. **Union**: both, "
        f"which is what must reach a recall of {RECALL:.0%} and a precision of {PRECISION:.0%}. Made by "
        "`python -m data_platform_tests.lineage.judge --write`.",
        "",
        "| of | by | recall | precision | labelled | found | right |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(name, by, one) for name, by, one in _scores(found, sql, python)),
        "",
        "## Where the union and the labels differ",
        "",
        *[f"- {line}" for each in found for line in _differences(each)],
        "",
        "What is found and not labelled are columns that the text names and that cannot matter to the value "
        "(`tip * 0`, a condition that is always true): text alone cannot know it. What is labelled and not found are "
        "Python transforms whose sample would have to change in two columns at once.",
        "",
    ]
    return "\n".join(lines)


def _scores(found: Sequence[Found], sql: Sequence[Found], python: Sequence[Found]) -> Iterator[tuple[str, str, Score]]:
    yield "all", "**union**", union(found)
    yield "SQL", "union", union(sql)
    yield "SQL", "text", score(sql, lambda e: e.labelled, lambda e: e.static)
    yield "SQL, direct", "text", score(sql, lambda e: e.labelled_direct, lambda e: e.static_direct)
    yield "SQL, indirect", "text", score(sql, lambda e: e.labelled_indirect, lambda e: e.static_indirect)
    yield "SQL", "permutation", score(sql, lambda e: e.labelled, lambda e: e.permuted)
    yield "SQL, direct", "permutation", score(sql, lambda e: e.labelled_direct, lambda e: e.permuted_direct)
    yield "SQL, indirect", "permutation", score(sql, lambda e: e.labelled_indirect, lambda e: e.permuted_indirect)
    yield "Python", "permutation", score(python, lambda e: e.labelled, lambda e: e.permuted)
    yield "Python, direct", "permutation", score(python, lambda e: e.labelled_direct, lambda e: e.permuted_direct)
    yield "Python, indirect", "permutation", score(python, lambda e: e.labelled_indirect, lambda e: e.permuted_indirect)
    yield "all, direct", "text, else permutation", score(found, lambda e: e.labelled_direct, lambda e: e.direct)
    yield "all, indirect", "text, else permutation", score(found, lambda e: e.labelled_indirect, lambda e: e.indirect)


def _row(of: str, by: str, one: Score) -> str:
    return f"| {of} | {by} | {one.recall:.1%} | {one.precision:.1%} | {one.labelled} | {one.found} | {one.right} |"


def _differences(each: Found) -> Iterator[str]:
    for pair in sorted(each.labelled - each.union):
        yield f"{each.case.name}: `{pair[0]}` comes from `{pair[1]}`, which nobody found"
    for pair in sorted(each.union - each.labelled):
        who = " and ".join(n for n, seen in (("the text", each.static), ("permutation", each.permuted)) if pair in seen)
        yield f"{each.case.name}: `{pair[0]}` does not come from `{pair[1]}`, as {who} says"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m data_platform_tests.lineage.judge", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the result docs/lineage_judged.md")
    found = judged(tuple(transforms()))
    text = page(found)
    if parser.parse_args().write:
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    one = union(found)
    return 0 if one.recall >= RECALL and one.precision >= PRECISION else 1


if __name__ == "__main__":
    sys.exit(main())
