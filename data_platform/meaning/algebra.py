"""What two values make together: sums, differences, products, quotients, comparisons and choices.

Each function gives the meaning of the result, and the name of the fault if it makes no sense. Where one side is
unknown, there is no fault.
"""

from collections.abc import Callable
from dataclasses import replace

from data_platform.meaning.kinds import KINDS
from data_platform.meaning.labels import are_different_registers
from data_platform.meaning.units import NUMBER, Unit
from data_platform.meaning.value import UNKNOWN, Identity, Meaning, amount

Result = tuple[Meaning, str | None]
Same = Callable[[Identity, Identity], bool]
_ONE = frozenset({1.0})
# Factors that leave the unit what it is.
_SIGNS = (_ONE, frozenset({-1.0}), frozenset({1.0, -1.0}))
_AMOUNT, _REGISTER, _RELATIVE, _TYPICAL, _NAME = "amount", "register", "relative", "typical", "name"


def added(one: Meaning, other: Meaning) -> Result:
    """A sum of two."""
    if fault := _arithmetic(one, other):
        return UNKNOWN, fault
    if _REGISTER in (one.family, other.family):
        return _beside_a_register(one, other)
    return _together(one, other)


def subtracted(one: Meaning, other: Meaning, same: Same) -> Result:
    """A difference. `same` tells whether two identities have one value in every row."""
    if one.family == other.family == _REGISTER:
        fault = mismatch(one, other) or _different_devices(one, other, same)
        if fault is None and are_different_registers(one.columns, other.columns):
            return _beside_a_register(one, other)
        return replace(amount(_shared(one, other)), columns=one.columns | other.columns), fault
    return added(one, other)


def compared(one: Meaning, other: Meaning) -> str | None:
    """The fault of comparing two, if there is one."""
    families = {one.family, other.family}
    if one.is_free or other.is_free:
        return None
    if _NAME in families:
        return None if families <= {_NAME, None} else "mixed_kinds"
    if families == {_REGISTER, _RELATIVE}:
        return "mixed_kinds"
    return mismatch(one, other)


def chosen(one: Meaning, other: Meaning) -> Result:
    """Either of two, by CASE, COALESCE, GREATEST or the branches of a UNION."""
    for known, free in ((one, other), (other, one)):
        if free.is_constant:
            numbers = None if known.numbers is None or free.numbers is None else known.numbers | free.numbers
            return replace(known, numbers=numbers, unit=known.unit or free.unit if numbers else known.unit), None
        if free.is_unknown:
            return known, None
    if one.is_scaled or other.is_scaled:
        firm = other if one.is_scaled else one
        is_alike = one.family == other.family
        return (replace(firm, is_scaled=one.is_scaled and other.is_scaled), None) if is_alike else _NOTHING
    fault = compared(one, other)
    if fault is not None:
        return UNKNOWN, fault
    families = {one.family, other.family}
    if one.kind == other.kind:
        is_one_device = one.device is not None and one.device == other.device
        return replace(one, unit=one.unit or other.unit, device=one.device if is_one_device else None), None
    if families == {_REGISTER, _AMOUNT}:
        # A register that began anew shows itself what has passed since.
        return (one if one.family == _AMOUNT else other), None
    if families == {_TYPICAL, _AMOUNT}:
        return (one if one.family == _TYPICAL else other), None
    return _NOTHING


def multiplied(one: Meaning, other: Meaning) -> Result:
    """A product."""
    if fault := _arithmetic(one, other):
        return UNKNOWN, fault
    if one.is_constant and other.is_constant:
        return Meaning(numbers=frozenset()), None
    for factor, value in ((one, other), (other, one)):
        if factor.is_constant:
            return scaled(value, factor, is_product=True), None
    if one.is_unknown or other.is_unknown:
        return UNKNOWN, None
    for relative, value in ((one, other), (other, one)):
        if relative.family == _RELATIVE:
            return _part(relative, value), None
    for typical, value in ((one, other), (other, one)):
        if typical.family == _TYPICAL:
            return _undone(typical, value), None
    if one.family == other.family == _AMOUNT:
        return _product(one, other), None
    return UNKNOWN, None


