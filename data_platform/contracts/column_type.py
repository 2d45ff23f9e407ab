"""Column types as authors write them, in one spelling: then types can be compared as text."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_TYPE = re.compile(r"([A-Za-z][A-Za-z0-9_ ]*?)\s*(\(\s*\d+\s*(?:,\s*\d+\s*)?\))?\s*((?:\[\])*)", re.ASCII)
# DuckDB's own synonyms. What is missing here is left as it is written, for DuckDB to know or not.
_SPELLINGS = {
    **dict.fromkeys(("INT1",), "TINYINT"),
    **dict.fromkeys(("INT2", "SHORT", "INT16"), "SMALLINT"),
    **dict.fromkeys(("INT", "INT4", "SIGNED", "INT32"), "INTEGER"),
    **dict.fromkeys(("INT8", "LONG", "INT64"), "BIGINT"),
    **dict.fromkeys(("REAL", "FLOAT4"), "FLOAT"),
    **dict.fromkeys(("FLOAT8", "DOUBLE PRECISION"), "DOUBLE"),
    **dict.fromkeys(("NUMERIC", "DEC"), "DECIMAL"),
    **dict.fromkeys(("TEXT", "STRING", "CHAR", "BPCHAR", "NVARCHAR"), "VARCHAR"),
    **dict.fromkeys(("BOOL", "LOGICAL"), "BOOLEAN"),
    **dict.fromkeys(("BYTEA", "BINARY", "VARBINARY"), "BLOB"),
    **dict.fromkeys(("DATETIME", "TIMESTAMP WITHOUT TIME ZONE"), "TIMESTAMP"),
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}
_EXAMPLES = "BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP, DECIMAL(12,2), …"
# DuckDB's widths where none is written.
_DECIMAL = "(18,3)"


def type_text(value: object) -> object:
    """The one spelling of a type: `numeric(12)` becomes `DECIMAL(12,0)`. Raises ValueError for what is none."""
    if not isinstance(value, str):
        return value
    found = _TYPE.fullmatch(value.strip())
    if found is None:
        cut = "(" in value and ")" not in value
        repair = "YAML ends it at the comma, put the type in quotes" if cut else f"write {_EXAMPLES}"
        raise ValueError(f"'{value}' is no column type: {repair}")
    words, size, lists = found.groups()
    name = " ".join(words.upper().split())
    name = _SPELLINGS.get(name, name)
    return name + _size(value, name, size) + lists


def _size(written: str, name: str, size: str | None) -> str:
    if name != "DECIMAL":
        if size is not None:
            known = name in _SPELLINGS.values()
            repair = f"write {name}, and bound the values by a rule" if known else f"write {_EXAMPLES}"
            raise ValueError(f"'{written}': only DECIMAL has a size; {repair}")
        return ""
    if size is None:
        return _DECIMAL
    digits, _, scale = size.strip("() ").partition(",")
    width, fraction = int(digits), int(scale or 0)
    if not 1 <= width <= 38 or fraction > width:
        raise ValueError(f"'{written}': DECIMAL(digits in all, digits behind the point), at most 38 in all")
    return f"({width},{fraction})"


ColumnType = Annotated[str, BeforeValidator(type_text)]
