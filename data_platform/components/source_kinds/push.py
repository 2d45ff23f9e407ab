"""The source kind `push` in a dataset's YAML."""

import re
from typing import Literal

from pydantic import Field, field_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.source_kinds.landing import day_form
from data_platform.contracts.contract import Part
from data_platform.contracts.secrets import SecretRef
from data_platform.sources.content import FromContent
from data_platform.sources.push import Push


class PushPartitionSpec(Part):
    """The column whose dates tell the partition that a body belongs to: texts of a strptime form, or of ISO 8601."""

    column: str = Field(min_length=1)
    format: str | None = None

    _tells_a_day = field_validator("format")(day_form)


class PushSpec(Part):
    """What clients push to the endpoint of this table; `tokens` are by client.

    `slot`: whether each push is an object of its own, or a partition one object, of which the latest push counts.
    `timeout_seconds`: the longest silence within a body, `max_seconds`: the longest time that it takes.
    """

    tokens: dict[str, SecretRef] = Field(min_length=1)
    partition: PushPartitionSpec | None = None
    slot: Literal["push", "partition"] = "push"
    max_bytes: int = Field(default=50_000_000, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)
    max_seconds: float = Field(default=600.0, gt=0)

    @field_validator("tokens")
    @classmethod
    def _names(cls, tokens: dict[str, SecretRef]) -> dict[str, SecretRef]:
        for name in tokens:
            if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name, re.ASCII):
                raise ValueError(f"'{name}' is no name of a client: use a-z, 0-9, _ and -, starting with a letter")
        return tokens


def push(spec: PushSpec, context: SourceContext) -> Push:
    """Raises ContractError with the line of a mistake."""
    if spec.partition is not None and context.partitions is None:
        text = f"raw table '{context.table}' has no partitions; drop `partition` of its push"
        raise context.mistake(text, "push", "partition")
    by = spec.partition
    return Push(
        {client: context.secret(reference) for client, reference in spec.tokens.items()},
        None if by is None else FromContent(by.column, by.format),
        slot=spec.slot,
        max_bytes=spec.max_bytes,
        timeout_seconds=spec.timeout_seconds,
        max_seconds=spec.max_seconds,
    )
