"""Units of values: physical ones as pint knows them, currencies, counting nouns, and quotients of these.

Two units may be added only when they are the same: miles and kilometres are one dimension and still two units.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from tokenize import TokenError
from typing import Any

from data_platform.contracts.errors import closest
from data_platform.meaning.currencies import MINOR_UNITS
from data_platform.meaning.nouns import NOUNS, singular

SHARE = "share"
# What people write most; a misspelt unit is compared with these, not with the thousand that pint knows.
_LENGTHS = "mile meter kilometer foot yard inch centimeter millimeter hectare acre"
_TIMES = "second minute hour day week month year millisecond"
_MASSES = "gram kilogram tonne pound ounce liter gallon"
_OTHERS = (
    "byte kilobyte megabyte gigabyte terabyte bit degC degF kelvin percent kWh MWh watt kilowatt joule volt ampere"
)
_COMMON = frozenset(f"{_LENGTHS} {_TIMES} {_MASSES} {_OTHERS} hertz pascal hectopascal bar".split())
_FACTOR = re.compile(r"\s*([*/·]|per\b|)\s*([^\W\d][\w]*|%)\s*(?:(?:\*\*|\^)\s*(-?\d+))?", re.UNICODE)


class UnitError(ValueError):
    """A unit that nobody knows, with the nearest that is known."""


@dataclass(frozen=True)
class Term:
    """One factor: its canonical name (mile for mi and miles) and exponent."""

    name: str
    exponent: int


@dataclass(frozen=True)
class Unit:
    """`scale` of the product of the root units `base` (metres, seconds, bits, currencies, nouns), by pint.

    `is_shifted`: its zero is not that of its root unit (degrees Celsius).
    """

    scale: float
    base: tuple[tuple[str, float], ...]
    terms: tuple[Term, ...]
    is_shifted: bool = False
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.written:
            return self.written
        above = [_powered(term.name, term.exponent) for term in self.terms if term.exponent > 0]
        below = [_powered(term.name, -term.exponent) for term in self.terms if term.exponent < 0]
        if not above and not below:
            return SHARE
        return "/".join(["*".join(above) or "1", *below])

    def same(self, other: "Unit") -> bool:
        """Whether values of both can be added as they are."""
        is_one = self.base == other.base and self.is_shifted == other.is_shifted
        return is_one and math.isclose(self.scale, other.scale, rel_tol=1e-9)

    def convertible(self, other: "Unit") -> bool:
        """Whether a factor makes one into the other."""
        return self.base == other.base

    @property
    def is_share(self) -> bool:
        """A plain number: what is left where a unit is divided by itself."""
        return not self.base

    @property
    def is_quotient(self) -> bool:
        return any(term.exponent < 0 for term in self.terms)

    @property
    def currency(self) -> str | None:
        """Its currency if it is an amount of money."""
        if len(self.base) == 1 and self.base[0][1] == 1 and self.base[0][0] in MINOR_UNITS:
            return self.base[0][0]
        return None

    @property
    def currencies(self) -> tuple[str, ...]:
        """All currencies in it."""
        return tuple(name for name, _ in self.base if name in MINOR_UNITS)

    @property
    def is_counted(self) -> bool:
        """Whether it is a noun that is counted (trips), or none."""
        return all(name.startswith(_NOUN) for name, _ in self.base)

    def times(self, other: "Unit") -> "Unit":
        return _combined(self, other, 1)

    def per(self, other: "Unit") -> "Unit":
        return _combined(self, other, -1)

    def factor_to(self, other: "Unit") -> float:
        """What values of this are multiplied with to be values of the other, which must be convertible."""
        return self.scale / other.scale

    def uncounted(self) -> "Unit":
        """Without the nouns that it is divided by: usd/trip is a mean of usd."""
        kept = tuple((name, power) for name, power in self.base if not (name.startswith(_NOUN) and power < 0))
        names = {name for name, _ in kept}
        terms = tuple(t for t in self.terms if t.exponent > 0 or _NOUN + t.name in names or not _is_noun(t, self))
        return Unit(self.scale, kept, terms, self.is_shifted)


# Before a noun among the root units, so that a noun is never taken for a currency or a root unit of pint.
_NOUN = "#"


def _is_noun(term: Term, unit: Unit) -> bool:
    return any(name == _NOUN + term.name for name, _ in unit.base)


NUMBER = Unit(1.0, (), (), written=SHARE)
"""The unit of a share."""


@lru_cache(maxsize=4096)
def unit_of(text: str, nouns: frozenset[str] = frozenset()) -> Unit:
    """The unit that an author means. `nouns` are those of the datasets, beside the platform's own.

    Raises UnitError for what is neither a currency, a noun, `share` nor known to pint.
    """
    text = text.strip()
    found = NUMBER
    position = 1 if text.startswith("1/") else 0
    while position < len(text):
        factor = _FACTOR.match(text, position)
        if factor is None or (position > 0 and not factor[1] and factor[0] == factor[0].lstrip()):
            return _physical_as_a_whole(text)
        one = _named(factor[2], nouns)
        for _ in range(abs(int(factor[3] or 1))):
            is_below = (factor[1] in ("/", "per")) != (factor[3] is not None and factor[3].startswith("-"))
            found = found.per(one) if is_below else found.times(one)
        position = factor.end()
    if position == 0:
        raise UnitError("the unit is empty; write it, or leave `unit` away")
    return Unit(found.scale, found.base, found.terms, found.is_shifted, text)


def currency_of(text: str) -> Unit:
    """The currency of money. Raises UnitError when it is none of ISO 4217, in lower case."""
    code = text.strip()
    if code not in MINOR_UNITS:
        close = code.lower() if code.lower() in MINOR_UNITS else closest(code.lower(), MINOR_UNITS)
        told = f" (did you mean '{close}'?)" if close else ""
        raise UnitError(f"'{text}' is no currency{told}: write its ISO 4217 code in lower case, such as usd")
    return Unit(1.0, ((code, 1.0),), (Term(code, 1),), written=code)


@lru_cache(maxsize=4096)
def _named(word: str, nouns: frozenset[str]) -> Unit:
    if word == SHARE:
        return NUMBER
    one = singular(word)
    # A cup is a unit of volume before it is a Cuban peso; whoever has money in it says `semantic: money`.
    if word in MINOR_UNITS and word != "cup":
        return currency_of(word)
    if one in NOUNS or one in {singular(noun) for noun in nouns}:
        return Unit(1.0, ((_NOUN + one, 1.0),), (Term(one, 1),))
    found = _physical(word)
    if found is None:
        raise UnitError(_unknown(word, {*NOUNS, *nouns}))
    return found


def _unknown(word: str, nouns: Iterable[str]) -> str:
    known = {name.lower(): name for name in (*MINOR_UNITS, *_COMMON, *nouns, SHARE)}
    close = known.get(closest(singular(word).lower(), known) or "")
    told = f" (did you mean '{close}'?)" if close else ""
    repair = "write a unit that pint knows (miles, kWh, mile/hour), a currency (usd), or `share`"
    return f"'{word}' is no unit{told}: {repair}; something that is counted is named under `units:` in defs.yaml"


@lru_cache(maxsize=4096)
def _physical(text: str) -> Unit | None:
    """What pint makes of it; None where it knows nothing of the kind."""
    import pint  # half a second, of which nobody who has no physical unit should know

    registry = _registry()
    try:
        parsed = registry.parse_units(text)
        scale, root = registry.get_root_units(parsed)
    except (pint.errors.PintError, TokenError, AssertionError, AttributeError, SyntaxError, TypeError, ValueError):
        # All the ways in which pint tells that something is no expression.
        return None
    terms = [(str(name), power) for name, power in dict(parsed._units).items()]
    if any(int(power) != power for _, power in terms):
        return None
    base = tuple(sorted((str(name), float(power)) for name, power in dict(root._units).items()))
    shifted = any(not registry._units[name].is_multiplicative for name, _ in terms if name in registry._units)
    found = tuple(Term(name, int(power)) for name, power in terms)
    return Unit(float(scale), base, found, shifted, text)


def _physical_as_a_whole(text: str) -> Unit:
    found = _physical(text)
    if found is None:
        raise UnitError(f"'{text}' is no unit: write it as a/b, a*b or a**2 of units, such as usd/mile or m**3")
    return found


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def _combined(one: Unit, other: Unit, sign: int) -> Unit:
    powers = dict(one.base)
    for name, power in other.base:
        powers[name] = powers.get(name, 0.0) + sign * power
    exponents = {term.name: term.exponent for term in one.terms}
    for term in other.terms:
        exponents[term.name] = exponents.get(term.name, 0) + sign * term.exponent
    base = tuple(sorted((name, power) for name, power in powers.items() if power))
    terms = tuple(Term(name, exponent) for name, exponent in exponents.items() if exponent)
    scale = one.scale * other.scale if sign > 0 else one.scale / other.scale
    return Unit(scale, base, terms, one.is_shifted or other.is_shifted)


def _powered(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}**{exponent}"