def divided(one: Meaning, other: Meaning) -> Result:
    """A quotient."""
    if fault := _arithmetic(one, other):
        return UNKNOWN, fault
    if one.is_constant and other.is_constant:
        return Meaning(numbers=frozenset()), None
    if other.is_constant:
        return scaled(one, other), None
    if one.is_unknown or other.is_unknown:
        return UNKNOWN, None
    if one.is_constant:
        unit = None if other.unit is None or one.numbers != _ONE else NUMBER.per(other.unit)
        return (_ratio(unit) if other.family in (_AMOUNT, _RELATIVE, _TYPICAL) else UNKNOWN), None
    unit = _quotient(one, other)
    if one.family == _REGISTER or other.family == _REGISTER:
        return (_ratio(unit) if one.family == other.family else UNKNOWN), None
    if one.family == _AMOUNT and other.family == _RELATIVE:
        if other.unit is not None and other.unit.is_share:
            return replace(one, columns=frozenset()), None
        return (amount(unit) if unit is not None else _whatever(one)), None
    if one.family == _AMOUNT and other.is_counted and not one.is_counted:
        return Meaning("mean", one.unit), None
    if one.family == _TYPICAL and other.family in (_RELATIVE, _NAME):
        return Meaning("mean", unit), None
    if one.is_counted and other.is_counted:
        unit = NUMBER
    is_part = bool(one.columns) and one.columns == other.columns and other.sums > one.sums
    return replace(_ratio(unit), is_weighted=is_part), None


def scaled(value: Meaning, factor: Meaning, *, is_product: bool = False) -> Meaning:
    """A value times (or divided by) a constant. What its unit is then, nobody knows, unless the constant is one."""
    if value.is_unknown or factor.numbers in _SIGNS:
        return value
    if value.family == _REGISTER:
        return replace(value, unit=None)
    is_rate = value.family == _TYPICAL or (value.unit is not None and value.unit.is_quotient)
    if is_product and is_rate and value.family in (_RELATIVE, _TYPICAL) and not factor.unit and _is_a_number_of(factor):
        return Meaning("quantity", is_scaled=True)
    return replace(value, unit=None, is_scaled=True, is_counted=False)


def _is_a_number_of(factor: Meaning) -> bool:
    """Whether a constant may be how many (8 hours, 30 days), so that a rate times it is an amount. Powers of ten,
    sixties and fractions convert.
    """
    numbers = [abs(number) for number in factor.numbers or ()]
    converts = {60.0, 3600.0, 86400.0, *(10.0**power for power in range(13))}
    return bool(numbers) and all(number.is_integer() and number > 1 and number not in converts for number in numbers)


def mismatch(one: Meaning, other: Meaning) -> str | None:
    """The fault of putting two values beside each other, by their units and then their kinds."""
    if one.is_free or other.is_free:
        return None
    if {_RELATIVE, _AMOUNT} == {one.family, other.family}:
        return "mixed_kinds"
    left, right = one.unit, other.unit
    if left is not None and right is not None:
        if one.family in (_TYPICAL, None) or other.family in (_TYPICAL, None):
            left, right = left.uncounted(), right.uncounted()
        if left.same(right):
            return None
        if left.currencies and right.currencies:
            return "mixed_currencies" if left.currencies != right.currencies else "mixed_units"
        return "mixed_kinds" if (left.currency is None) != (right.currency is None) else "mixed_units"
    if {one.kind, other.kind} == {"money", "quantity"}:
        return "mixed_kinds"
    for count, value in ((one, other), (other, one)):
        if count.is_counted and value.kind == "quantity" and not _may_be_counted(value.unit):
            return "mixed_units"
    return None


def _may_be_counted(unit: Unit | None) -> bool:
    """Whether rows may be what is told: trips, and days or hours that have a row each."""
    return unit is None or unit.is_counted or unit.base == (("second", 1.0),)


_NOTHING: Result = (UNKNOWN, None)


