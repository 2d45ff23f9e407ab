"""The columns that a LEFT JOINed lookup must be unique on, so that no row finds two matches."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlglot import exp

from data_platform.sql.syntax import SqlError, Syntax


@dataclass(frozen=True)
class Keys:
    """Columns of the lookup as the text writes them. In `null_safe` ones NULL matches NULL (IS NOT DISTINCT FROM)."""

    columns: tuple[str, ...]
    null_safe: tuple[str, ...]


def find(syntax: Syntax, join: exp.Join) -> Keys:
    """From `ON lookup.key = something else AND …` or `USING (key)`.

    Further conditions can only take matches away, so they are let through. Raises SqlError when no condition
    compares a column of the lookup with something that is certainly not of the lookup.
    """
    name = _written(syntax, join.this)
    if join.args.get("using"):
        return Keys(tuple(f"{name}.{_text(syntax, column)}" for column in join.args["using"]), ())
    columns: dict[str, bool] = {}
    for condition in _conjuncts(join.args["on"]):
        if not isinstance(condition, exp.EQ | exp.NullSafeEQ):
            continue
        for key, other in ((condition.this, condition.expression), (condition.expression, condition.this)):
            if _is_key(syntax, key, other, join.this):
                columns[_column_text(syntax, key)] = isinstance(condition, exp.NullSafeEQ)
    if not columns:
        raise SqlError(
            syntax.line(join.args["on"]),
            f"no condition of the form {name}.key = value ties '{name}' to one row; compute the key in the lookup,"
            " and write the names of the tables before the columns",
        )
    return Keys(tuple(columns), tuple(column for column, null_safe in columns.items() if null_safe))


def check_independent(syntax: Syntax, join: exp.Join, names: Collection[str]) -> None:
    """Raises SqlError at a lookup that looks at the row it is joined to: DuckDB makes that a lateral join."""
    if not isinstance(join.this, exp.Subquery):
        return
    own = {
        relation.alias_or_name.lower()
        for relation in join.this.find_all(exp.Table, exp.Subquery, exp.UDTF, exp.CTE)
        if relation is not join.this
    }
    for column in join.this.find_all(exp.Column):
        root = column.parts[0].name.lower()
        if len(column.parts) > 1 and root in names and root not in own:
            raise SqlError(
                syntax.line(column),
                f"the lookup refers to '{root}', which is the row it is joined to; move the condition into ON",
            )


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return [*_conjuncts(condition.this), *_conjuncts(condition.expression)]
    return [condition]


def _is_key(syntax: Syntax, key: exp.Expr, other: exp.Expr, lookup: exp.Expr) -> bool:
    """Whether `key` is a column of the lookup and `other` a value that does not depend on it."""
    if not isinstance(key, exp.Column) or not _belongs(key, lookup) or other.find(exp.Query):
        return False
    for column in other.find_all(exp.Column):
        if len(column.parts) == 1:
            raise SqlError(syntax.line(column), f"whose column is '{column.name}'? Write the table's name before it")
        if _belongs(column, lookup):
            return False
    return True


def _belongs(column: exp.Column, lookup: exp.Expr) -> bool:
    parts = [part.name.lower() for part in column.parts]
    if len(parts) > 1 and parts[0] == lookup.alias_or_name.lower():
        return True
    return parts[:-1] == [lookup.text("db").lower(), lookup.name.lower()]


def _written(syntax: Syntax, lookup: exp.Expr) -> str:
    alias = lookup.args.get("alias")
    return _text(syntax, alias.this if alias else lookup.this)


def _text(syntax: Syntax, identifier: exp.Expr) -> str:
    index = syntax.index(identifier)
    return syntax.slice(index, index)


def _column_text(syntax: Syntax, column: exp.Column) -> str:
    return syntax.slice(syntax.index(column.parts[0]), syntax.index(column.parts[-1]))
