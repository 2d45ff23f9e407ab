"""What is known of the values of an expression. Nothing known is a meaning too, and never alarms."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from data_platform.meaning.kinds import KINDS, Family
from data_platform.meaning.units import Unit

Identity = Hashable
"""A column of one row of one relation: two expressions of one identity have one value."""


@dataclass(frozen=True)
class Meaning:
    """`kind` None: unknown; `unit` None: unknown, or whatever it must be.

    `device`: of a counter the identities of the columns within which it counts, None if nobody says. `made_of`: the
    columns that the value is computed from, each row by itself.
    """

    kind: str | None = None
    unit: Unit | None = None
    per: tuple[str, ...] = ()
    device: tuple[Identity, ...] | None = None
    made_of: frozenset[Identity] = frozenset()
    numbers: frozenset[float] | None = None
    """The values that a constant may have; NULL is no value. None: it is no constant. With a unit, it has a name that
    tells it: 100 AS limit_eur."""
    is_scaled: bool = False
    """Multiplied with a constant, so that its unit, and perhaps its kind, is another that nobody knows."""
    is_counted: bool = False
    """A number of rows: a count of whatever its rows are."""
    is_weighted: bool = False
    """A ratio that may be summed: weighted, or a part of a whole that is the sum of all parts."""
    is_running: bool = False
    """A total up to each row: who declares it may call it a counter."""
    columns: frozenset[str] = frozenset()
    """`table.column` of all that it comes from."""
    sums: int = 0
    """How many sums lie behind it: a total has one more than its parts."""

    @property
    def family(self) -> Family | None:
        return None if self.kind is None else KINDS[self.kind].family

    @property
    def is_constant(self) -> bool:
        return self.numbers is not None

    @property
    def is_unknown(self) -> bool:
        return self.kind is None and self.numbers is None

    @property
    def is_free(self) -> bool:
        """Whether it goes with anything: unknown, a bare constant, or scaled into something unknown."""
        if self.kind is None:
            return self.unit is None
        return self.is_scaled and self.family not in ("register", "name")

    def without_meaning(self) -> "Meaning":
        """The same columns, of which nothing can be said any more."""
        return Meaning(made_of=self.made_of, columns=self.columns, sums=self.sums)

    def moved(self, by: Callable[[Identity], Identity]) -> "Meaning":
        """The same with other identities."""
        device = None if self.device is None else tuple(by(one) for one in self.device)
        return replace(self, device=device, made_of=frozenset(by(one) for one in self.made_of))


UNKNOWN = Meaning()


def constant(*numbers: float) -> Meaning:
    """A value that stands in the text."""
    return Meaning(numbers=frozenset(numbers))


def amount(unit: Unit | None, **more: bool) -> Meaning:
    """Money where the unit is a currency, else a quantity."""
    kind = "money" if unit is not None and unit.currency is not None else "quantity"
    return Meaning(kind, unit, is_scaled=more.get("is_scaled", False), is_counted=more.get("is_counted", False))
