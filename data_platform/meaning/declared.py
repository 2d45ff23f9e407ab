"""What an author says that a column means, and what its kind demands where it is said."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from data_platform.contracts.errors import nearest
from data_platform.meaning.kinds import KINDS, Kind
from data_platform.meaning.units import Unit, UnitError, currency_of, unit_of
from data_platform.meaning.value import UNKNOWN, Meaning

_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_FLOATING = frozenset({"FLOAT", "DOUBLE"})
_DECIMAL = re.compile(r"DECIMAL(\(\d+,\d+\))?")


class MeaningError(ValueError):
    """A meaning that a column cannot have, and what to write instead."""


@dataclass(frozen=True)
class Declared:
    """What stands in a contract (or for a raw column) of one column."""

    type: str
    semantic: str | None = None
    unit: str | None = None
    per: tuple[str, ...] = ()

    @property
    def is_floating(self) -> bool:
        """Whether a value may be infinite or no number."""
        return self.type in _FLOATING

    def unit_of(self, nouns: frozenset[str] = frozenset()) -> Unit | None:
        """Raises UnitError."""
        if self.semantic is None or self.unit is None:
            return None
        is_money = KINDS[self.semantic].unit == "currency"
        return currency_of(self.unit) if is_money else unit_of(self.unit, nouns)

    def meaning(self, nouns: frozenset[str] = frozenset()) -> Meaning:
        """Raises UnitError. What is wrong otherwise, see `check`."""
        if self.semantic is None:
            return UNKNOWN
        return Meaning(self.semantic, self.unit_of(nouns), per=tuple(name.lower() for name in self.per))


def check(name: str, declared: Declared, columns: Collection[str], nouns: frozenset[str] = frozenset()) -> None:
    """Raises MeaningError for a column whose type, unit or key does not fit its kind. `columns` are the table's."""
    check_unit(name, declared, nouns)
    if declared.semantic is not None:
        _check_type(name, declared, KINDS[declared.semantic])
    for key in declared.per:
        if key.lower() not in {column.lower() for column in columns}:
            raise MeaningError(f"column '{name}' counts per '{key}', no column of this table{nearest(key, columns)}")


def check_unit(name: str, declared: Declared, nouns: frozenset[str] = frozenset()) -> None:
    """The same of a raw column, whose type is the source's: money comes as floating point, registers as text."""
    if declared.per and (declared.semantic is None or not KINDS[declared.semantic].has_key):
        raise MeaningError(f"column '{name}': `per` says within which columns a counter counts; leave it away")
    if declared.semantic is not None:
        _check_unit(name, declared, KINDS[declared.semantic], nouns)


def _check_type(name: str, declared: Declared, kind: Kind) -> None:
    is_decimal, is_whole = _DECIMAL.fullmatch(declared.type) is not None, declared.type in _WHOLE
    fits = {
        "exact": is_decimal or is_whole,
        "fractional": is_decimal or declared.is_floating,
        "number": is_decimal or is_whole or declared.is_floating,
        "any": True,
    }[kind.number]
    if fits:
        return
    repair = {
        "exact": "floating point rounds it: write a DECIMAL, such as DECIMAL(12,2)",
        "fractional": "it needs a fraction: write DOUBLE or a DECIMAL",
        "number": "write a number's type",
        "any": "",
    }[kind.number]
    raise MeaningError(f"column '{name}' is {kind.what} and {declared.type}; {repair}")


def _check_unit(name: str, declared: Declared, kind: Kind, nouns: frozenset[str]) -> None:
    if declared.unit is None:
        if kind.unit in ("currency", "required"):
            example = "its currency, such as `unit: usd`" if kind.unit == "currency" else "it, such as `unit: miles`"
            raise MeaningError(f"column '{name}' is {kind.what} without a unit; write {example}")
        return
    if kind.unit == "none":
        raise MeaningError(f"column '{name}' is {kind.what} and has no unit; leave `unit` away")
    try:
        unit = declared.unit_of(nouns)
    except UnitError as error:
        raise MeaningError(f"column '{name}': {error}") from error
    if kind.name == "quantity" and unit is not None and unit.currency is not None:
        raise MeaningError(f"column '{name}': {declared.unit} is a currency; write `semantic: money`")
