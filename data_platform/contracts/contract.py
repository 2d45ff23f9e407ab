"""What a table promises, as its author writes it: columns, rules, grain, audit bounds, reconciles."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

RESERVED = re.compile(r"_.*")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\(\s*\d+\s*(,\s*\d+\s*)?\))?(\[\])*", re.ASCII)


class Part(BaseModel):
    """A part of an author's file: unknown keys are mistakes, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_SPELLINGS = {
    "INT": "INTEGER",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "BOOL": "BOOLEAN",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}


def _type_text(value: object) -> object:
    """One spelling a type, so that types can be compared as text."""
    if not isinstance(value, str):
        return value
    if not _TYPE.fullmatch(value.strip()):
        raise ValueError(
            f"'{value}' is no column type: write BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP, DECIMAL(12,2), …"
        )
    text = re.sub(r"\s*([(),])\s*", r"\1", " ".join(value.upper().split()))
    name = text.rstrip("[]")
    return _SPELLINGS.get(name, name) + text[len(name) :]


ColumnType = Annotated[str, BeforeValidator(_type_text)]
Value = bool | int | float | date | datetime | str


class ColumnSpec(Part):
    """One column of a staged or curated table. `min` and `max` are inclusive, in the column's unit."""

    type: ColumnType
    description: str = ""
    required: bool = False
    unit: str | None = None
    min: Value | None = None
    max: Value | None = None
    accepted: tuple[Value, ...] | None = None
    within_partition: bool = False
    personal: bool = False


class Rule(Part):
    """A named condition over the table's columns: `reject` quarantines, `drop` counts and lets go, `flag` counts."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    reject: str | None = None
    drop: str | None = None
    flag: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Rule":
        if sum(value is not None for value in (self.reject, self.drop, self.flag)) != 1:
            raise ValueError(f"rule '{self.name}' needs exactly one of reject, drop, flag")
        return self

    @property
    def kind(self) -> Literal["reject", "drop", "flag"]:
        return "reject" if self.reject is not None else "drop" if self.drop is not None else "flag"

    @property
    def condition(self) -> str:
        return self.reject or self.drop or self.flag or ""


class Deduplicate(Part):
    """Of rows with one grain the first by this order stays; the others are quarantined as `duplicate`."""

    first_by: tuple[str, ...] = Field(min_length=1)


class Audit(Part):
    """Bounds that a commit must keep. `max_rejected_share` is rejected rows / rows that arrived."""

    max_rejected_share: float = Field(0.05, ge=0, le=1)
    min_rows: int = Field(0, ge=0)


class Reconcile(Part):
    """`this` aggregates the new rows, `that` the rows of the input `of`; they must agree (per group of `by`)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    this: str
    of: str
    that: str
    by: tuple[str, ...] = ()
    tolerance: Decimal = Decimal(0)


class NotReconciled(Part):
    """The author's reason why a curated table cannot be reconciled with its inputs."""

    none: str = Field(min_length=10)


class Contract(Part):
    """The contract of one staged or curated table."""

    description: str = Field(min_length=1)
    owners: tuple[str, ...] = ()
    view: bool = False
    partitions: Literal["none"] | None = None
    inputs: tuple[str, ...] = ()
    grain: tuple[str, ...] = ()
    columns: dict[str, ColumnSpec] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    deduplicate: Deduplicate | None = None
    audit: Audit = Audit(max_rejected_share=0.05, min_rows=0)
    reconciles: tuple[Reconcile, ...] | NotReconciled = ()

    @field_validator("columns")
    @classmethod
    def _no_reserved_names(cls, columns: dict[str, ColumnSpec]) -> dict[str, ColumnSpec]:
        folded: dict[str, str] = {}
        for name in columns:
            if RESERVED.fullmatch(name):
                raise ValueError(f"column '{name}': names that begin with '_' belong to the platform; rename it")
            if name.lower() in folded:
                raise ValueError(f"columns '{folded[name.lower()]}' and '{name}' differ in case only; rename one")
            folded[name.lower()] = name
        return columns

    @model_validator(mode="after")
    def _names_exist(self) -> "Contract":
        for name in self.grain:
            if name not in self.columns:
                raise ValueError(
                    f"grain names column '{name}', which the contract lacks; it has {', '.join(self.columns)}"
                )
        if self.deduplicate and not self.grain:
            raise ValueError("deduplicate needs a grain: the columns that make two rows the same")
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"rule '{name}' is written twice; rename one")
        return self
