"""What a table promises, as its author writes it: columns, rules, grain, audit bounds, reconciles."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictInt,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from data_platform.contracts.column_type import ColumnType
from data_platform.contracts.errors import nearest, shown
from data_platform.contracts.sink import SinkSpec

_NAMED = re.compile(r'(.+?)\s+AS\s+("[^"]+"|\w+)', re.IGNORECASE | re.DOTALL)
_LOCAL_TIMES = ("DATE", "TIMESTAMP")
_DAGSTER_OWNER = re.compile(r"team:[\w.-]+|[^@\s]+@[^@\s]+\.[^@\s]+", re.ASCII)


class Part(BaseModel):
    """A part of an author's file: unknown keys are mistakes, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _owner(text: str) -> str:
    if not _DAGSTER_OWNER.fullmatch(text):
        raise ValueError(f"'{text}' is no owner: write team:name or an e-mail address")
    return text


def _column_name(name: str) -> str:
    if not name or name.startswith("_"):
        raise ValueError(f"'{name}' is no column name: those that begin with '_' belong to the platform; rename it")
    return name


def _snake_case(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII):
        raise ValueError(f"'{name}' is no name: use snake_case (a-z, 0-9, _), starting with a letter")
    return name


Owner = Annotated[str, AfterValidator(_owner)]
ColumnName = Annotated[str, AfterValidator(_column_name)]
RuleName = Annotated[str, AfterValidator(_snake_case)]
Value = bool | int | float | date | datetime | str


SemanticKind = Literal["counter", "money", "quantity", "ratio", "mean", "id"]
PersonalKind = Literal["email", "phone", "handle", "name", "address", "free_text", "id"]
Mask = Literal["drop", "redact", "hash", "truncate"]


class ColumnSpec(Part):
    """One column of a staged or curated table. `min` and `max` are inclusive, in the column's unit.

    `semantic` is what kind of value it holds, which decides what may be computed from it; `per` are the columns within
    which a counter counts. `pii` is what personal data it holds: in a catalog also where the author wrote none and its
    lineage brings some. `mask` is what becomes of that: in a curated table before the commit, in a staged one when it
    is published.
    """

    type: ColumnType
    description: str = ""
    required: bool = False
    semantic: SemanticKind | None = None
    unit: str | None = None
    per: tuple[ColumnName, ...] = ()
    min: Value | None = None
    max: Value | None = None
    accepted: tuple[Value, ...] | None = Field(None, min_length=1)
    within_partition: bool = False
    pii: PersonalKind | None = None
    mask: Mask | None = None

    @field_validator("min", "max", "accepted", mode="before")
    @classmethod
    def _plain_values(cls, value: Any, info: ValidationInfo) -> Any:
        many = info.field_name == "accepted"
        if many and not isinstance(value, list | tuple):
            raise ValueError(f"write a list of values, such as [{value if isinstance(value, str) else shown(value)}]")
        for each in value if many else [value]:
            if each is None and many:
                raise ValueError("NULL is accepted anyway: leave null out, and write `required: true` to refuse it")
            if isinstance(each, dict | list | tuple):
                raise ValueError(f"{shown(each)} is no plain value: write a number, a date or a text")
            if info.data.get("type") == "VARCHAR" and each is not None and not isinstance(each, str):
                # YAML reads NO as false and 01 as 1.
                raise ValueError(f"YAML reads {each!r} here, the column is VARCHAR: put the value in quotes")
        return value

    @field_validator("within_partition")
    @classmethod
    def _local_time(cls, value: bool, info: ValidationInfo) -> bool:
        type_ = info.data.get("type")
        if value and type_ is not None and type_ not in _LOCAL_TIMES:
            raise ValueError(
                f"the column is {type_}; partitions are bounded by local time: make it a DATE or a TIMESTAMP"
            )
        return value

    @property
    def personal(self) -> bool:
        """Whether its values may not be shown."""
        return self.pii is not None

    @property
    def privacy(self) -> str:
        """What personal data it holds and what becomes of that: `email, hashed`; '' where it holds none."""
        masked = {"drop": "dropped", "redact": "redacted", "hash": "hashed", "truncate": "truncated"}
        return ", ".join(part for part in (self.pii, masked.get(self.mask or "")) if part) if self.pii else ""

    @property
    def meant(self) -> str:
        """Its meaning in a few words: `money, usd`, `counter, persons, per control_area, unit, scp`; '' if unsaid."""
        per = f"per {', '.join(self.per)}" if self.per else None
        return ", ".join(part for part in (self.semantic, self.unit, per) if part)

    @property
    def is_finite(self) -> bool:
        """Whether an infinite value, or one that is no number, breaks a rule of its own: where a value is measured and
        floating point. A range refuses them already.
        """
        is_measured = self.semantic is not None and self.semantic != "id" and self.type in ("DOUBLE", "FLOAT")
        return is_measured and (self.min is None or self.max is None)

    @property
    def has_bounds(self) -> bool:
        """Whether it promises anything about values beyond their type."""
        values = (self.min, self.max, self.accepted)
        return self.required or self.within_partition or any(value is not None for value in values)


