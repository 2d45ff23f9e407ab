"""What DuckDB says of a Parquet file it wrote (RETURN_STATS), as the statistics of a Delta add action.

A bound that could be wrong is left out: a reader then looks into the file, which is slow but right.
"""

import json
import math
import re
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from data_platform.lake.schema import DeltaType

# Delta's own length for text bounds; DuckDB does not shorten them.
_LONGEST_TEXT = 32
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)(\+00)?")
_INTEGERS = ("byte", "short", "integer", "long")


def add_stats(rows: int, stats: Mapping[str, Mapping[str, Any]], types: Mapping[str, DeltaType]) -> str:
    """The JSON text of an add action's `stats`.

    `stats` is RETURN_STATS' column_statistics: quoted column → texts (`min`, `max`, `null_count`, `has_nan`, …).
    Nested columns and those that `types` does not name are left out.
    """
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for quoted, of_column in stats.items():
        name = _plain(quoted)
        delta = types.get(name) if name is not None else None
        if name is None or not isinstance(delta, str):
            continue
        if "null_count" in of_column:
            nulls[name] = int(of_column["null_count"])
        low, high = _bounds(of_column, delta)
        if low is not None:
            lows[name] = low
        if high is not None:
            highs[name] = high
    found = {"numRecords": rows, "minValues": lows, "maxValues": highs, "nullCount": nulls}
    return json.dumps(found, allow_nan=False)


def _plain(quoted: str) -> str | None:
    """The column's name without its quotes, None for a part of a nested column such as "l"."element"."""
    if not quoted.startswith('"'):
        return quoted
    match = _QUOTED.fullmatch(quoted)
    return match[1].replace('""', '"') if match else None


def _bounds(of_column: Mapping[str, Any], delta: str) -> tuple[Any, Any]:
    if of_column.get("has_nan") == "true" or "min" not in of_column or "max" not in of_column:
        return None, None
    low, high = str(of_column["min"]), str(of_column["max"])
    exact = of_column.get("min_is_exact", "true") == of_column.get("max_is_exact", "true") == "true"
    if not exact:
        return None, None
    if delta == "string":
        # A prefix sorts before its whole, so it is a lower bound and never an upper one.
        return low[:_LONGEST_TEXT], high if len(high) <= _LONGEST_TEXT else None
    return _bound(low, delta), _bound(high, delta)


def _bound(text: str, delta: str) -> Any:
    if delta in _INTEGERS:
        return int(text)
    if delta in ("float", "double"):
        return _real(text, delta)
    if delta.startswith("decimal"):
        # JSON numbers are read as doubles: a decimal that a double cannot hold would come back as another one.
        return float(text) if Decimal(repr(float(text))) == Decimal(text) else None
    if delta == "date":
        return text if _DATE.fullmatch(text) else None
    if delta in ("timestamp", "timestamp_ntz"):
        match = _TIMESTAMP.fullmatch(text)
        # Infinity, years before 1 or after 9999, and times in another zone than UTC stay out.
        if match is None or (match[3] is None) is (delta == "timestamp"):
            return None
        return f"{match[1]}T{match[2]}{'Z' if delta == 'timestamp' else ''}"
    return None


def _real(text: str, delta: str) -> float | None:
    value = float(text)
    if delta == "float":
        # The text is the shortest that names the 4-byte value; as an 8-byte number it would lie beside it.
        (value,) = struct.unpack("f", struct.pack("f", value))
    return value if math.isfinite(value) else None
