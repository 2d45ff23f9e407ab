"""What an expression can name where it stands, and who is told of a fault in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from data_platform.meaning.faults import Fault, named
from data_platform.meaning.value import UNKNOWN, Identity, Meaning
from data_platform.sql.relations import Scope
from data_platform.sql.syntax import Syntax

Columns = Mapping[str, Meaning]


@dataclass(frozen=True, eq=False)
class Here:
    """`group`: the columns in which the rows of one group agree; `own`: the SELECT's own columns, for ORDER BY."""

    scope: Scope
    relations: dict[str, Columns]
    outer: "Here | None" = None
    own: Columns | None = None
    group: frozenset[Identity] = frozenset()
    windows: Mapping[str, exp.Expr] = field(default_factory=dict)

    def column(self, node: exp.Column) -> Meaning:
        parts = [part.name for part in node.parts]
        for position in range(len(parts) - 1):
            columns = self.find(parts[position])
            if columns is not None:
                # A field of a struct is none of its columns.
                return columns.get(parts[position + 1], UNKNOWN) if position == len(parts) - 2 else UNKNOWN
        return (self.own or {}).get(parts[-1], UNKNOWN)

    def find(self, relation: str) -> Columns | None:
        if relation in self.relations:
            return self.relations[relation]
        return self.outer.find(relation) if self.outer else None

    def fixed(self) -> frozenset[Identity]:
        """What has one value for all rows here: the columns of the row around a correlated subquery."""
        found: set[Identity] = set()
        around = self.outer
        while around is not None:
            for columns in around.relations.values():
                for meaning in columns.values():
                    found |= meaning.made_of
            around = around.outer
        return frozenset(found)


class Told:
    """The faults of one text, each once, wherever it is come across again."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self._faults: dict[tuple[int, str], Fault] = {}
        self._outputs: list[str] = []

    def tell(self, name: str, node: exp.Expr, message: str) -> None:
        columns = frozenset([*named(node), *self._outputs])
        known = self._faults.get((id(node), name))
        if known is not None:
            columns |= known.columns
        self._faults[id(node), name] = Fault(name, self._line(node), message, columns)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(sorted(self._faults.values(), key=lambda fault: fault.line))

    @contextmanager
    def within(self, output: str) -> Iterator[None]:
        """What is told inside concerns this column of a SELECT."""
        self._outputs.append(output.lower())
        yield
        self._outputs.pop()

    def _line(self, node: exp.Expr) -> int:
        """Where it begins: the parser keeps no place of some functions' names, which stand before their bracket."""
        start = self._syntax.start(node)
        if start is None:
            return self._syntax.line(node)
        if isinstance(node, exp.Func) and "start" not in node.meta:
            tokens = self._syntax.tokens
            at = next((i for i, token in enumerate(tokens) if token.start == start), 0)
            if at >= 2 and tokens[at - 1].text == "(" and tokens[at - 2].text.isidentifier():
                return tokens[at - 2].line
        return self._syntax.line_at(start)