class Rule(Part):
    """A named condition over the table's columns: `reject` quarantines, `drop` counts and lets go, `flag` counts,
    `warn` counts and is told by a check that warns.
    """

    name: RuleName
    reject: str | None = None
    drop: str | None = None
    flag: str | None = None
    warn: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Rule":
        if sum(value is not None for value in (self.reject, self.drop, self.flag, self.warn)) != 1:
            raise ValueError(f"rule '{self.name}' needs exactly one of reject, drop, flag, warn")
        return self

    @property
    def kind(self) -> Literal["reject", "drop", "flag", "warn"]:
        kinds: tuple[Literal["reject", "drop", "flag"], ...] = ("reject", "drop", "flag")
        return next((kind for kind in kinds if getattr(self, kind) is not None), "warn")

    @property
    def condition(self) -> str:
        return self.reject or self.drop or self.flag or self.warn or ""


class Deduplicate(Part):
    """Of rows with one grain the first by this order stays; the others are quarantined as `duplicate`."""

    first_by: tuple[str, ...] = Field(min_length=1)


Days = Annotated[int, Field(ge=1)]


class Audit(Part):
    """Bounds that a commit must keep. `max_rejected_share` is rejected rows / rows that arrived.

    `max_rejection_age_days` blocks nothing: after so many days a rejection by the rule is told as overdue. `any` is
    for the rules that are not named.
    """

    max_rejected_share: float = Field(0.05, ge=0, le=1)
    min_rows: int = Field(0, ge=0)
    max_rejection_age_days: dict[RuleName, Days] = Field(default_factory=dict)


class AllowedArithmetic(Part):
    """Arithmetic that looks wrong by what its columns mean, and why it is right here. `allow` names the fault, `on` the
    output column or the column in the expression.
    """

    allow: str = Field(min_length=1)
    on: str = Field(min_length=1)
    because: str = Field(min_length=10)


class AllowedPersonal(Part):
    """Personal data where there should be none, and why that is right here. `allow` names the fault, `on` the output
    column, or the one that rows are picked by.
    """

    allow: str = Field(min_length=1)
    on: str = Field(min_length=1)
    because: str = Field(min_length=10)


class DeclaredLineage(Part):
    """What a Python model says one of its columns is computed from, and what only decides about its rows: each as
    `layer.table.column`.
    """

    direct: tuple[str, ...] = ()
    indirect: tuple[str, ...] = ()


Groups = tuple[tuple[str, str, str], ...]


