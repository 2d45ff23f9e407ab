"""How meanings flow through one qualified query: CTEs, joins, subqueries, unions. Each SELECT is looked at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.meaning import algebra
from data_platform.meaning.expressions import Expressions
from data_platform.meaning.faults import Fault, of_pair
from data_platform.meaning.identities import Identities
from data_platform.meaning.labels import Labelled, named_constant, of_branches, tell_apart
from data_platform.meaning.surroundings import Columns, Here, Told
from data_platform.meaning.value import Identity, Meaning
from data_platform.sql.columns import output_name
from data_platform.sql.lineage import qualified
from data_platform.sql.relations import Scope, enter, relations_of, resolve
from data_platform.sql.syntax import read

Tables = Mapping[TableName, Columns]
Grains = Mapping[TableName, Sequence[str]]


@dataclass(frozen=True)
class Meanings:
    """What the columns of a SELECT mean, in order, and what is wrong on the way."""

    columns: Columns
    faults: tuple[Fault, ...]


def meanings_of(text: str, tables: Tables, grains: Grains | None = None) -> Meanings:
    """Of a SELECT over `tables`, whose columns (all of them, in lower case) have meanings.

    `grains`: the columns by which a row of a table is told from all others, where that is known.
    Raises SqlError, as lineage does, where a column cannot be found.
    """
    syntax = read(text)
    tree = qualified(syntax.tree, tuple((name, tuple(columns)) for name, columns in tables.items()))
    told = Told(syntax)
    flow = _Flow(told, {name: _leaf(name, columns) for name, columns in tables.items()}, grains or {})
    columns = flow.query(tree, Scope(), None)
    return Meanings(columns, told.faults)


def _leaf(table: TableName, columns: Columns) -> Columns:
    """The columns of a table: each its own identity, and a counter's device is what its key says."""
    return {
        name: replace(
            meaning,
            made_of=frozenset({name}),
            device=tuple(sorted(each.lower() for each in meaning.per)) or None,
            columns=frozenset({f"{table.sql}.{name}"}),
        )
        for name, meaning in columns.items()
    }


