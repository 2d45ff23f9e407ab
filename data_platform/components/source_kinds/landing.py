"""The source kind `landing` in a dataset's YAML."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.templates import path_of
from data_platform.contracts.contract import Part
from data_platform.sources.content import FromContent
from data_platform.sources.landing import FromName, Landing


def day_form(text: str | None) -> str | None:
    """A strptime form. Raises ValueError where it does not tell a day, or its month."""
    if text is None:
        return None
    # With a zone, for forms that tell one.
    day = datetime(2024, 10, 28, tzinfo=UTC)
    try:
        told = datetime.strptime(day.strftime(text), text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no form of a date: {error}; write it like %y%m%d") from error
    if (told.year, told.month) != (day.year, day.month):
        raise ValueError(f"'{text}' does not tell year and month; write it like %y%m%d or %Y-%m")
    return text


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

    _tells_a_day = field_validator("format")(day_form)

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


def landing(spec: LandingSpec, context: SourceContext) -> Landing:
    """Raises ContractError with the line of a mistake."""
    partitions = context.partitions
    if (partitions is None) != (spec.partition is None):
        repair = "write `partition: {from: <group>, format: …}` or `{column: …}`" if partitions else "drop `partition`"
        has = "has" if partitions else "has no"
        text = f"raw table '{context.table}' {has} partitions; {repair} for its landing zone"
        raise context.mistake(text, "landing")
    with context.located("landing", "folder"):
        folder = Path(path_of(spec.folder, context.installation.variables))
    with context.located("landing", "files"):
        return Landing(
            folder,
            spec.files,
            _told_by(spec.partition),
            slot=spec.slot,
            mirror=spec.mirror,
            settle_seconds=spec.settle_seconds,
            max_bytes=spec.max_bytes,
        )


def _told_by(spec: LandingPartitionSpec | None) -> FromName | FromContent | None:
    if spec is None:
        return None
    if spec.column is not None:
        return FromContent(spec.column, spec.format)
    assert spec.from_ is not None  # it is one of them
    assert spec.format is not None
    return FromName(spec.from_, spec.format, timedelta(days=spec.shift_days))
