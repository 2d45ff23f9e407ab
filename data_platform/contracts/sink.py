"""Where a curated table is written back to, as its author writes it."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from data_platform.contracts.secrets import SecretRef

_PART = ConfigDict(extra="forbid", frozen=True)


class DatabaseSinkSpec(BaseModel):
    """A table of a database, into which rows go by their key. `columns`: the target's column → ours (default: all, by
    the same names). `deletes`: what becomes there of rows that this table has no more. `wait_seconds`: for locks.
    """

    model_config = _PART

    url: str = Field(min_length=1)
    user: SecretRef | None = None
    password: SecretRef | None = None
    db_schema: str | None = Field(None, alias="schema", min_length=1)
    table: str = Field(min_length=1)
    key: tuple[str, ...] = ()
    columns: dict[str, str] = Field(default_factory=dict)
    deletes: Literal["keep", "delete"] = "delete"
    wait_seconds: float = Field(30.0, gt=0, le=600)

    @field_validator("url")
    @classmethod
    def _without_credentials(cls, url: str) -> str:
        if "@" in urlsplit(url).netloc:
            # What was written is not repeated: it may be the password.
            raise ValueError("has a user or a password in it; write `user: {env: …}` and `password: {env: …}` beside")
        return url


class SinkSpec(BaseModel):
    """Where rows are written back to."""

    model_config = _PART

    database: DatabaseSinkSpec