class _Flow:
    def __init__(self, told: Told, tables: Tables, grains: Grains) -> None:
        self._told = told
        self._tables = tables
        self._grains = grains
        self._identities = Identities()
        self._expressions = Expressions(told, self._identities, self._subquery)
        self._done: dict[int, Columns] = {}
        self._begun: dict[int, Columns] = {}

    def query(self, query: exp.Expr, outer: Scope, around: Here | None) -> Columns:
        key = id(query)
        if key in self._begun:  # a recursive CTE means what its first part means
            return self._begun[key]
        if key not in self._done:
            self._begun[key] = {}
            self._done[key] = self._follow(query, enter(query, outer), around)
            del self._begun[key]
        return self._done[key]

    def _subquery(self, query: exp.Expr, here: Here) -> Columns:
        return self.query(query, here.scope, here)

    def _follow(self, query: exp.Expr, scope: Scope, around: Here | None) -> Columns:
        if isinstance(query, exp.Subquery):
            return self.query(query.this, scope, around)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, scope, around)
        if isinstance(query, exp.Values):
            return self._values(query, Here(scope, {}, around))
        return self._select(query, scope, around) if isinstance(query, exp.Select) else {}

    def _set_operation(self, query: exp.SetOperation, scope: Scope, around: Here | None) -> Columns:
        left = self.query(query.this, scope, around)
        self._begun[id(query)] = left
        right = self.query(query.expression, scope, around)
        nodes = (_outputs(query.this), _outputs(query.expression))
        is_union = isinstance(query, exp.Union)
        # EXCEPT and INTERSECT compare rows: there no label makes two units one.
        labels = of_branches(*nodes) if is_union else ((), ())
        found: dict[str, Meaning] = {}
        for (name, one), (other_name, other) in zip(left.items(), right.items(), strict=False):
            meaning, fault = algebra.chosen(one, other)
            first, second = nodes[0].get(name), nodes[1].get(other_name)
            if fault is not None and first is not None and second is not None:
                self._tell_branches(fault, name, (first, one, labels[0]), (second, other, labels[1]))
            found[name] = replace(meaning, made_of=frozenset({("union", id(query), name)}))
        if not is_union:
            return left
        return {name: self._united(query, name, meaning, left, right) for name, meaning in found.items()}

    def _tell_branches(self, fault: str, name: str, one: Labelled, other: Labelled) -> None:
        if tell_apart(one, other):
            return
        with self._told.within(name):
            message = of_pair(fault, other[0], one[:2], other[:2])
            self._told.tell(fault, other[0], f"in one column of two SELECTs: {message}")

    def _united(self, query: exp.Expr, name: str, meaning: Meaning, left: Columns, right: Columns) -> Meaning:
        """A counter keeps its device where its key's columns come out of both branches."""
        if meaning.kind != "counter":
            return meaning
        positions = list(left)
        other = right[list(right)[positions.index(name)]]
        if left[name].device is None or other.device is None:
            return replace(meaning, device=None)
        ours, theirs = self._places(left, left[name].device or ()), self._places(right, other.device or ())
        device = tuple(("union", id(query), positions[place]) for place in ours if place is not None)
        is_whole = ours == theirs and len(device) == len(ours)
        return replace(meaning, device=device if is_whole else ((("lost", id(query), name),)))

    def _places(self, columns: Columns, device: tuple[Identity, ...]) -> list[int | None]:
        """The position of the column that tells each part of a device."""
        made = [meaning.made_of for meaning in columns.values()]
        return [
            next((i for i, made_of in enumerate(made) if self._identities.covers(made_of, one)), None) for one in device
        ]

    def _select(self, select: exp.Select, scope: Scope, around: Here | None) -> Columns:
        here = Here(scope, {}, around, windows=_windows(select))
        for relation in relations_of(select):
            here.relations[relation.alias_or_name] = self._relation(relation, here)
        for condition in _conditions(select):
            self._expressions.of(condition, here)
            self._expressions.equate(condition, here)
        here = replace(here, group=frozenset(self._group(select, here)))
        if select.args.get("qualify"):
            self._expressions.equate(select.args["qualify"].this, here)
        found: dict[str, Meaning] = {}
        for name, each in _named(select).items():
            with self._told.within(name):
                found[name] = named_constant(name, self._expressions.of(each, here))
        ordering = replace(here, own=found)
        for clause in ("having", "qualify", "order"):
            for child in select.args[clause].iter_expressions() if select.args.get(clause) else ():
                self._expressions.of(child, ordering)
        return found

    def _group(self, select: exp.Select, here: Here) -> Iterable[Identity]:
        group = select.args.get("group")
        if group is None:
            return
        keys = list(group.expressions)
        if group.args.get("all"):
            keys += [each for each in select.expressions if not each.find(exp.AggFunc)]
        for key in keys:
            yield from self._expressions.of(key, here).made_of

    def _relation(self, relation: exp.Expr, here: Here) -> Columns:
        if isinstance(relation, exp.Lateral) and isinstance(relation.this, exp.Subquery):
            return _renamed(_deeper(self.query(relation.this, here.scope, here)), relation)
        if isinstance(relation, exp.Subquery):
            return _renamed(_deeper(self.query(relation, here.scope, here)), relation)
        if isinstance(relation, exp.Table) and not isinstance(relation.this, exp.Func):
            binding = resolve(relation, here.scope)
            if binding is not None:
                inner = _renamed(_deeper(self.query(binding.cte.this, binding.scope, None)), binding.cte)
                return _renamed(self._identities.mention(inner), relation)
            name = TableName(relation.db, relation.name)
            found = self._identities.mention(self._tables.get(name, {}), self._grains.get(name, ()))
            return _renamed(found, relation)
        if isinstance(relation, exp.Values):
            return _renamed(self._values(relation, here), relation)
        self._expressions.of(relation, here)
        return {}

    def _values(self, values: exp.Values, here: Here) -> Columns:
        """The columns of a table that stands in the text."""
        rows = [[self._expressions.of(each, here) for each in row.expressions] for row in values.expressions]
        columns: dict[str, Meaning] = {}
        for position, cells in enumerate(zip(*rows, strict=False)):
            found = cells[0]
            for cell in cells[1:]:
                found, _ = algebra.chosen(found, cell)
            columns[f"col{position}"] = found
        return columns


def _deeper(columns: Columns) -> Columns:
    """What was summed in a query lies deeper than what its reader sums beside it: a total of all beside a part."""
    return {name: replace(each, sums=each.sums + 1 if each.sums else 0) for name, each in columns.items()}


def _conditions(select: exp.Select) -> Iterator[exp.Expr]:
    for join in select.args.get("joins") or ():
        yield from (join.args[key] for key in ("on", "match_condition") if join.args.get(key))
    if select.args.get("where"):
        yield select.args["where"].this


def _windows(select: exp.Select) -> Mapping[str, exp.Expr]:
    return {window.name.lower(): window for window in select.args.get("windows") or ()}


def _renamed(columns: Columns, relation: exp.Expr) -> Columns:
    """A column list after the alias names the first columns anew."""
    names = [name.lower() for name in relation.alias_column_names]
    if not names:
        return columns
    renamed = zip([*names, *list(columns)[len(names) :]], columns.values(), strict=False)
    return {name: named_constant(name, meaning) for name, meaning in renamed}


def _outputs(query: exp.Expr) -> Mapping[str, exp.Expr]:
    """The expressions of a branch of a UNION; of a UNION within it those of its first branch."""
    while not isinstance(query, exp.Select):
        if not isinstance(query, exp.SetOperation | exp.Subquery):
            return {}
        query = query.this
    return {name: each.unalias() for name, each in _named(query).items()}


def _named(select: exp.Select) -> Mapping[str, exp.Expr]:
    """The expressions by their columns' names. In a later branch of a UNION several may have one: `0, 0`."""
    found: dict[str, exp.Expr] = {}
    for position, each in enumerate(select.expressions):
        name = output_name(each) or ""
        found[name if name and name not in found else f"{name}:{position}"] = each
    return found
