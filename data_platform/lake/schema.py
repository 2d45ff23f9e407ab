"""DuckDB column types in Delta's terms and back, and how a table's columns may change: by new ones only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_platform.lake.errors import SchemaConflict, UnsupportedType

# A Delta type in its JSON form: a name, or an object for nested ones.
DeltaType = str | Mapping[str, Any]

PARTITION_COLUMNS = ("_partition", "_rejected")
_PARTITION_FIELDS = (("_partition", "string"), ("_rejected", "boolean"))

_TO_DELTA = {
    "BOOLEAN": "boolean",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "BLOB": "binary",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
TYPES = (*_TO_DELTA, "DECIMAL(18,3)")
_TO_DUCKDB = {delta: duckdb for duckdb, delta in _TO_DELTA.items()}
_SYNONYMS = {
    "BOOL": "BOOLEAN",
    "INT": "INTEGER",
    "LONG": "BIGINT",
    "REAL": "FLOAT",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
    "NUMERIC": "DECIMAL",
}
_INSTEAD = {
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": "BIGINT, or DECIMAL(38,0) for sums beyond it",
    "UHUGEINT": "DECIMAL(38,0)",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIME": "VARCHAR, or INTEGER seconds since midnight",
    "TIME WITH TIME ZONE": "VARCHAR",
    "INTERVAL": "BIGINT seconds",
    "UUID": "VARCHAR",
    "JSON": "VARCHAR",
    "ENUM": "VARCHAR",
    "BIT": "VARCHAR",
}
_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|\d+|[()\[\],])""")
# Delta's own list: without column mapping, readers such as Spark refuse a table with these.
_NAME_TROUBLE = re.compile(r"[ ,;{}()\n\t=]")


@dataclass(frozen=True)
class Column:
    """A column of a table; `type` is DuckDB's text for it, such as `DECIMAL(12,2)` or `VARCHAR[]`."""

    name: str
    type: str


def to_delta(type_text: str) -> DeltaType:
    """The Delta type that stores every value of a DuckDB type as it is.

    Raises UnsupportedType, with a type to use instead, where there is none (unsigned, HUGEINT, TIME, …).
    """
    tokens = _Tokens(type_text)
    found = _type(tokens)
    tokens.end()
    return found


def to_duckdb(delta: DeltaType) -> str:
    """DuckDB's text for a Delta type."""
    if isinstance(delta, str):
        return _TO_DUCKDB[delta] if delta in _TO_DUCKDB else delta.upper()
    if delta["type"] == "array":
        return f"{to_duckdb(delta['elementType'])}[]"
    if delta["type"] == "map":
        return f"MAP({to_duckdb(delta['keyType'])}, {to_duckdb(delta['valueType'])})"
    inner = ", ".join('"{}" {}'.format(f["name"].replace('"', '""'), to_duckdb(f["type"])) for f in delta["fields"])
    return f"STRUCT({inner})"


def fields(table: str, columns: Sequence[Column]) -> tuple[Mapping[str, Any], ...]:
    """The columns as Delta fields, all nullable; partition columns not among them.

    Raises SchemaConflict for a name that cannot be stored, UnsupportedType for such a type.
    """
    seen: dict[str, str] = {}
    for column in columns:
        if column.name in PARTITION_COLUMNS:
            raise SchemaConflict(f"{table}: column '{column.name}' belongs to the lake; give yours another name")
        if not column.name or _NAME_TROUBLE.search(column.name):
            raise SchemaConflict(
                f"{table}: column '{column.name}' cannot be stored: a name has no blank, comma, brackets or '='"
            )
        if twin := seen.get(column.name.lower()):
            raise SchemaConflict(f"{table}: columns '{twin}' and '{column.name}' are one name to SQL; rename one")
        seen[column.name.lower()] = column.name
    return tuple(_field(column.name, _named(table, column)) for column in columns)


def partition_fields() -> tuple[Mapping[str, Any], ...]:
    """The two columns that the lake adds to every table."""
    return tuple(_field(name, delta) for name, delta in _PARTITION_FIELDS)


