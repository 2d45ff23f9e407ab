"""The names of the columns that a query puts out, as far as they are known without asking what a table has."""

from collections.abc import Iterator

from sqlglot import exp

from data_platform.sql.relations import Scope, enter, resolve

Names = tuple[str, ...]


def output_name(projection: exp.Expr) -> str | None:
    """What DuckDB calls this column of a SELECT; None for `*` and for an expression without AS."""
    if isinstance(projection, exp.Alias):
        return str(projection.alias)
    if isinstance(projection, exp.Column) and not projection.is_star:
        return projection.name
    if isinstance(projection, exp.Dot) and isinstance(projection.expression, exp.Identifier):
        return projection.expression.name
    return None


def first_select(query: exp.Expr) -> exp.Select | None:
    """The SELECT that names the columns: of a UNION the first one."""
    while not isinstance(query, exp.Select):
        if not isinstance(query, exp.SetOperation | exp.Subquery):
            return None
        query = query.this
    return query


def names(query: exp.Expr, outer: Scope, seen: frozenset[int] = frozenset()) -> Names | None:
    """Output columns of `query` in order; None when a `*` takes in a table whose columns the text does not tell."""
    if id(query) in seen:  # a recursive CTE that begins with itself
        return None
    seen |= {id(query)}
    scope = enter(query, outer)
    if isinstance(query, exp.SetOperation | exp.Subquery):
        return names(query.this, scope, seen)
    if not isinstance(query, exp.Select):
        return None
    found: list[str] = []
    for projection in query.expressions:
        if projection.is_star:
            taken = _starred(projection, query, scope, seen)
            if taken is None:
                return None
            found += taken
        else:
            name = output_name(projection)
            if name is None:
                return None
            found.append(name)
    return tuple(found)


def _starred(projection: exp.Expr, select: exp.Select, scope: Scope, seen: frozenset[int]) -> list[str] | None:
    star = projection.this if isinstance(projection, exp.Column) else projection
    if not isinstance(star, exp.Star):
        return None
    wanted = projection.args.get("table") if isinstance(projection, exp.Column) else None
    taken: list[str] = []
    for relation, shared in _relations(select):
        if wanted is not None and relation.alias_or_name.lower() != wanted.name.lower():
            continue
        columns = _relation_names(relation, scope, seen)
        if columns is None:
            return None
        taken += [name for name in columns if wanted is not None or name.lower() not in shared]
    if not taken:
        return None
    left_out = {column.name.lower() for column in star.args.get("except_") or ()}
    renamed = {alias.this.name.lower(): alias.alias for alias in star.args.get("rename") or ()}
    return [renamed.get(name.lower(), name) for name in taken if name.lower() not in left_out]


def _relations(select: exp.Select) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    """What FROM and the joins bring in, with the USING columns that a `*` shows only once."""
    if select.args.get("from_"):
        yield select.args["from_"].this, frozenset()
    for join in select.args.get("joins") or ():
        if join.args.get("kind") not in ("SEMI", "ANTI"):
            yield join.this, frozenset(name.name.lower() for name in join.args.get("using") or ())


def _relation_names(relation: exp.Expr, scope: Scope, seen: frozenset[int]) -> Names | None:
    found: Names | None = None
    if isinstance(relation, exp.Subquery):
        found = names(relation, scope, seen)
    elif isinstance(relation, exp.Table) and (binding := resolve(relation, scope)):
        found = _renamed(names(binding.cte.this, binding.scope, seen), binding.cte)
    return _renamed(found, relation)


def _renamed(found: Names | None, relation: exp.Expr) -> Names | None:
    """A column list after the alias names the first columns anew."""
    columns = tuple(relation.alias_column_names)
    return found if found is None else columns + found[len(columns) :]
