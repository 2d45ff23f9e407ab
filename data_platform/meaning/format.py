"""How a value is written for people, by what it means. The same format serves Python pages and d3 in a browser."""

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from data_platform.meaning.currencies import MINOR_UNITS, SYMBOLS

_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_FLOATING = frozenset({"FLOAT", "DOUBLE"})
_DECIMAL = re.compile(r"DECIMAL\(\d+,(\d+)\)")
_D3 = re.compile(r"(,?)(?:\.(\d+))?(~?)([df%])")
# A mean of whole numbers is told to a tenth, a ratio to a thousandth: more digits hide those that count.
_OF_A_MEAN, _OF_A_RATIO = ",.1f", ",.3~f"
_PLAIN_UNITS = ("share", "")


@dataclass(frozen=True)
class Format:
    """`d3` is a d3-format specifier, '' where a value is shown as it is; `prefix` stands behind the sign."""

    d3: str = ""
    prefix: str = ""
    suffix: str = ""


def format_of(semantic: str | None, unit: str | None, type_: str) -> Format:
    """How values of a column are written. `type_` is DuckDB's, as contracts spell it.

    Money has its currency's symbol and digits (`$1,234.50`, `1,234.50 CHF`), a quantity its unit, a share is in per
    cent, an id and a number of unknown meaning (a year, a code) stand without separators.
    """
    number = _number(type_)
    if number is None or semantic == "id":
        return Format()
    unit = (unit or "").strip()
    if unit == "share":
        return Format(".1%")
    of, slash, per = unit.partition("/")
    if of.strip() in MINOR_UNITS and (slash or semantic in (None, "money", "mean", "ratio")):
        return _money(of.strip(), f"/{per.strip()}" if slash else "")
    suffix = f" {unit.replace('_', ' ')}" if unit not in _PLAIN_UNITS else ""
    if semantic == "ratio":
        return Format(_OF_A_RATIO if number == "floating" else number, suffix=suffix)
    if semantic == "mean":
        return Format(_OF_A_MEAN if number in ("floating", ",d") else number, suffix=suffix)
    if semantic is None and not unit:
        return Format("" if number == ",d" else _OF_A_RATIO if number == "floating" else number)
    return Format(",.2~f" if number == "floating" else number, suffix=suffix)


def formatted(value: Any, format_: Format) -> str:
    """A value as text; '' for None. What is no number (a text, a date) stays as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float | Decimal) or not format_.d3:
        return str(value)
    if not math.isfinite(value):
        return str(value)
    found = _D3.fullmatch(format_.d3)
    assert found is not None, f"'{format_.d3}' is no format that this module makes"
    separated, digits, trimmed, kind = found.groups()
    number = Decimal(str(value)) * (100 if kind == "%" else 1)
    rounded = number.quantize(Decimal(1).scaleb(-int(digits or 0)), ROUND_HALF_UP)
    text = f"{abs(rounded):{separated}f}"
    if trimmed and "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = "-" if rounded < 0 else ""
    return f"{sign}{format_.prefix}{text}{'%' if kind == '%' else ''}{format_.suffix}"


def _number(type_: str) -> str | None:
    """The d3 format of a type by itself, `floating` where the meaning decides; None for what is no number."""
    if type_ in _INTEGERS:
        return ",d"
    if type_ in _FLOATING:
        return "floating"
    found = _DECIMAL.fullmatch(type_)
    return None if found is None else f",.{found[1]}f"


def _money(code: str, per: str) -> Format:
    d3 = f",.{MINOR_UNITS[code]}f"
    if code in SYMBOLS:
        return Format(d3, prefix=SYMBOLS[code], suffix=per)
    return Format(d3, suffix=f" {code.upper()}{per}")
