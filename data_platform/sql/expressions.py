"""An expression in a contract: a rule's condition, an order, an aggregate. Reads one row's columns and nothing else."""

from functools import lru_cache

from sqlglot import exp

from data_platform.sql import determinism
from data_platform.sql.syntax import SqlError, read

_PREFIX = "SELECT 1 ORDER BY "


def functions_of(text: str) -> tuple[str, ...]:
    """The functions that an expression calls, in lower case. Raises SqlError when it is none."""
    return tuple(call.name for call in determinism.calls(read(_PREFIX + text)))


@lru_cache(maxsize=4096)
def columns_of(text: str, volatile: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The columns that an expression names, each once, in order; `DESC` and `NULLS LAST` may follow it.

    Raises SqlError when it is no single expression, holds a subquery, or calls a function in `volatile`.
    """
    syntax = read(_PREFIX + text)
    order = syntax.tree.args.get("order")
    others = [key for key, value in syntax.tree.args.items() if value and key not in ("expressions", "order", "kind")]
    if order is None or len(order.expressions) != 1 or others:
        raise SqlError(1, "write one expression over this table's columns")
    if len(syntax.text) < len(f"{_PREFIX}{text}".rstrip()):
        raise SqlError(1, "a comment or ';' has no place here; write comments behind # in the YAML")
    if order.find(exp.Query):
        raise SqlError(1, "a subquery would read other rows; compute what it needs in the model")
    determinism.check(syntax, volatile)
    return tuple(dict.fromkeys(column.name for column in order.find_all(exp.Column, bfs=False)))
