"""Which personal values a SELECT's columns still carry, and by which it picks its rows: column flow with less in it.

What tells nothing of whom it is about is left out: whether a value is there, how many there are, how long it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql.column_flow import Follower, Source, Surroundings
from data_platform.sql.lineage import column_lineage, qualified
from data_platform.sql.model import Model, located
from data_platform.sql.places import numbered
from data_platform.sql.syntax import read

# How many and how long: numbers in which no value is.
_CLEARS = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Length)
_CLEARING_NAMES = frozenset({"strlen", "bit_length", "octet_length", "length_grapheme"})
# What is true or false of a value.
_TESTS = (
    exp.EQ,
    exp.NEQ,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Between,
    exp.In,
    exp.Like,
    exp.ILike,
    exp.Glob,
    exp.SimilarTo,
    exp.RegexpLike,
    exp.RegexpILike,
    exp.RegexpFullMatch,
    exp.Contains,
    exp.StartsWith,
    exp.EndsWith,
)
_CLAUSES = (exp.Where, exp.Having, exp.Qualify, exp.Join, exp.Filter, exp.CountIf)


@dataclass(frozen=True)
class Pick:
    """Rows are chosen by comparing a personal column with a value that is written there."""

    source: Source
    line: int


@dataclass(frozen=True)
class Carried:
    """Output column → the personal columns whose values it may hold, in order; and what rows are picked by."""

    columns: Mapping[str, tuple[Source, ...]]
    picks: tuple[Pick, ...]


def carried(
    model: Model,
    columns: Mapping[TableName, Sequence[str]],
    personal: Collection[Source],
    texts: Collection[Source],
) -> Carried:
    """What of `personal` columns gets into the output of a model. `columns`: those of each table that it reads.

    `texts` are the personal ones that hold free text: whether such a text has a word in it tells nobody who wrote it.
    Whether an address is this or that one does. Raises ModelError when a column cannot be found.
    """
    names = tuple(column_lineage(model, columns))
    known = tuple((table, tuple(columns[table])) for table in model.tables)
    with located(model.path):
        tree = read(model.text).tree
        numbered(tree)
        follower = _PersonalFollower(known, personal, texts, model.text)
        output = follower.follow(qualified(tree, known))
    found = {}
    for name, flow in zip(names, output.columns.values(), strict=True):
        sources = sorted({follower.reaches[number].source for number in flow.direct} & set(personal))
        if sources:
            found[name] = tuple(sources)
    return Carried(found, tuple(sorted(follower.picks, key=lambda pick: (pick.line, pick.source))))


class _PersonalFollower(Follower):
    def __init__(
        self,
        columns: Iterable[tuple[TableName, tuple[str, ...]]],
        personal: Collection[Source],
        texts: Collection[Source],
        text: str,
    ) -> None:
        super().__init__(columns)
        self._personal = frozenset(personal)
        self._texts = frozenset(texts)
        self._text = text
        self.picks: set[Pick] = set()

    def _collect(self, node: exp.Expr, here: Surroundings, direct: set[int], indirect: set[int]) -> None:
        if isinstance(node, exp.Filter):  # how many rows a number is of, and which: the number itself is before it
            self._collect(node.this, here, direct, indirect)
            self._collect(node.expression, here, set(), indirect)
        elif _clears(node):
            for child in node.iter_expressions():
                self._collect(child, here, set(), indirect)
        elif isinstance(node, _TESTS):
            told: set[int] = set()
            super()._collect(node, here, told, indirect)
            self._note(node, told)
            direct |= {number for number in told if self.reaches[number].source not in self._texts}
        else:
            super()._collect(node, here, direct, indirect)

    def _note(self, test: exp.Expr, told: Iterable[int]) -> None:
        if not isinstance(test.find_ancestor(*_CLAUSES, exp.Select), _CLAUSES) or not _names_a_value(test):
            return
        starts = [inner.meta["start"] for inner in test.walk() if "start" in inner.meta]
        line = self._text.count("\n", 0, min(starts, default=0)) + 1
        sources = {self.reaches[number].source for number in told}
        self.picks |= {Pick(source, line) for source in (sources & self._personal) - self._texts}


def _clears(node: exp.Expr) -> bool:
    if isinstance(node, exp.Is):
        return isinstance(node.expression, exp.Null)
    return isinstance(node, _CLEARS) or (isinstance(node, exp.Anonymous) and node.name.lower() in _CLEARING_NAMES)


def _names_a_value(test: exp.Expr) -> bool:
    """Whether one side of a test is a value that is written there; that a text is not empty picks nobody."""
    literals = [literal.this for literal in test.find_all(exp.Literal)]
    return any(text != "" for text in literals)
