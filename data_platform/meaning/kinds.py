"""The kinds of values: what each is, what it needs where it is defined, and what its sums and means are.

A new kind is one entry here; what two kinds make together follows from their families (see `algebra`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Family = Literal["amount", "register", "relative", "typical", "name"]
"""How a kind behaves beside another: amounts add up, registers are compared with themselves, relative numbers are per
something, typical ones stand for many rows, names are only told apart."""

UnitRule = Literal["currency", "required", "optional", "none"]
NumberRule = Literal["exact", "fractional", "number", "any"]
"""Which SQL types hold it: DECIMAL or whole; DECIMAL or floating; any number; any type."""


@dataclass(frozen=True)
class Kind:
    """`sum`, `mean` and `median` name the fault of such an aggregate; None: it makes sense."""

    name: str
    family: Family
    what: str
    number: NumberRule
    unit: UnitRule
    sum: str | None = None
    mean: str | None = None
    median: str | None = None
    arithmetic: str | None = None
    """The fault of computing with it at all."""
    has_key: bool = False
    """Whether `per:` names the columns within which it counts."""


_ENTRIES = (
    Kind("money", "amount", "an amount of money", number="exact", unit="currency"),
    Kind("quantity", "amount", "an amount of something", number="number", unit="required"),
    Kind(
        "counter",
        "register",
        "a counter (a register that only ever grows)",
        number="number",
        unit="optional",
        sum="sum_of_counter",
        mean="mean_of_counter",
        median="mean_of_counter",
        has_key=True,
    ),
    Kind(
        "ratio",
        "relative",
        "a ratio (one amount per another)",
        number="fractional",
        unit="optional",
        sum="sum_of_ratio",
        mean="mean_of_ratio",
        # Half of the rows lie above it, whatever they weigh: that is what a median says.
        median=None,
    ),
    Kind(
        "mean",
        "typical",
        "a mean (an average, median or percentile)",
        number="number",
        unit="optional",
        sum="sum_of_mean",
        mean="mean_of_mean",
        median="mean_of_mean",
    ),
    Kind(
        "id",
        "name",
        "an id (a name, even if it is written in digits)",
        number="any",
        unit="none",
        sum="sum_of_id",
        mean="mean_of_id",
        median="mean_of_id",
        arithmetic="arithmetic_on_id",
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ENTRIES})

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "sum_of_counter": "a register's readings are summed",
        "mean_of_counter": "a register's readings are averaged",
        "counter_outside_key": "registers of different devices are taken from each other",
        "sum_of_id": "ids are summed",
        "mean_of_id": "ids are averaged",
        "arithmetic_on_id": "ids are computed with",
        "sum_of_ratio": "ratios are summed",
        "mean_of_ratio": "ratios are averaged without weights",
        "sum_of_mean": "averages are summed",
        "mean_of_mean": "averages are averaged",
        "mixed_units": "different units are added or compared",
        "mixed_currencies": "different currencies are added or compared",
        "mixed_kinds": "values of different kinds are added or compared",
        "declared_otherwise": "a contract says another kind or unit than the SELECT makes",
    }
)
"""All faults by the name that an escape allows, and what each is in a few words."""
