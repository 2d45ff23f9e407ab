"""A dataset's `defs.yaml` as values: what its author may write under `attributes`."""

import re
import zoneinfo
from datetime import date
from typing import Annotated, Any, Literal

import dagster as dg
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from data_platform.components.read_spec import ReadSpec
from data_platform.components.source_kinds.all_kinds import SourceSpec
from data_platform.contracts.contract import Owner, Part
from data_platform.contracts.errors import nearest
from data_platform.contracts.partitions import Kind, Partitions, parse_key
from data_platform.contracts.raw import RawColumns
from data_platform.planning.catalog import Expected, UnknownColumns
from data_platform.sources.options import Format

# `start: 2011-01-01` unquoted is a date to YAML.
KeyText = Annotated[str, BeforeValidator(lambda value: value.isoformat() if isinstance(value, date) else value)]


def _cron(text: str) -> str:
    try:
        dg.ScheduleDefinition(name="check", job_name="check", cron_schedule=text)
    except dg.DagsterInvalidDefinitionError as error:
        parts = 'minute, hour, day, month and weekday, such as "0 6 * * *"'
        raise ValueError(f"'{text}' is no cron schedule: {parts}") from error
    return text


class Window(Part):
    """First partition key and the time zone in which partitions begin and end."""

    start: KeyText
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            close = nearest(name, zoneinfo.available_timezones())
            raise ValueError(f"'{name}' is no time zone{close}") from error
        return name


class PartitionsSpec(Part):
    """Exactly one of the kinds."""

    monthly: Window | None = None
    weekly: Window | None = None
    daily: Window | None = None

    @model_validator(mode="after")
    def _one(self) -> "PartitionsSpec":
        if len(self.model_fields_set) != 1:
            raise ValueError("write exactly one of monthly, weekly, daily")
        _ = self.partitions
        return self

    @property
    def kind(self) -> Kind:
        return "monthly" if self.monthly else "weekly" if self.weekly else "daily"

    @property
    def partitions(self) -> Partitions:
        window = self.monthly or self.weekly or self.daily
        assert window is not None  # exactly one is set
        return Partitions(self.kind, parse_key(self.kind, window.start), window.timezone)


class ExpectedSpec(Part):
    """`after_days`: when a partition should exist, counted from its end; where it is left out, at its end, or for what
    is only pushed, whenever it comes. `recheck_last`: how many of the latest
    received ones are asked for corrections."""

    after_days: int = Field(default=0, ge=0)
    recheck_last: Annotated[int, Field(ge=0)] | Literal["all"] = "all"

    @property
    def expected(self) -> Expected:
        return Expected(self.after_days, self.recheck_last)


class RawTableSpec(RawColumns):
    """One raw table: where it comes from, when, and the columns that staged models rely on."""

    description: str = Field(min_length=1)
    owners: tuple[Owner, ...] = ()
    source: SourceSpec
    format: Format | None = None
    read: ReadSpec = ReadSpec()
    unknown_columns: UnknownColumns = "warn"
    partitions: Literal["none"] | None = None
    start: KeyText | None = None
    end: KeyText | None = None
    expected: ExpectedSpec = ExpectedSpec()
    check_every: Annotated[str, AfterValidator(_cron)] | None = None


def _noun(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z_]*", text, re.ASCII):
        raise ValueError(f"'{text}' is no noun that is counted: write one word, such as rides")
    return text


CountedNoun = Annotated[str, AfterValidator(_noun)]


class DatasetSpec(Part):
    """A whole dataset. `units` are nouns that it counts and the platform does not know."""

    description: str = Field(min_length=1)
    owners: tuple[Owner, ...] = ()
    partitions: PartitionsSpec | None = None
    units: tuple[CountedNoun, ...] = ()
    raw: dict[str, RawTableSpec] = Field(default_factory=dict)


class DefsFile(Part):
    """A whole `defs.yaml`. What is none of ours belongs to Dagster, which checks it itself."""

    type: Literal["data_platform.components.dataset.Dataset"]
    attributes: DatasetSpec
    template_vars_module: Any = None
    requirements: Any = None
    post_processing: Any = None
