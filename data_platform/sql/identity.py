"""Row identity: a staged model with the hidden columns of its raw rows carried to its output.

The text of the author is kept and only added to, so that what runs is what was written, line for line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql.join_keys import Keys
from data_platform.sql.model import Model, located
from data_platform.sql.refusals import table_name
from data_platform.sql.relations import Scope, references, resolve
from data_platform.sql.row_path import HIDDEN, PathJoin, RowPath, Step
from data_platform.sql.syntax import SqlError, Syntax, read

_HIDDEN_LIST = ", ".join(HIDDEN)


@dataclass(frozen=True)
class Lookup:
    """A LEFT JOINed relation. `relation` can stand in FROM behind `Threaded.ctes`; `keys` are columns of it.

    `table` is the lake table it names directly, None for a CTE or subquery. In `null_safe` keys NULL matches NULL.
    """

    relation: str
    table: TableName | None
    keys: tuple[str, ...]
    null_safe: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Threaded:
    """`sql` puts out the model's columns, then HIDDEN. `driving` has one raw table for each UNION ALL branch.

    Every relation `raw.*` must offer HIDDEN, also those that are only looked up in: there they are left out again.
    `ctes` is `WITH …` or ''; each of `lookups` must be unique on its keys, else rows would multiply.
    """

    sql: str
    driving: tuple[TableName, ...]
    lookups: tuple[Lookup, ...]
    ctes: str

    def repeated_keys(self, lookup: Lookup) -> str:
        """A query for the keys that `lookup` has more than once: the keys, then `_times`. No rows: it is unique.

        A NULL in a key that is compared with `=` never matches, so its rows do not count.
        """
        keys = ", ".join(f"{key} AS _key_{i}" for i, key in enumerate(lookup.keys, 1))
        compared = [f"{key} IS NOT NULL" for key in lookup.keys if key not in lookup.null_safe]
        where = f" WHERE {' AND '.join(compared)}" if compared else ""
        select = f"SELECT {keys}, count(*) AS _times FROM {lookup.relation}{where} GROUP BY ALL HAVING count(*) > 1"
        return f"{self.ctes} {select}".strip()


def thread(model: Model) -> Threaded:
    """The model with the identity of each raw row carried to its output.

    On the way from the driving raw table to the output each row must come through exactly once: SELECTs of columns
    and expressions, LEFT JOINs to lookups on equality of a key, UNION ALL, CTEs and subqueries of these. Lookups
    may do anything. Raises ModelError with line, reason and repair at anything else on the way.
    """
    with located(model.path):
        return _threaded(model.text)


def row_sources(model: Model) -> tuple[TableName, ...]:
    """The tables whose rows a view hands on, each row once: one for each UNION ALL branch.

    Raises ModelError, as `thread` does, at anything that could lose, merge or multiply rows on the way.
    """
    with located(model.path):
        return _row_sources(model.text)


@lru_cache(maxsize=1024)
def _row_sources(text: str) -> tuple[TableName, ...]:
    path = RowPath(read(text), ("staged", "curated"))
    path.follow(path.syntax.tree, Scope())
    return tuple(path.driving)


@lru_cache(maxsize=1024)
def _threaded(text: str) -> Threaded:
    syntax = read(text)
    path = RowPath(syntax)
    path.follow(syntax.tree, Scope())
    additions = Additions(syntax)
    for step in path.steps:
        additions.carry(step)
    for table in _off_path(path):
        additions.hide(table)
    with_ = syntax.tree.args.get("with_")
    ctes = additions.with_clause(tuple(with_.expressions)) if with_ else ""
    outer = 1 if with_ else 0
    return Threaded(
        sql=additions.text(0, len(syntax.tokens) - 1),
        driving=tuple(path.driving),
        lookups=tuple(additions.lookup(join, outer) for join in path.joins),
        ctes=ctes,
    )


def _off_path(path: RowPath) -> Iterator[exp.Table]:
    """Mentions of relations that carry HIDDEN, where they are only looked up in."""
    on_path = {id(table) for table in path.mentions}
    carrying = {id(cte) for cte in path.ctes}
    for table, binding in references(path.syntax.tree):
        if id(table) in on_path:
            continue
        if id(binding.cte) in carrying if binding else table.db.lower() == "raw":
            yield table


class Additions:
    """What is put into the text, by offset. Nothing is ever taken out."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self._added: list[tuple[int, str]] = []

    def carry(self, step: Step) -> None:
        """HIDDEN as the last columns of one SELECT; a `*` leaves them out, so that they come once."""
        for projection in step.select.expressions:
            if projection.is_star:
                self._exclude(projection.this if isinstance(projection, exp.Column) else projection)
        last = step.from_index - 1
        qualifier = f"{step.source}." if step.source else ""
        columns = ", ".join(qualifier + name for name in HIDDEN)
        comma = "" if self.syntax.word(last) == "," else ","
        self._after(last, f"{comma} {columns}")

    def _exclude(self, star: exp.Expr) -> None:
        index = self.syntax.index(star)
        if self.syntax.word(index + 1) != "EXCLUDE":
            self._after(index, f" EXCLUDE ({_HIDDEN_LIST})")
        elif self.syntax.word(index + 2) == "(":
            self._after(index + 2, f"{_HIDDEN_LIST}, ")
        else:
            self._after(index + 1, f" ({_HIDDEN_LIST},")
            self._after(self.syntax.index(star.args["except_"][0].parts[-1]), ")")

    def hide(self, table: exp.Table) -> None:
        """A relation without its HIDDEN columns, under the same name, so that `*` and DISTINCT mean what they say."""
        first, last = self._mention(table)
        self._refuse_schema_in_columns(table)
        name = "" if table.alias else f" AS {self.syntax.slice(last, last)}"
        self._added.append((self.syntax.tokens[first].start, f"(SELECT * EXCLUDE ({_HIDDEN_LIST}) FROM "))
        self._after(last, f"){name}")

    def _refuse_schema_in_columns(self, table: exp.Table) -> None:
        for column in self.syntax.tree.find_all(exp.Column):
            parts = [part.name.lower() for part in column.parts]
            if table.db and parts[:2] == [table.db.lower(), table.name.lower()]:
                raise SqlError(self.syntax.line(column), f"leave '{parts[0]}.' away before {'.'.join(parts[1:])}")

    def _mention(self, table: exp.Table) -> tuple[int, int]:
        """First and last token of a table's name, without alias."""
        return self.syntax.index(table.args.get("db") or table.this), self.syntax.index(table.this)

    def _after(self, index: int, text: str) -> None:
        self._added.append((self.syntax.tokens[index].end + 1, text))

    def text(self, first: int, last: int) -> str:
        """The text from one token to another with all that was added to it."""
        start, end = self.syntax.tokens[first].start, self.syntax.tokens[last].end + 1
        if first == 0:
            start = 0
        parts, position = [], start
        for offset, addition in sorted(self._added, key=lambda item: item[0]):
            if start <= offset <= end:
                parts += [self.syntax.text[position:offset], addition]
                position = offset
        return "".join([*parts, self.syntax.text[position:end]])

    def with_clause(self, ctes: tuple[exp.CTE, ...]) -> str:
        with_ = ctes[0].parent
        recursive = "RECURSIVE " if with_ is not None and with_.args.get("recursive") else ""
        return f"WITH {recursive}" + ", ".join(self._cte_text(cte) for cte in ctes)

    def _cte_text(self, cte: exp.CTE) -> str:
        first = self.syntax.index(cte.args["alias"].this)
        index = first
        while self.syntax.word(index) != "AS":
            index += 1
        while self.syntax.word(index) != "(":
            index += 1
        return self.text(first, self.syntax.closing(index))

    def lookup(self, path_join: PathJoin, outer: int) -> Lookup:
        """`outer` is the number of WITH clauses that `Threaded.ctes` already brings."""
        relation = path_join.join.this
        direct = isinstance(relation, exp.Table) and resolve(relation, path_join.scope) is None
        text = self._relation_text(relation)
        named = self.syntax.index(_named(relation))
        alias = self.syntax.slice(named, named)
        for ctes in reversed(path_join.scope.withs[outer:]):
            if ctes:
                text = f"({self.with_clause(ctes)} SELECT * FROM {text}) AS {alias}"
        keys: Keys = path_join.keys
        return Lookup(
            relation=text,
            table=table_name(self.syntax, relation) if direct and isinstance(relation, exp.Table) else None,
            keys=keys.columns,
            null_safe=keys.null_safe,
            line=self.syntax.line(path_join.join),
        )

    def _relation_text(self, relation: exp.Expr) -> str:
        named = self.syntax.index(_named(relation))
        last = self.syntax.closing(named + 1) if relation.alias_column_names else named
        if isinstance(relation, exp.Table):
            return self.text(self._mention(relation)[0], last)
        index = named - 1
        while self.syntax.word(index) != ")":  # AS may stand between
            index -= 1
        return self.text(self.syntax.enclosing[index], last)


def _named(relation: exp.Expr) -> exp.Expr:
    """The identifier that gives `relation` its name here."""
    alias = relation.args.get("alias")
    named: exp.Expr = alias.this if alias else relation.this
    return named
