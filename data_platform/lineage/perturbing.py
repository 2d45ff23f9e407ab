"""Other values for one column of a sample: its own in other places, and ones that it has not held. Always the same ones
for the same sample.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# After 28 years the calendar is the same again: months, weekdays and hours stay what they were.
_CALENDAR = timedelta(days=28 * 365 + 7)
# Far from what a sample holds, divisible by what values are grouped into, and small enough for a range().
_FAR = 1000


@dataclass(frozen=True)
class Perturbation:
    """A column with other values. `name` says what was done, `column` are as many values of the same type."""

    name: str
    column: "pa.Array"


def perturbations(column: "pa.Array", seed: str, times: int, *, may_be_null: bool) -> Iterator[Perturbation]:
    """What to try of a column, `times` of each kind: another order, values drawn again (some come twice, others not),
    half of the values moved away, and a third of them missing, where that may be.
    """
    import numpy as np  # here and not above: the code location is loaded without it

    count = len(column)
    for time in range(times):
        draw = np.random.default_rng(_number(f"{seed} {time}"))
        half = draw.random(count) < 0.5
        half[draw.integers(count)] = True
        values = [
            _other(value, column, away=time % 2 == 0) if at else value
            for value, at in zip(column.to_pylist(), half, strict=True)
        ]
        if (moved := _array(values, column)) is not None:
            yield Perturbation("moved", moved)
        yield Perturbation("drawn", column.take(_indices(draw.integers(count, size=count))))
        yield Perturbation("permuted", column.take(_indices(draw.permutation(count))))
        if may_be_null:
            missing = draw.random(count) < 1 / 3
            missing[draw.integers(count)] = True
            if (
                nulls := _array([None if at else v for v, at in zip(column.to_pylist(), missing, strict=True)], column)
            ) is not None:
                yield Perturbation("missing", nulls)


def shifted(column: "pa.Array") -> "pa.Array | None":
    """Every value moved by the same: equal ones stay equal, smaller ones smaller. None where the type has no such move.

    What only compares, groups or orders by the column does not see it; what is computed from it does.
    """
    return _array([_shift(value) for value in column.to_pylist()], column)


def _shift(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float | Decimal):
        return value + _FAR
    if isinstance(value, datetime | date):
        return value + _CALENDAR
    return f"q{value}" if isinstance(value, str) else NotImplemented


def _other(value: Any, column: "pa.Array", *, away: bool) -> Any:
    """A value beside it: far above or below zero, in another cycle of the calendar, a longer text or none. In the place
    of a missing one something: a column that the sample leaves empty may hold it.
    """
    if value is None:
        return _something(column)
    if away or isinstance(value, bool):
        return _shift(value)
    if isinstance(value, int | float | Decimal):
        return -value - 1
    if isinstance(value, datetime | date):
        return value - _CALENDAR / 28
    return "" if isinstance(value, str) else _shift(value)


def _something(column: "pa.Array") -> Any:
    import pyarrow as pa

    for value in (_FAR, "q", True, datetime(2000, 1, 1), date(2000, 1, 1)):
        try:
            if pa.scalar(value, type=column.type).is_valid:
                return value
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            continue
    return None


def _array(values: Sequence[Any], like: "pa.Array") -> "pa.Array | None":
    import pyarrow as pa

    if any(value is NotImplemented for value in values) or values == like.to_pylist():
        return None
    try:
        return pa.array(values, type=like.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, ValueError):  # a small number has nowhere to go
        return None


def _indices(positions: "np.ndarray[Any, Any]") -> "pa.Array":
    import pyarrow as pa

    return pa.array(positions)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