def _together(one: Meaning, other: Meaning) -> Result:
    for free, known in ((one, other), (other, one)):
        if free.is_constant:
            fault = mismatch(free, known)
            if fault is not None:
                return UNKNOWN, fault
            return replace(known, is_weighted=False, numbers=None if not known.is_constant else frozenset()), None
        if free.is_unknown:
            return (replace(known, sums=0) if known.family == _AMOUNT else UNKNOWN), None
    fault = mismatch(one, other)
    if fault is not None:
        return UNKNOWN, fault
    if one.is_scaled != other.is_scaled:
        one, other = (other, one) if one.is_scaled else (one, other)
    elif one.is_scaled and one.kind != other.kind:
        return _NOTHING
    if one.family == _TYPICAL and other.family == _AMOUNT and not other.is_scaled:
        one, other = other, one
    unit = one.unit or (None if other.is_scaled else other.unit)
    found = replace(one, unit=unit, is_counted=one.is_counted and other.is_counted, is_weighted=False)
    return replace(found, columns=one.columns | other.columns, sums=max(one.sums, other.sums)), None


def _beside_a_register(one: Meaning, other: Meaning) -> Result:
    """A register and what is put to it: it stays a register."""
    register, rest = (one, other) if one.family == _REGISTER else (other, one)
    if rest.family == _REGISTER:
        return replace(register, device=register.device if register.device == rest.device else None), None
    if rest.is_unknown:
        return _NOTHING
    if rest.family == _RELATIVE:
        return UNKNOWN, "mixed_kinds"
    fault = None if rest.is_free else mismatch(register, rest)
    return register, fault


def _different_devices(one: Meaning, other: Meaning, same: Same) -> str | None:
    if one.device is None or other.device is None or len(one.device) != len(other.device):
        return None
    is_one = all(same(left, right) for left, right in zip(one.device, other.device, strict=True))
    return None if is_one else "counter_outside_key"


def _arithmetic(one: Meaning, other: Meaning) -> str | None:
    faults = (KINDS[each.kind].arithmetic for each in (one, other) if each.kind is not None)
    return next((fault for fault in faults if fault is not None), None)


def _part(relative: Meaning, value: Meaning) -> Meaning:
    """A ratio of something: weighted, so that its sum makes sense, or another ratio."""
    unit = None if relative.unit is None or value.unit is None else relative.unit.times(value.unit)
    if value.family == _RELATIVE:
        return replace(_ratio(unit), is_weighted=True)
    if value.family == _TYPICAL:
        return Meaning("mean", unit)
    if value.family == _REGISTER:
        return replace(value, unit=unit)
    if relative.unit is not None and relative.unit.is_share and relative.unit.same(NUMBER):
        return replace(value, columns=frozenset(), sums=0)
    return amount(unit) if unit is not None else _whatever(value)


def _undone(typical: Meaning, value: Meaning) -> Meaning:
    """A mean times how many it is the mean of is their total."""
    if value.family != _AMOUNT:
        return UNKNOWN
    if typical.unit is None:
        return _whatever(value)
    if value.is_counted or value.unit is None or value.unit.is_counted:
        return amount(typical.unit)
    return amount(typical.unit.times(value.unit))


def _product(one: Meaning, other: Meaning) -> Meaning:
    if one.kind == other.kind == "money":
        return UNKNOWN
    for money, factor in ((one, other), (other, one)):
        if money.kind == "money":
            is_number = factor.is_counted or factor.unit is None or factor.unit.is_counted
            return replace(money, columns=frozenset(), sums=0) if is_number else UNKNOWN
    if one.is_counted or other.is_counted or one.unit is None or other.unit is None:
        return _whatever(one)
    return amount(one.unit.times(other.unit))


def _whatever(value: Meaning) -> Meaning:
    """An amount that may be summed, of a unit that nobody knows."""
    kind = value.kind if value.family == _AMOUNT else "quantity"
    return Meaning(kind, is_scaled=True)


def _ratio(unit: Unit | None) -> Meaning:
    return Meaning("ratio", unit)


def _quotient(one: Meaning, other: Meaning) -> Unit | None:
    return None if one.unit is None or other.unit is None else one.unit.per(other.unit)


def _shared(one: Meaning, other: Meaning) -> Unit | None:
    return one.unit or other.unit
