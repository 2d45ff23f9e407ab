"""`auth:` of a `rest_api`: who we are, with secrets by the names of their variables."""

from typing import Literal

from pydantic import Field, model_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.contracts.contract import Part
from data_platform.contracts.secrets import SecretRef
from data_platform.sources.rest.auth import ApiKey, Basic, Bearer, Credentials, OAuth2


class BasicSpec(Part):
    """User and password."""

    user: SecretRef
    password: SecretRef


class ApiKeySpec(Part):
    """A key in a header or a parameter."""

    name: str = Field(min_length=1)
    in_: Literal["header", "query"] = Field("header", alias="in")
    value: SecretRef


class OAuth2Spec(Part):
    """OAuth 2 client credentials; `token_url` is an address, or a path at `base_url`."""

    token_url: str = Field(pattern="^(/|https?://)")
    client_id: SecretRef
    client_secret: SecretRef
    scopes: tuple[str, ...] = ()


class AuthSpec(Part):
    """One way to say who we are."""

    bearer: SecretRef | None = None
    basic: BasicSpec | None = None
    api_key: ApiKeySpec | None = None
    oauth2: OAuth2Spec | None = None

    @model_validator(mode="after")
    def _one(self) -> "AuthSpec":
        ways = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(f"write one of {', '.join(type(self).model_fields)}")
        return self


def credentials(spec: AuthSpec, context: SourceContext) -> Credentials:
    """Their values are asked for when they are needed."""
    secret = context.secret
    if spec.bearer is not None:
        return Bearer(secret(spec.bearer))
    if spec.basic is not None:
        return Basic(secret(spec.basic.user), secret(spec.basic.password))
    if spec.api_key is not None:
        return ApiKey(spec.api_key.name, secret(spec.api_key.value), in_query=spec.api_key.in_ == "query")
    assert spec.oauth2 is not None  # it is one of them
    given = spec.oauth2
    return OAuth2(given.token_url, secret(given.client_id), secret(given.client_secret), given.scopes)
