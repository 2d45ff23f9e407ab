"""The source kind `database` in a dataset's YAML."""

from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.source_kinds.durations import Duration
from data_platform.components.templates import path_of, unset_variable
from data_platform.contracts.contract import Part
from data_platform.contracts.secrets import SecretRef
from data_platform.sources.database.address import Address, names, parsed
from data_platform.sources.database.source import Database, Grid
from data_platform.sources.patience import Patience


class DatabaseSpec(Part):
    """A table of a database, by windows of a watermark or whole. The table is `table`, `schema.table` with quotes as in
    SQL, or `schema` and `table` apart. `columns`: left out, those of the raw table's columns that exist are read.

    `verify`: what is compared of windows that closed, `closes_after` their end. `window`: how long windows are, where a
    partition is to be several.
    """

    model_config = ConfigDict(populate_by_name=True)

    url: str
    user: SecretRef | None = None
    password: SecretRef | None = None
    table: str = Field(min_length=1)
    schema_: str | None = Field(None, alias="schema", min_length=1)
    columns: tuple[str, ...] | None = Field(None, min_length=1)
    watermark: str | None = Field(None, min_length=1)
    window: Duration | None = Field(None, gt=timedelta(0))
    key: tuple[str, ...] = ()
    verify: Literal["rows", "keys"] = "rows"
    closes_after: Duration = timedelta(days=3)
    statement_timeout_seconds: float = Field(600.0, gt=0)
    connect_timeout_seconds: float = Field(10.0, gt=0)
    attempts: int = Field(5, ge=1)
    batch_rows: int = Field(100_000, ge=1)
    max_bytes: int = Field(10 * 1000**3, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> "DatabaseSpec":
        if self.verify == "keys" and not self.key:
            raise ValueError("verify: keys compares keys; write `key: [id]`")
        if self.verify == "keys" and self.watermark is None:
            raise ValueError("verify: keys is for windows that closed; write `watermark`, or drop `verify`")
        if self.window is not None and self.watermark is None:
            raise ValueError("window cuts a partition by a watermark; write `watermark`, or drop `window`")
        return self


def database(spec: DatabaseSpec, context: SourceContext) -> Database:
    """Raises ContractError with the line of a mistake."""
    if (context.partitions is None) != (spec.watermark is None):
        repair = "write `watermark: <column>`" if context.partitions else "drop `watermark`"
        has = "has" if context.partitions else "has no"
        raise context.mistake(f"raw table '{context.table}' {has} partitions; {repair} for its database", "database")
    with context.located("database", "url"):
        address = _address(spec.url, context)
    with context.located("database", "table"):
        table = (spec.schema_, spec.table) if spec.schema_ else names(spec.table)
        if len(table) > 2:
            raise ValueError(f"'{spec.table}' has {len(table)} names, expected schema.table")
    return Database(
        address,
        table,
        wanted=_wanted(spec, context),
        is_strict=spec.columns is not None,
        key=spec.key,
        watermark=spec.watermark,
        grid=_grid(spec, context),
        verify=spec.verify,
        closes_after=spec.closes_after,
        user=context.secret(spec.user) if spec.user else None,
        password=context.secret(spec.password) if spec.password else None,
        connect_seconds=spec.connect_timeout_seconds,
        statement_seconds=spec.statement_timeout_seconds,
        patience=Patience(spec.attempts, longest_wait_seconds=30.0),
        batch_rows=spec.batch_rows,
        max_bytes=spec.max_bytes,
        unset=f"{unset_variable(spec.url, context.installation.variables)} is not set: write the database's url there",
    )


def _address(url: str, context: SourceContext) -> Address | None:
    """None where a variable of it is not set: the dataset loads without its database."""
    variables = context.installation.variables
    return None if unset_variable(url, variables) else parsed(path_of(url, variables))


def _wanted(spec: DatabaseSpec, context: SourceContext) -> tuple[tuple[str, ...], ...]:
    if spec.columns is not None:
        return tuple((name,) for name in spec.columns)
    return tuple((name, *column.aliases) for name, column in context.columns.items())


def _grid(spec: DatabaseSpec, context: SourceContext) -> Grid | None:
    partitions = context.partitions
    if partitions is None:
        return None
    first = datetime.combine(partitions.start, datetime.min.time())
    return Grid(first, partial(type(partitions).bounds, partitions), ZoneInfo(partitions.timezone), spec.window)
