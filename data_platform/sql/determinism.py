"""Whether the same inputs give the same table: no clock, no chance, no order that nobody asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import TokenType, exp
from sqlglot.parsers.duckdb import DuckDBParser

from data_platform.sql.syntax import SqlError, Syntax

# Written without parentheses, quoted or not: DuckDB calls the function when no column has the name.
_BARE = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
    | {"current_user", "session_user", "current_role", "current_catalog", "current_schema", "user"}
)
# Macros, whose stability DuckDB does not tell.
_VOLATILE_MACROS = frozenset({"ago", "get_block_size", "current_database", "current_query", "current_schemas"})

_BY_ARRIVAL = frozenset({"first", "last", "any_value", "arbitrary", "mode"})
_COLLECTING = frozenset(
    {"list", "array_agg", "string_agg", "group_concat", "listagg", "json_group_array", "variant_group_array"}
    | {"json_group_object", "json_group_structure", "variant_group_object", "lttb"}
)
_OF_TIES = frozenset(
    {"arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by"}
    | {"arg_min_null", "arg_max_null", "arg_min_nulls_last", "arg_max_nulls_last"}
)
_ORDERED_AGGREGATES = _BY_ARRIVAL | _COLLECTING | _OF_TIES
_ORDERED_WINDOWS = frozenset({"row_number", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"})


@dataclass(frozen=True)
class Call:
    """A word written like a function call, in lower case, and its line."""

    name: str
    line: int


def calls(syntax: Syntax) -> Iterator[Call]:
    """Every function that is called, however it is written: quoted, with a schema, or by a keyword alone.

    Taken from the tokens, because the parser folds several spellings into one. Types with a length
    (`decimal(12,2)`) and words such as `filter (` look the same and are among them.
    """
    for index, token in enumerate(syntax.tokens):
        if token.token_type == TokenType.STRING:
            continue
        name = token.text.lower()
        before, after = syntax.word(index - 1), syntax.word(index + 1)
        if after == "(":
            if token.token_type in _WORDS or name in _BARE:
                yield Call(name, token.line)
        elif name in _BARE and before not in (".", "AS") and after not in (".", ":"):
            yield Call(name, token.line)


_WORDS = {TokenType.VAR, TokenType.IDENTIFIER} | set(DuckDBParser.FUNC_TOKENS)


def check(syntax: Syntax, volatile: frozenset[str]) -> None:
    """Raises SqlError at the first thing that can differ between two runs over the same inputs."""
    forbidden = volatile | _BARE | _VOLATILE_MACROS
    for call in calls(syntax):
        if call.name in forbidden:
            raise SqlError(
                call.line,
                f"{call.name} gives another value at another time; take the value from a column or write it down",
            )
    for node in syntax.tree.walk():
        reason = _unordered(syntax, node)
        if reason:
            line = syntax.keyword_line(node, "LIMIT", "OFFSET", "DISTINCT")
            raise SqlError(line if isinstance(node, exp.Query) else syntax.line(node), reason)


def _unordered(syntax: Syntax, node: exp.Expr) -> str | None:
    if isinstance(node, exp.TableSample):
        return "a sample is another one in each run; choose rows by a condition, such as hash(id) % 10 = 0"
    if isinstance(node, exp.Join) and node.args.get("method") == "POSITIONAL":
        return "POSITIONAL JOIN pairs rows by the order they happen to come in; join on a column"
    if isinstance(node, exp.Query) and not node.args.get("order"):
        if node.args.get("limit") or node.args.get("offset"):
            return "LIMIT without ORDER BY takes whichever rows come first; add ORDER BY"
        if isinstance(node.args.get("distinct"), exp.Distinct) and node.args["distinct"].args.get("on"):
            return "DISTINCT ON without ORDER BY keeps whichever row comes first; add ORDER BY"
    if isinstance(node, exp.Func):
        return _unordered_call(syntax, node)
    return None


def _unordered_call(syntax: Syntax, node: exp.Func) -> str | None:
    name = _name(syntax, node)
    window = _window(node)
    if name in _ORDERED_AGGREGATES:
        if _has_order(node) or (window is not None and _window_order(window)):
            return None
        repair = f"write the order inside: {name}(… ORDER BY column)"
        if name in _BY_ARRIVAL:
            repair += ", or use min() or max()"
        return f"{name} depends on the order of the rows; {repair}"
    if name in _ORDERED_WINDOWS and window is not None and not _window_order(window):
        return f"{name} depends on the order of the rows; add ORDER BY to its OVER (…)"
    return None


def _name(syntax: Syntax, call: exp.Func) -> str:
    """As it is written; where the parser kept no position, the name it goes by there (group_concat for string_agg)."""
    start = call.meta.get("start")
    if start is not None:
        return syntax.text[start : call.meta["end"] + 1].strip('"').lower()
    return call.name.lower() if isinstance(call, exp.Anonymous) else call.sql_name().lower()


def _has_order(call: exp.Expr) -> bool:
    """Whether the arguments of `call` carry an ORDER BY, or WITHIN GROUP stands behind it."""
    if isinstance(call.parent, exp.WithinGroup):
        return True
    inside = call.walk(prune=lambda node: isinstance(node, exp.Query | exp.Window))
    return any(isinstance(node, exp.Order) for node in inside)


def _window(call: exp.Expr) -> exp.Window | None:
    """The OVER that `call` is evaluated in."""
    node: exp.Expr | None = call.parent
    while isinstance(node, exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        node = node.parent
    return node if isinstance(node, exp.Window) else None


def _window_order(window: exp.Window) -> bool:
    if window.args.get("order"):
        return True
    select = window.find_ancestor(exp.Select)
    named = select.args.get("windows") or () if select else ()
    return any(spec.args.get("order") for spec in named if spec.name.lower() == window.alias.lower())
