"""Rows of a query as compact text inside a page: columns instead of rows, each text once, compressed."""

import base64
import gzip
import json
import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def packed(table: "pa.Table") -> str:
    """The table as base64 of gzipped JSON: `{"rows": n, "columns": {name: [values] or {"values": […], "codes": […]}}}`.

    Numbers are JavaScript's (a DECIMAL becomes the nearest double), a DATE is `2024-01-31`, a TIMESTAMP
    `2024-01-31T08:00:00`, NULL and what is not finite null. Names that occur twice cannot be told apart: ValueError.
    """
    text = json.dumps({"rows": table.num_rows, "columns": _columns(table)}, allow_nan=False, separators=(",", ":"))
    # Without the time, so that the same rows are the same bytes.
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def columns_of(table: "pa.Table") -> dict[str, list[Any]]:
    """The same columns, each with all its values."""
    return {
        name: column if isinstance(column, list) else [column["values"][code] for code in column["codes"]]
        for name, column in _columns(table).items()
    }


def _columns(table: "pa.Table") -> dict[str, Any]:
    names = table.column_names
    if len(set(names)) < len(names):
        raise ValueError(f"two columns of one name among {', '.join(names)}; give each an alias of its own")
    return {name: _column(column) for name, column in zip(names, table.columns, strict=True)}


def _column(column: "pa.ChunkedArray") -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_decimal(kind):
        column = pc.cast(column, pa.float64())
        kind = column.type
    if pa.types.is_floating(kind):
        return [_number(value) for value in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.to_pylist()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_string(kind):
        coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        return {"values": [_text(value) for value in coded.dictionary.to_pylist()], "codes": coded.indices.to_pylist()}
    return [_text(value) for value in column.to_pylist()]


def _number(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    # 1 and not 1.0: half the size, and the same number to JavaScript.
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _text(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _text(one) for key, one in value.items()}
    return _number(value) if isinstance(value, float) else str(value)
