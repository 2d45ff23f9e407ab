"""The way of a row through a staged model: from one raw table through SELECTs and LEFT JOINs to the output."""

from dataclasses import dataclass, field

from sqlglot import exp

from data_platform.lake.names import TableName
from data_platform.sql import join_keys, row_rules
from data_platform.sql.join_keys import Keys
from data_platform.sql.refusals import table_name
from data_platform.sql.relations import Binding, Scope, enter, resolve
from data_platform.sql.syntax import SqlError, Syntax

# The columns that tell where a row came from and which of its values did not fit the raw type.
HIDDEN = ("_source_file", "_source_row", "_uncast")

_FROM_FIRST = "write SELECT … FROM …, in this order"


@dataclass(frozen=True, eq=False)
class Step:
    """One SELECT on the way. `source` is how it names the relation its rows come from ('' if it has no name)."""

    select: exp.Select
    source: str
    from_index: int


@dataclass(frozen=True, eq=False)
class PathJoin:
    """A lookup LEFT JOINed to a step, the columns it must be unique on, and the CTEs it can name."""

    join: exp.Join
    keys: Keys
    scope: Scope


@dataclass(eq=False)
class RowPath:
    """All steps, lookups and driving raw tables of a model, in the order they are met from the output inwards."""

    syntax: Syntax
    layers: tuple[str, ...] = ("raw",)
    """Where rows may come from; what is not of these layers can only be looked up in."""
    steps: list[Step] = field(default_factory=list)
    joins: list[PathJoin] = field(default_factory=list)
    driving: list[TableName] = field(default_factory=list)
    mentions: list[exp.Table] = field(default_factory=list)
    ctes: list[exp.CTE] = field(default_factory=list)

    def follow(self, query: exp.Expr, outer: Scope) -> int:
        """Adds `query` and all it takes rows from; returns the FROM token of its first SELECT.

        Raises SqlError at the first thing that could lose, merge or multiply rows.
        """
        scope = enter(query, outer)
        if isinstance(query, exp.SetOperation):
            row_rules.check_set_operation(self.syntax, query)
            first = self.follow(query.this, scope)
            self.follow(query.expression, scope)
            return first
        if isinstance(query, exp.Subquery) and not isinstance(query.this, exp.Table):
            row_rules.check_clauses(self.syntax, query)
            return self.follow(query.this, scope)
        if isinstance(query, exp.Select):
            return self._follow_select(query, scope)
        raise SqlError(self.syntax.line(query), "rows can only come from a raw table through SELECTs and LEFT JOINs")

    def _follow_select(self, select: exp.Select, scope: Scope) -> int:
        row_rules.check_clauses(self.syntax, select)
        for expression in (*select.expressions, *_order(select)):
            row_rules.check_expression(self.syntax, expression)
        from_ = select.args.get("from_")
        if from_ is None:
            raise SqlError(self.syntax.line(select), "this SELECT has no FROM; its rows must come from a raw table")
        index = self._follow_from(from_.this, scope)
        self._check_select_first(index)
        source = self._written_name(from_.this)
        joins = select.args.get("joins") or ()
        if joins and not source:
            raise SqlError(self.syntax.line(from_.this), "give the subquery in FROM a name: (…) AS name")
        names = [from_.this.alias_or_name.lower()]
        for join in joins:
            names.append(self._follow_join(join, names, scope))
        self._check_columns(select, names)
        self.steps.append(Step(select, source, index))
        return index

    def _follow_from(self, relation: exp.Expr, scope: Scope) -> int:
        """Follows what stands behind FROM; returns the FROM token."""
        syntax = self.syntax
        if isinstance(relation, exp.Table):
            self._follow_table(relation, scope)
            index = syntax.index(relation.args.get("db") or relation.this)
        else:
            if isinstance(relation, exp.Subquery) and isinstance(relation.this, exp.Table):
                raise SqlError(syntax.line(relation), "leave the parentheses around the table and its joins away")
            index = syntax.enclosing[self.follow(relation, scope)]
            while syntax.word(index - 1) == "(":
                index -= 1
        if syntax.word(index - 1) != "FROM":
            raise SqlError(syntax.line(relation), _FROM_FIRST)
        return index - 1

    def _follow_table(self, table: exp.Table, scope: Scope) -> None:
        row_rules.check_clauses(self.syntax, table)
        self.mentions.append(table)
        binding = resolve(table, scope)
        line = self.syntax.line(table)
        if binding is not None:
            self._follow_cte(binding, line)
            return
        name = table_name(self.syntax, table)
        if name is None or name.layer not in self.layers:
            written = name.sql if name else "a function"
            kinds = " or ".join(self.layers)
            raise SqlError(line, f"rows come from a {kinds} table, not from {written}; as a lookup, LEFT JOIN it")
        if name in self.driving:
            raise SqlError(line, f"{name.sql} feeds two branches, so that each row would come out twice; read it once")
        self.driving.append(name)

    def _follow_cte(self, binding: Binding, line: int) -> None:
        cte = binding.cte
        if any(cte is known for known in self.ctes):
            raise SqlError(
                line,
                f"'{cte.alias}' feeds this table twice (or itself): its rows would come out twice; read it once",
            )
        if cte.args["alias"].args.get("columns"):
            raise SqlError(self.syntax.line(cte.args["alias"]), "name the columns of this CTE in its SELECT, with AS")
        self.ctes.append(cte)
        self.follow(cte.this, binding.scope)

    def _follow_join(self, join: exp.Join, names: list[str], scope: Scope) -> str:
        row_rules.check_join(self.syntax, join)
        name: str = join.this.alias_or_name.lower()
        line = self.syntax.line(join)
        if not name:
            raise SqlError(line, "give the lookup a name: LEFT JOIN (…) AS name")
        if name in names:
            raise SqlError(line, f"two relations are called '{name}' here; give one another name with AS")
        if isinstance(join.this, exp.Table) and (join.this.args.get("joins") or isinstance(join.this.this, exp.Func)):
            raise SqlError(line, "each LEFT JOIN takes one table, CTE or subquery, with its ON right behind it")
        if not isinstance(join.this, exp.Table | exp.Subquery):
            raise SqlError(line, "a lookup is a table, a CTE or a subquery with a name")
        join_keys.check_independent(self.syntax, join, names)
        self.joins.append(PathJoin(join, join_keys.find(self.syntax, join), scope))
        return name

    def _check_columns(self, select: exp.Select, names: list[str]) -> None:
        """Each `*` takes in the row itself only, and no column is called like a hidden one."""
        for projection in select.expressions:
            line = self.syntax.line(projection)
            if projection.alias_or_name.lower() in HIDDEN:
                raise SqlError(line, f"{projection.alias_or_name} is added by the platform; leave it away")
            if not projection.is_star:
                continue
            if isinstance(projection, exp.Column) and projection.text("table").lower() != names[0]:
                raise SqlError(line, "a * over a lookup changes when the lookup does; name the columns")
            if isinstance(projection, exp.Star) and len(names) > 1:
                raise SqlError(line, f"a * over a join takes in the lookups; write {names[0]}.* or name the columns")
            hidden = [node for node in projection.walk() if node.name.lower() in HIDDEN]
            if hidden:
                raise SqlError(line, f"{hidden[0].name} is kept by the platform; do not name it in a *")

    def _check_select_first(self, from_index: int) -> None:
        for index in self.syntax.before(from_index):
            if self.syntax.word(index) == "SELECT":
                return
            if self.syntax.word(index) == "UNION":
                break
        raise SqlError(self.syntax.tokens[from_index].line, _FROM_FIRST)

    def _written_name(self, relation: exp.Expr) -> str:
        """How the text names `relation`, quotes included."""
        alias = relation.args.get("alias")
        identifier = alias.this if alias else relation.this if isinstance(relation, exp.Table) else None
        if identifier is None:
            return ""
        index = self.syntax.index(identifier)
        return self.syntax.slice(index, index)


def _order(select: exp.Select) -> list[exp.Expr]:
    order = select.args.get("order")
    return list(order.expressions) if order else []
