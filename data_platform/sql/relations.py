"""Which table or CTE a name in FROM means. Names are resolved as DuckDB does: a CTE sees only those before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp


@dataclass(frozen=True, eq=False)
class Scope:
    """The CTEs that a query can name. `withs` lists, from the outside in, the CTEs of each WITH around it."""

    ctes: Mapping[str, "Binding"] = field(default_factory=dict)
    withs: tuple[tuple[exp.CTE, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Binding:
    """A CTE and what its own text can name."""

    cte: exp.CTE
    scope: Scope


def resolve(table: exp.Table, scope: Scope) -> Binding | None:
    """The CTE that `table` names, None if it names a table of the lake."""
    return None if table.args.get("db") else scope.ctes.get(table.name.lower())


def enter(query: exp.Expr, outer: Scope) -> Scope:
    """What the body of `query` can name: `outer`, and the CTEs of its own WITH, which hide outer ones."""
    with_ = query.args.get("with_")
    if with_ is None:
        return outer
    names = dict(outer.ctes)
    for position, cte in enumerate(with_.expressions):
        before = tuple(with_.expressions[:position])
        inner = dict(names)
        binding = Binding(cte, Scope(inner, (*outer.withs, before)))
        if with_.args.get("recursive"):
            inner[cte.alias.lower()] = binding
        names[cte.alias.lower()] = binding
    return Scope(names, (*outer.withs, tuple(with_.expressions)))


def references(node: exp.Expr, scope: Scope | None = None) -> Iterator[tuple[exp.Table, Binding | None]]:
    """Every mention of a table or CTE below `node`, with the CTE it means."""
    scope = enter(node, scope or Scope())
    with_ = node.args.get("with_")
    if with_ is not None:
        for cte in with_.expressions:
            yield from references(cte.this, scope.ctes[cte.alias.lower()].scope)
    if isinstance(node, exp.Table):
        yield node, resolve(node, scope)
    for child in node.iter_expressions():
        if child is not with_:
            yield from references(child, scope)


def relations_of(select: exp.Select) -> Iterator[exp.Expr]:
    """What FROM and the joins bring into a SELECT, in order."""
    if select.args.get("from_"):
        yield select.args["from_"].this
    for join in select.args.get("joins") or ():
        yield join.this
    yield from select.args.get("laterals") or ()
