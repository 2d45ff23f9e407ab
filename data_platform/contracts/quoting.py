"""How a name or a value from outside becomes SQL: always quoted, so that it stays data."""


def identifier(name: str) -> str:
    """A column or relation name, quoted for DuckDB: `a"b` becomes `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """The text of a value as an SQL string literal; cast it where another type is meant."""
    return "'" + str(value).replace("'", "''") + "'"


def string_list(values: list[str]) -> str:
    """A DuckDB list of strings, for `read_parquet([...])`."""
    return "[" + ", ".join(literal(value) for value in values) + "]"
