"""A dataset's `defs.yaml` as values: what its author may write under `attributes`."""

import re
import zoneinfo
from datetime import date, datetime
from typing import Annotated, Any, Literal

import dagster as dg
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from data_platform.components.read_spec import ReadSpec
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


class HttpFileSpec(Part):
    """A file per partition at an address; `{partition:%Y-%m}` stands for the partition's start.

    `absent`: HTTP statuses that mean that there is no such file; stores that hide what they have answer 403.
    """

    url: str
    timeout_seconds: float = Field(30.0, gt=0)
    min_bytes_per_second: int = Field(1000, ge=0)
    max_seconds: float = Field(4 * 3600.0, gt=0)
    max_bytes: int = Field(10 * 1000**3, gt=0)
    attempts: int = Field(5, ge=1)
    absent: tuple[int, ...] = Field((404, 410), min_length=1)


class LandingPartitionSpec(Part):
    """The partition that a file belongs to: from a named group of the pattern, read in a strptime form and shifted; or
    by a column, the partition that most rows lie in.
    """

    from_: str | None = Field(None, alias="from", min_length=1)
    column: str | None = Field(None, min_length=1)
    format: str | None = None
    shift: str = "0d"

    @model_validator(mode="after")
    def _one_way(self) -> "LandingPartitionSpec":
        if (self.from_ is None) == (self.column is None):
            raise ValueError("write either from, a group of the patterns, or column")
        if self.from_ is not None and self.format is None:
            raise ValueError("write the format of the group's text, such as %y%m%d")
        return self

    @field_validator("format")
    @classmethod
    def _tells_a_day(cls, text: str | None) -> str | None:
        if text is None:
            return None
        day = datetime(2024, 10, 28)
        try:
            told = datetime.strptime(day.strftime(text), text)
        except ValueError as error:
            raise ValueError(f"'{text}' is no form of a date: {error}; write it like %y%m%d") from error
        if (told.year, told.month) != (day.year, day.month):
            raise ValueError(f"'{text}' does not tell year and month; write it like %y%m%d or %Y-%m")
        return text

    @field_validator("shift")
    @classmethod
    def _days(cls, text: str) -> str:
        if not re.fullmatch(r"[-+]?\d{1,4}d", text):
            raise ValueError(f"'{text}' is no shift: write days, like -7d")
        return text

    @property
    def shift_days(self) -> int:
        return int(self.shift.removesuffix("d"))


class LandingSpec(Part):
    """A folder into which others put files; `files` are patterns that match a whole path below it.

    `slot`: whether each path is an object of its own, or a partition one object, of which the latest delivery counts.
    `mirror`: what is taken away is withdrawn. `settle_seconds`: how long a file must have rested.
    """

    folder: str = Field(min_length=1)
    files: tuple[str, ...] = Field(min_length=1)
    partition: LandingPartitionSpec | None = None
    slot: Literal["path", "partition"] = "path"
    mirror: bool = False
    settle_seconds: float = Field(5.0, ge=0)
    max_bytes: int = Field(10 * 1000**3, gt=0)


class SourceSpec(Part):
    """Where bytes come from: one or several kinds of source, which feed one table alike."""

    http_file: HttpFileSpec | None = None
    landing: LandingSpec | None = None

    @model_validator(mode="after")
    def _some(self) -> "SourceSpec":
        if self.http_file is None and self.landing is None:
            raise ValueError("write http_file, landing or both")
        return self


class ExpectedSpec(Part):
    """`after_days`: when a partition should exist, counted from its end. `recheck_last`: how many of the latest
    received ones are asked for corrections."""

    after_days: int = Field(0, ge=0)
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
    expected: ExpectedSpec = ExpectedSpec(after_days=0)
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
