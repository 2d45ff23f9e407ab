"""What no model may contain, whatever layer it is in, and how to write it instead."""

from sqlglot import TokenType, exp

from data_platform.lake.names import TableName
from data_platform.sql.columns import first_select, output_name
from data_platform.sql.relations import references
from data_platform.sql.syntax import SqlError, Syntax

# Functions in FROM that read nothing from outside.
_GENERATORS = (exp.GenerateSeries, exp.Unnest)

_NOT_A_SELECT = "a model only reads; {} has no place in it"
_REFUSED: dict[type[exp.Expr], str] = {
    exp.DDL: _NOT_A_SELECT,
    exp.DML: _NOT_A_SELECT,
    exp.Command: _NOT_A_SELECT,
    exp.Copy: _NOT_A_SELECT,
    exp.Describe: _NOT_A_SELECT,
    exp.Into: "SELECT INTO writes a table; leave INTO away, the platform keeps the result",
    exp.Pivot: "PIVOT and UNPIVOT hide which column comes from where; write one expression a column,"
    " such as sum(x) FILTER (WHERE kind = 'a') AS a, or one SELECT a column joined by UNION ALL",
    exp.Columns: "COLUMNS(…) hides which columns are meant; name them",
    exp.Parameter: "a model takes no parameters and no positional references; name the column or write the value",
    exp.Placeholder: "a model takes no parameters; write the value",
    exp.Comprehension: "a list comprehension cannot be followed to its columns; use list_transform or list_filter",
}
_REFUSED_KINDS = tuple(_REFUSED)
_SHAPED = (exp.SetOperation, exp.Star, exp.Join, exp.Dot)


def check(syntax: Syntax) -> None:
    """Raises SqlError at the first thing that a model may not contain."""
    for node in syntax.tree.walk():
        if isinstance(node, _REFUSED_KINDS):
            message = next(text for kind, text in _REFUSED.items() if isinstance(node, kind))
            raise SqlError(syntax.line(node), message.format(node.key.upper()))
        if isinstance(node, _SHAPED):
            _check_shape(syntax, node)
    for index, token in enumerate(syntax.tokens):
        if token.token_type == TokenType.HASH:
            raise SqlError(token.line, "#1 counts columns; name the column")
        if token.token_type == TokenType.TABLE and not syntax.word(index + 1).startswith("("):
            raise SqlError(token.line, "TABLE x is short for SELECT * FROM x; write that")
    _check_output(syntax)


def _check_shape(syntax: Syntax, node: exp.Expr) -> None:
    if isinstance(node, exp.SetOperation):
        if any(node.args.get(key) for key in ("by_name", "side", "kind", "on")):
            line = syntax.line(node.expression)
            raise SqlError(line, "BY NAME is not followed; put the columns in one order and leave it away")
    elif isinstance(node, exp.Star):
        parent = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
        if not isinstance(parent, exp.Select | exp.Count):
            raise SqlError(syntax.line(node), "a * inside an expression hides which columns are meant; name them")
    elif isinstance(node, exp.Join):
        if node.args.get("method") == "NATURAL":
            raise SqlError(syntax.line(node), "NATURAL JOIN changes when a column is added; write USING (column)")
    elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
        name = _name(node.expression)
        raise SqlError(syntax.line(node), f"write {name}(x), with nothing before it, instead of x.{name}()")


def _name(function: exp.Expr) -> str:
    if isinstance(function, exp.Anonymous) or not isinstance(function, exp.Func):
        return function.name
    return function.sql_name().lower()


def _check_output(syntax: Syntax) -> None:
    """The outermost SELECT names each of its columns, once."""
    select = first_select(syntax.tree)
    if select is None:
        raise SqlError(1, "a model is one SELECT")
    seen: dict[str, str] = {}
    for position, projection in enumerate(select.expressions, 1):
        if projection.is_star:
            continue
        name = output_name(projection)
        if name is None:
            raise SqlError(syntax.line(projection), f"column {position} of the SELECT has no name; add AS name")
        if name.lower() in seen:
            raise SqlError(syntax.line(projection), f"two columns of the SELECT are called '{name}'; rename one")
        seen[name.lower()] = name


def tables(syntax: Syntax) -> tuple[TableName, ...]:
    """The tables of the lake that the model reads, in order of name. Raises SqlError at a name that cannot be one."""
    found = set()
    for table, binding in references(syntax.tree):
        if binding is None:
            found.add(table_name(syntax, table))
        elif table.args.get("when") or table.args.get("version"):
            raise SqlError(syntax.line(table), "AT (…) has no meaning on a CTE")
    found.discard(None)
    return tuple(sorted(name for name in found if name is not None))


def line_of(syntax: Syntax, name: TableName) -> int:
    """The line on which a table is first named; 1 where it is not."""
    found = (table for table, binding in references(syntax.tree) if binding is None)
    return min((syntax.line(table) for table in found if table_name(syntax, table) == name), default=1)


def table_name(syntax: Syntax, table: exp.Table) -> TableName | None:
    """`layer.table` as a name; None for a function that only generates rows. Raises SqlError for anything else."""
    line = syntax.line(table)
    if isinstance(table.this, exp.Func):
        if isinstance(table.this, _GENERATORS):
            return None
        written = _name(table.this)
        raise SqlError(line, f"{written}(…) reads past the lake; declare a raw table and read raw.<table>")
    if table.args.get("when") or table.args.get("version"):
        raise SqlError(line, "AT (…) reads another version than the one the run accounts for; leave it away")
    name = table.name
    if not table.db:
        if "." in name or "/" in name:
            raise SqlError(line, f"'{name}' is a file, a model reads tables; declare a raw table and read raw.<table>")
        raise SqlError(line, f"'{name}' is no CTE that is defined before this line; write layer.table")
    if table.catalog:
        raise SqlError(line, f"'{table.catalog}.{table.db}.{name}' names a database; write layer.table")
    try:
        return TableName(table.db.lower(), name.lower())
    except ValueError as error:
        raise SqlError(line, str(error)) from error
