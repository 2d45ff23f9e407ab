"""The source kind `rest_api` in a dataset's YAML."""

from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from data_platform.components.source_kinds.context import SourceContext
from data_platform.components.source_kinds.durations import Duration
from data_platform.components.source_kinds.rest_auth import AuthSpec, credentials
from data_platform.components.source_kinds.rest_paging import At, PagingSpec, paging
from data_platform.components.templates import path_of, unset_variable
from data_platform.contracts.contract import Part
from data_platform.sources.patience import Patience
from data_platform.sources.rest.exchange import Quota
from data_platform.sources.rest.limits import Rate
from data_platform.sources.rest.rest_api import SAMPLE, RestApi
from data_platform.sources.rest.windows import Windows

# What such headers hold is a secret, and has no place in a file.
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key"}


class WindowSpec(Part):
    """Which parameters ask for a time, and how it is written: in UTC, or in a strftime form as local time."""

    since: str = Field(min_length=1)
    until: str | None = Field(None, min_length=1)
    format: str = "iso8601"
    overlap: Duration = timedelta(0)
    size: Duration | None = Field(None, gt=timedelta(0))
    closes_after: Duration | None = None

    @field_validator("format")
    @classmethod
    def _tells_a_time(cls, text: str) -> str:
        if text not in ("iso8601", "unix", "unix_ms") and "%" not in text:
            raise ValueError(f"'{text}' is no form of a time: write iso8601, unix, unix_ms or a form like %Y-%m-%d")
        return text


class RateLimitSpec(Part):
    """How often may be asked, and the headers that say how much of that is left."""

    requests: int | None = Field(None, ge=1)
    per: Duration | None = Field(None, gt=timedelta(0))
    remaining_header: str | None = Field(None, min_length=1)
    reset_header: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "RateLimitSpec":
        if (self.requests is None) != (self.per is None):
            raise ValueError("requests and per go together: {requests: 60, per: 1m}")
        if self.reset_header is not None and self.remaining_header is None:
            raise ValueError("reset_header says when remaining_header counts anew; write both")
        return self


class RestApiSpec(Part):
    """Records of an API, by windows of time or all at once."""

    base_url: str = Field(min_length=1)
    path: str = Field(pattern="^/")
    params: dict[str, str | int] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    auth: AuthSpec | None = None
    paging: PagingSpec | Literal["none"] = "none"
    records: At = ()
    total: At | None = None
    key: tuple[str, ...] = ()
    window: WindowSpec | None = None
    rate_limit: RateLimitSpec | None = None
    empty: tuple[int, ...] = ()
    timeout_seconds: float = Field(30.0, gt=0)
    attempts: int = Field(5, ge=1)
    max_wait_seconds: float = Field(120.0, gt=0)
    max_page_seconds: float = Field(300.0, gt=0)
    max_page_bytes: int = Field(64 * 1000**2, gt=0)
    max_bytes: int = Field(10 * 1000**3, gt=0)
    max_pages: int = Field(100_000, ge=1)

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in _SECRET_HEADERS:
                raise ValueError(f"the header {name} holds a secret; write it as `auth`, by the name of a variable")
        return headers


def rest_api(spec: RestApiSpec, context: SourceContext) -> RestApi:
    """Raises ContractError with the line of a mistake."""
    if (context.partitions is None) != (spec.window is None):
        repair = "write `window: {since: <parameter>, until: <parameter>}`" if context.partitions else "drop `window`"
        has = "has" if context.partitions else "has no"
        raise context.mistake(f"raw table '{context.table}' {has} partitions; {repair} for its API", "rest_api")
    with context.located("rest_api", "base_url"):
        unset = unset_variable(spec.base_url, context.installation.variables)
        base_url = "" if unset else _base(path_of(spec.base_url, context.installation.variables))
    oauth2 = None if spec.auth is None else spec.auth.oauth2
    if oauth2 is not None and base_url.startswith("https:") and oauth2.token_url.startswith("http:"):
        text = "token_url is without encryption, and the secret would be read on the way; write https://"
        raise context.mistake(text, "rest_api", "auth", "oauth2", "token_url")
    rate = spec.rate_limit or RateLimitSpec.model_validate({})
    return RestApi(
        base_url=base_url,
        path=spec.path,
        notes=context.installation.notes,
        service=context.installation.service,
        params={name: str(value) for name, value in spec.params.items()},
        headers=spec.headers,
        auth=None if spec.auth is None else credentials(spec.auth, context),
        paging=paging(spec.paging),
        records=spec.records,
        total=spec.total,
        key=spec.key,
        windows=_windows(spec.window, context),
        rate=Rate(rate.requests, rate.per.total_seconds()) if rate.requests and rate.per else None,
        quota=Quota(rate.remaining_header, rate.reset_header),
        patience=Patience(attempts=spec.attempts, longest_wait_seconds=spec.max_wait_seconds),
        timeout_seconds=spec.timeout_seconds,
        max_page_seconds=spec.max_page_seconds,
        max_page_bytes=spec.max_page_bytes,
        max_bytes=spec.max_bytes,
        max_pages=spec.max_pages,
        empty=frozenset(spec.empty),
        unset=unset,
    )


def _base(url: str) -> str:
    if url.startswith(SAMPLE) and Path(url.removeprefix(SAMPLE)).name == url.removeprefix(SAMPLE) != "":
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"the scheme is '{parts.scheme}', expected http://, https:// or sample://<dataset>")
    if "@" in parts.netloc or parts.query or parts.fragment:
        # Not repeated: it may hold a password.
        raise ValueError("user, password, query and fragment have no place here; write `auth` and `params`")
    return url.rstrip("/")


def _windows(spec: WindowSpec | None, context: SourceContext) -> Windows | None:
    if spec is None or context.partitions is None:
        return None
    return Windows(
        bounds=context.partitions.bounds,
        timezone=context.partitions.timezone,
        since=spec.since,
        until=spec.until,
        format=spec.format,
        overlap=spec.overlap,
        size=spec.size,
        closes_after=spec.closes_after,
    )
