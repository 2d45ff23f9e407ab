"""A secret as an author may write it: by the name of a variable that holds it, never by its value."""

import re

from pydantic import BaseModel, ConfigDict, field_validator, model_validator


class SecretRef(BaseModel):
    """`{env: NAME}`: the value is read from the environment when it is needed, and shown nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        if not isinstance(value, SecretRef) and not (isinstance(value, dict) and isinstance(value.get("env"), str)):
            # What was written is not repeated: it may be the secret.
            raise ValueError("a secret is written as {env: NAME}, and its value stands in that variable")
        return value

    @field_validator("env")
    @classmethod
    def _variable(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name, re.ASCII):
            raise ValueError("that is no name of a variable: write capital letters, digits and _, such as API_TOKEN")
        if name.startswith("DATA_PLATFORM_"):
            raise ValueError("names that begin with DATA_PLATFORM_ are the platform's own settings: name another one")
        return name
