"""What a cast does to a value, said again in plain Python: the value, and whether it was lost or rounded on the way.

Values are as Parquet keeps them: a DATE is days and a TIMESTAMP microseconds since 1970, so that no year is too far.
"""

import math
import re
import struct
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

DAY = 86_400_000_000
WHOLE = {
    **{f"{name}": (-(1 << bits), (1 << bits) - 1) for name, bits in (("TINYINT", 7), ("INTEGER", 31), ("BIGINT", 63))},
    "UBIGINT": (0, (1 << 64) - 1),
}
FLOATING = ("DOUBLE", "FLOAT")
_TIMESTAMPS = (-(1 << 63) + 1, (1 << 63) - 1)
# DuckDB has a day and a moment after all others, and reads them from the text 'inf'.
_NEVER = {"DATE": (1 << 31) - 1, "TIMESTAMP": (1 << 63) - 1}
_EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*", re.ASCII)
_INFINITE = {"inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "nan": math.nan}
_TRUTHS = {
    **dict.fromkeys(("true", "t", "1", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n"), False),
}


@dataclass(frozen=True)
class Cast:
    """What became of a value. A lost one is not looked at any more."""

    value: Any
    lost: bool = False
    rounded: bool = False


LOST = Cast(None, lost=True)


def cast(value: Any, has: str, wanted: str) -> Cast:
    """A value of one type as another."""
    if value is None or has == wanted:
        return Cast(value)
    if has == "VARCHAR":
        return _of_text(value, wanted)
    if value == _NEVER.get(has):
        return Cast(_NEVER[wanted])
    if has == "DATE":
        return _within(value * DAY, _TIMESTAMPS)
    if has.startswith("TIMESTAMP"):
        return _of_moment(value, has, wanted)
    if wanted == "VARCHAR":
        return Cast(_text(value, has))
    return _of_number(value, has, wanted)


def _text(value: Any, has: str) -> str:
    if has.startswith("DECIMAL"):
        return f"{value:.{decimal_of(has)[1]}f}"
    return str(value).lower() if has == "BOOLEAN" else str(value)


def decimal_of(type_: str) -> tuple[int, int]:
    """Digits in all and behind the point."""
    digits, scale = type_.removeprefix("DECIMAL(").rstrip(")").split(",")
    return int(digits), int(scale)


def _of_moment(value: int, has: str, wanted: str) -> Cast:
    if has == "TIMESTAMP_NS":
        # To the nearest microsecond first, halves away from zero: the last nanosecond of a day is of the next one.
        nearest = (abs(value) + 500) // 1000 * (1 if value >= 0 else -1)
        unit = DAY * 1000 if wanted == "DATE" else 1000
        return Cast(_of_moment(nearest, "TIMESTAMP", wanted).value, rounded=value % unit != 0)
    return Cast(value // DAY, rounded=value % DAY != 0) if wanted == "DATE" else Cast(value)


def _of_text(text: str, wanted: str) -> Cast:
    if wanted == "BOOLEAN":
        return Cast(_TRUTHS[text.lower()]) if text.lower() in _TRUTHS else LOST
    if wanted in ("DATE", "TIMESTAMP"):
        return _moment_of_text(text, wanted)
    if text.lower() in _INFINITE:
        return Cast(_INFINITE[text.lower()]) if wanted in FLOATING else LOST
    found = _NUMBER.fullmatch(text)
    if found is None:
        return LOST
    if wanted in FLOATING:
        # A text is the nearest number that there is, as in every language.
        number = _nearest(Fraction(found[1]), wanted)
        return LOST if math.isinf(number) else Cast(number)
    return _of_number(Decimal(found[1]), "DECIMAL", wanted)


def _moment_of_text(text: str, wanted: str) -> Cast:
    if text.lower() == "inf":
        return Cast(_NEVER[wanted])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return LOST
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return Cast(microseconds) if wanted == "TIMESTAMP" else _of_moment(microseconds, "TIMESTAMP", "DATE")


def _of_number(value: Any, has: str, wanted: str) -> Cast:
    if isinstance(value, float) and not math.isfinite(value):
        return Cast(value) if wanted in FLOATING else LOST
    exact = Fraction(value)
    if wanted == "BOOLEAN":
        return Cast(bool(exact)) if exact in (0, 1) else LOST
    if wanted in WHOLE:
        return _within(int(exact), WHOLE[wanted]) if exact.denominator == 1 else LOST
    if wanted in FLOATING:
        return _floating(exact, has, wanted)
    found = _decimal(exact, *decimal_of(wanted))
    if has in FLOATING and not found.lost:
        # 0.1 is no binary fraction, and yet nobody would say that 0.10 is another number.
        return Cast(found.value, rounded=_nearest(Fraction(found.value), has) != value)
    return found


def _decimal(exact: Fraction, digits: int, scale: int) -> Cast:
    scaled = exact * 10**scale
    nearest = int(abs(scaled) + Fraction(1, 2))
    if nearest >= 10**digits:
        return LOST
    signed = nearest if exact >= 0 else -nearest
    return Cast(Decimal(signed).scaleb(-scale), rounded=signed != scaled)


def _floating(exact: Fraction, has: str, wanted: str) -> Cast:
    number = _nearest(exact, wanted)
    if math.isinf(number):
        return LOST
    if has in WHOLE:
        return Cast(number) if Fraction(number) == exact else LOST
    if has.startswith("DECIMAL"):
        # The same the other way.
        return Cast(number, rounded=Fraction(_shortest(number, wanted)) != exact)
    return Cast(number, rounded=Fraction(number) != exact)


def _nearest(exact: Fraction, wanted: str) -> float:
    try:
        number = float(exact)
        return _single(number) if wanted == "FLOAT" else number
    except OverflowError:
        return math.inf


def _single(number: float) -> float:
    found: float = struct.unpack("f", struct.pack("f", number))[0]
    return found


def _shortest(number: float, wanted: str) -> str:
    """The shortest text that means this number and no neighbour of its type."""
    if wanted == "DOUBLE":
        return repr(number)
    return next(text for digits in range(1, 18) if _single(float(text := f"{number:.{digits}g}")) == number)


def _within(value: int, limits: tuple[int, int]) -> Cast:
    return Cast(value) if limits[0] <= value <= limits[1] else LOST


def days(text: str) -> int:
    """A DATE as it is kept."""
    return (date.fromisoformat(text) - _EPOCH.date()).days


def microseconds(text: str) -> int:
    """A TIMESTAMP as it is kept."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