class Reconcile(Part):
    """`this` aggregates the new rows, `that` the rows of the input `of`; they must agree (per group of `by`).

    A list in `by` means the same on both sides; a mapping has what groups the new rows → what groups the input's.
    """

    name: RuleName
    this: str
    of: str
    that: str
    by: tuple[str, ...] | dict[str, str] = ()
    tolerance: Decimal = Field(default=Decimal(0), ge=0)

    @property
    def groups(self) -> Groups:
        """Of each part of `by` the expression here, that over the input, and its name: `year(day) AS year`."""
        if isinstance(self.by, dict):
            return tuple((this, that, this) for this, that in self.by.items())
        found = ((part, _NAMED.fullmatch(part.strip())) for part in self.by)
        return tuple((m[1], m[1], m[2].strip('"')) if m else (part, part, part) for part, m in found)


def _neighbours(offsets: tuple[int, ...]) -> tuple[int, ...]:
    if offsets != tuple(range(min(offsets), max(offsets) + 1)) or 0 not in offsets or offsets == (0,):
        raise ValueError(
            f"{list(offsets)}: write the partitions from the first to the last, 0 (its own) among them: "
            "[-1, 0] for its own and the one before, [0, 1] for its own and the one after"
        )
    return offsets


Offsets = Annotated[tuple[StrictInt, ...], Field(min_length=1), AfterValidator(_neighbours)]


class NotReconciled(Part):
    """The author's reason why a curated table cannot be reconciled with its inputs."""

    none: str = Field(min_length=10)


def _reconciles_kind(value: object) -> str:
    return "reason" if isinstance(value, dict | NotReconciled) else "list"


class Contract(Part):
    """The contract of one staged or curated table."""

    description: str = Field(min_length=1)
    owners: tuple[Owner, ...] = ()
    view: bool = False
    partitions: Literal["none"] | None = None
    inputs: tuple[str, ...] = ()
    rows_of: tuple[str, ...] = ()
    reads: dict[str, Offsets] = Field(default_factory=dict)
    columns: dict[ColumnName, ColumnSpec] = Field(min_length=1)
    grain: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    arithmetic: tuple[AllowedArithmetic, ...] = ()
    privacy: tuple[AllowedPersonal, ...] = ()
    lineage: dict[ColumnName, DeclaredLineage] = Field(default_factory=dict)
    sink: SinkSpec | None = None
    deduplicate: Deduplicate | None = None
    audit: Audit = Field(default_factory=lambda: Audit.model_validate({}))
    reconciles: Annotated[
        Annotated[tuple[Reconcile, ...], Tag("list")] | Annotated[NotReconciled, Tag("reason")],
        Discriminator(_reconciles_kind),
    ] = ()

    @field_validator("columns")
    @classmethod
    def _one_spelling(cls, columns: dict[str, ColumnSpec]) -> dict[str, ColumnSpec]:
        folded: dict[str, str] = {}
        for name in columns:
            if name.lower() in folded:
                raise ValueError(f"columns '{folded[name.lower()]}' and '{name}' differ in case only; rename one")
            folded[name.lower()] = name
        return columns

    # What refers to columns stands below them: a validator sees the fields above its own.
    @field_validator("grain")
    @classmethod
    def _grain_exists(cls, grain: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        columns: dict[str, ColumnSpec] | None = info.data.get("columns")
        for name in grain:
            if columns is not None and name not in columns:
                raise ValueError(f"grain names '{name}', no column of this table{nearest(name, columns)}")
        return grain

    @field_validator("deduplicate")
    @classmethod
    def _has_grain(cls, value: Deduplicate | None, info: ValidationInfo) -> Deduplicate | None:
        if value is not None and info.data.get("grain") == ():
            raise ValueError("deduplicate needs a grain: the columns that make two rows the same")
        return value

    @field_validator("rules", "reconciles")
    @classmethod
    def _named_once(cls, value: Any) -> Any:
        names = [each.name for each in value] if isinstance(value, tuple) else []
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"'{twice}' is written twice; rename one")
        return value
