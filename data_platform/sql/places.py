"""Where the parts of a query stand: numbers that its nodes keep when it is copied, qualified and taken apart."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlglot import exp

_NUMBER, _INDEX, _STARS, _MAKES_ROWS = "number", "index", "stars", "makes_rows"


class Place(NamedTuple):
    """A part of a query: `node` is the number that `numbered` gave it, `nth` counts parts of one kind."""

    node: int
    part: str
    nth: int = 0


def numbered(tree: exp.Expr) -> tuple[exp.Expr, ...]:
    """Gives each query, window, order and projection in `tree` its number, which copies keep."""
    found = tuple(tree.find_all(exp.Query, exp.Window, exp.Order, exp.Explode))
    for number, node in enumerate(found):
        node.meta[_NUMBER] = number
        if isinstance(node, exp.Explode) and node.parent_select:
            node.parent_select.meta[_MAKES_ROWS] = True
        if isinstance(node, exp.Select):
            for index, projection in enumerate(node.expressions):
                projection.meta[_INDEX] = index
            node.meta[_STARS] = [(i, p.text("table").lower()) for i, p in enumerate(node.expressions) if p.is_star]
    return found


def place_at(node: exp.Expr, part: str, index: int = 0) -> Place:
    return Place(node.meta.get(_NUMBER, -1), part, index)


def place_of_projection(select: exp.Select, projection: exp.Expr, index: int) -> Place:
    """Where a projection stood before each `*` was spelled out."""
    written = projection.meta.get(_INDEX, projection.unalias().meta.get(_INDEX))
    stars: list[tuple[int, str]] = select.meta.get(_STARS) or []
    if written is None and stars:
        table = projection.unalias().text("table")
        written = next((star for star, of in stars if of == table), stars[0][0])
    return place_at(select, "projection", index if written is None else written)


def makers_of_rows(select: exp.Select, projection: exp.Expr) -> Iterable[exp.Expr]:
    """What in a projection makes several rows of one."""
    return projection.find_all(exp.Explode) if select.meta.get(_MAKES_ROWS) else ()
