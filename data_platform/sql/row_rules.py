"""What may stand between a raw row and the table it ends up in: only what lets each row through exactly once."""

from sqlglot import exp

from data_platform.sql.syntax import SqlError, Syntax

_RULE = "make it a rule of the contract, so that the rows it takes out are counted"
_CURATED = "do it in a curated model"
_CLAUSES = {
    "where": f"WHERE drops rows that nobody counts; {_RULE} (reject: or drop:)",
    "having": f"HAVING drops rows that nobody counts; {_RULE}",
    "qualify": "QUALIFY drops rows that nobody counts; use deduplicate: in the contract",
    "distinct": "DISTINCT merges rows; use grain: and deduplicate: in the contract",
    "group": f"GROUP BY merges rows; {_CURATED}, or in a lookup that is LEFT JOINed",
    "limit": "LIMIT drops rows that nobody counts; leave it away",
    "offset": "OFFSET drops rows that nobody counts; leave it away",
    "sample": f"a sample drops rows that nobody counts; {_RULE}",
    "windows": f"WINDOW looks at other rows; {_CURATED}, or in a lookup that is LEFT JOINed",
    "pivots": f"PIVOT changes what a row is; {_CURATED}",
    "laterals": f"a lateral join multiplies rows; {_CURATED}",
    "joins": "joins in parentheses cannot be followed; write them one after another, without parentheses",
    "columns": "a column list behind the alias renames by position; name the columns in the SELECT with AS",
}
_HARMLESS = {
    exp.Select: {"expressions", "from_", "joins", "with_", "order"},
    exp.Union: {"this", "expression", "with_", "distinct", "order"},
    exp.Subquery: {"this", "alias", "with_", "order"},
    exp.Table: {"this", "db", "alias"},
    exp.Join: {"this", "on", "using", "side", "kind"},
}
# Written like scalar functions, but one row becomes several.
GENERATING = frozenset({"unnest", "generate_subscripts", "regexp_split_to_table"})
# Aggregates of DuckDB that the parser takes for scalar functions: it does not know them, or they are macros.
AGGREGATES = frozenset(
    {"arbitrary", "approx_top_k", "bitstring_agg", "combine_aggr", "count_star", "countif", "decimal_average"}
    | {"entropy", "favg", "fsum", "geomean", "geometric_mean", "histogram", "histogram_exact", "json_group_array"}
    | {"json_group_object", "json_group_structure", "kahan_sum", "kurtosis_pop", "listagg", "lttb", "mad", "mean"}
    | {"arg_max_null", "arg_max_nulls_last", "arg_min_null", "arg_min_nulls_last", "argmax", "argmin", "group_concat"}
    | {"product", "reservoir_quantile", "sem", "sum_no_overflow", "sumkahan", "variant_group_array", "wavg"}
    | {"variant_group_object", "weighted_avg"}
)


def check_clauses(syntax: Syntax, node: exp.Expr) -> None:
    """Raises SqlError at a clause of a query, table or join that can lose, merge or multiply rows."""
    harmless = _HARMLESS.get(type(node), set())
    for clause, value in node.args.items():
        if value and clause not in harmless:
            text = _CLAUSES.get(clause, f"{clause.strip('_').upper()} cannot be followed row by row; leave it away")
            raise SqlError(clause_line(syntax, node, value), text)
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.args.get("columns"):
        raise SqlError(syntax.line(alias), _CLAUSES["columns"])


def clause_line(syntax: Syntax, query: exp.Expr, clause: object) -> int:
    """The line of a clause; where it is a bare keyword or a number, that of the keyword."""
    first = clause[0] if isinstance(clause, list) else clause
    if isinstance(first, exp.Expr) and syntax.start(first) is not None:
        return syntax.line(first)
    return syntax.keyword_line(query, "LIMIT", "OFFSET", "DISTINCT", "GROUP", "SAMPLE", "USING", "TABLESAMPLE")


def check_expression(syntax: Syntax, expression: exp.Expr) -> None:
    """Raises SqlError at anything in a column of the SELECT that looks at other rows or makes several of one.

    What stands in a subquery is left alone: as a value it cannot change the number of rows.
    """
    for node in expression.walk(prune=lambda inner: isinstance(inner, exp.Query)):
        if isinstance(node, exp.Query):
            continue
        if isinstance(node, exp.Window):
            raise SqlError(syntax.line(node), f"a window looks at other rows; {_CURATED}, or in a lookup")
        name = node.name.lower() if isinstance(node, exp.Anonymous) else node.key
        if isinstance(node, exp.UDTF | exp.Explode) or name in GENERATING:
            written = "unnest" if isinstance(node, exp.Explode) else name
            raise SqlError(syntax.line(node), f"{written} makes several rows of one; {_CURATED}")
        if isinstance(node, exp.AggFunc) or (isinstance(node, exp.Func) and name in AGGREGATES):
            raise SqlError(syntax.line(node), f"the aggregate {name} merges rows; {_CURATED}, or in a lookup")


def check_set_operation(syntax: Syntax, node: exp.SetOperation) -> None:
    """Raises SqlError unless the branches are put one after the other, all rows of both."""
    line = syntax.line(node.expression)
    if not isinstance(node, exp.Union):
        raise SqlError(line, f"{node.key.upper()} drops rows that nobody counts; {_RULE}")
    if node.args.get("distinct"):
        raise SqlError(line, "UNION merges equal rows; write UNION ALL, and use deduplicate: in the contract")
    check_clauses(syntax, node)


def check_join(syntax: Syntax, join: exp.Join) -> None:
    """Raises SqlError unless `join` is LEFT JOIN … ON or USING."""
    kind = " ".join(str(join.args[key]) for key in ("method", "side", "kind") if join.args.get(key))
    line = syntax.line(join)
    if isinstance(join.this, exp.Lateral):
        kind = "LATERAL"
    elif not kind:
        kind = "INNER" if join.args.get("on") or join.args.get("using") else "CROSS or comma"
    if kind not in ("LEFT", "LEFT OUTER"):
        raise SqlError(line, f"{kind} join can lose or multiply rows; LEFT JOIN a lookup that has each key once")
    check_clauses(syntax, join)
    if not join.args.get("on") and not join.args.get("using"):
        raise SqlError(line, "this LEFT JOIN has no ON; write ON lookup.key = column")