def additions(
    table: str, has: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Which of the `wanted` fields the table does not have yet, to be added as nullable columns.

    Raises SchemaConflict for anything else that differs: a type, a name's case, a column that is gone.
    """
    data = {field["name"]: field for field in has if field["name"] not in PARTITION_COLUMNS}
    by_lower = {name.lower(): name for name in data}
    new = []
    for field in wanted:
        name = field["name"]
        known = by_lower.get(name.lower())
        if known is None:
            new.append(field)
        elif known != name:
            raise SchemaConflict(f"{table}: column '{name}' is called '{known}' in the table; keep that name")
        elif data[known]["type"] != field["type"]:
            raise SchemaConflict(
                f"{table}: column '{name}' is {to_duckdb(data[known]['type'])} in the table and "
                f"{to_duckdb(field['type'])} in this commit. A stored column keeps its type: declare the old one, "
                "use a new name, or move the table's folder away and rebuild it."
            )
    if gone := set(data) - {field["name"] for field in wanted}:
        raise SchemaConflict(
            f"{table}: column '{min(gone)}' is in the table and not in this commit. A stored column stays: declare it "
            "(its new rows may be NULL), or move the table's folder away and rebuild it."
        )
    return tuple(new)


def columns_of(has: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Delta fields as columns, without the lake's own."""
    return tuple(Column(f["name"], to_duckdb(f["type"])) for f in has if f["name"] not in PARTITION_COLUMNS)


def _field(name: str, delta: DeltaType) -> dict[str, Any]:
    return {"name": name, "type": delta, "nullable": True, "metadata": {}}


def _named(table: str, column: Column) -> DeltaType:
    try:
        return to_delta(column.type)
    except UnsupportedType as error:
        raise UnsupportedType(f"{table}: column '{column.name}': {error}") from error


class _Tokens:
    """The tokens of a type's text, read from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = list(self._split())

    def _split(self) -> Iterator[str]:
        position, text = 0, self.text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.trouble()
            yield match[1]
            position = match.end()

    def trouble(self) -> UnsupportedType:
        return UnsupportedType(f"'{self.text}' is no type that DuckDB and Delta share")

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def next(self) -> str:
        if not self._tokens:
            raise self.trouble()
        return self._tokens.pop(0)

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise self.trouble()

    def end(self) -> None:
        if self._tokens:
            raise self.trouble()


def _type(tokens: _Tokens) -> DeltaType:
    found = _bare(tokens)
    while tokens.peek() == "[":
        tokens.next()
        if tokens.peek().isdigit():
            raise UnsupportedType(f"'{tokens.text}' has a fixed length, which Delta cannot store; use a list: T[]")
        tokens.expect("]")
        found = {"type": "array", "elementType": found, "containsNull": True}
    return found


def _bare(tokens: _Tokens) -> DeltaType:
    name = tokens.next().upper()
    name = _SYNONYMS.get(name, name)
    if name in ("TIMESTAMP", "TIME") and tokens.peek().upper() == "WITH":
        name = " ".join([name, *(tokens.next().upper() for _ in range(3))])
    if name == "DECIMAL":
        return _decimal(tokens)
    if name == "STRUCT":
        return _struct(tokens)
    if name == "MAP":
        tokens.expect("(")
        key = _type(tokens)
        tokens.expect(",")
        value = _type(tokens)
        tokens.expect(")")
        return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}
    if name in _INSTEAD:
        raise UnsupportedType(f"Delta has no {name}; use {_INSTEAD[name]}")
    if name not in _TO_DELTA:
        raise tokens.trouble()
    return _TO_DELTA[name]


def _decimal(tokens: _Tokens) -> str:
    width, scale = "18", "3"  # DuckDB's meaning of a bare DECIMAL
    if tokens.peek() == "(":
        tokens.next()
        width, scale = tokens.next(), "0"
        if tokens.peek() == ",":
            tokens.next()
            scale = tokens.next()
        tokens.expect(")")
    if not (width.isdigit() and scale.isdigit() and 1 <= int(width) <= 38 and int(scale) <= int(width)):
        raise tokens.trouble()
    return f"decimal({int(width)},{int(scale)})"


def _struct(tokens: _Tokens) -> DeltaType:
    inner = []
    tokens.expect("(")
    while True:
        name = tokens.next()
        name = name[1:-1].replace('""', '"') if name.startswith('"') else name
        inner.append(_field(name, _type(tokens)))
        if tokens.peek() != ",":
            break
        tokens.next()
    tokens.expect(")")
    return {"type": "struct", "fields": inner}
