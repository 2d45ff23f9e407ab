"""Who we are to an API. The headers are dlt's; a token is fetched once, and again when it expires or is not taken."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from data_platform.sources.errors import PermanentSourceError
from data_platform.sources.rest.exchange import Answer, Exchange

Secret = Callable[[], str]
# A token is not used in its last seconds: the request takes some.
_SPARE_SECONDS = 5.0
_USUAL_SECONDS = 3600


@dataclass(frozen=True)
class Bearer:
    """A token that does not change."""

    token: Secret = field(repr=False)


@dataclass(frozen=True)
class Basic:
    """User and password."""

    user: Secret = field(repr=False)
    password: Secret = field(repr=False)


@dataclass(frozen=True)
class ApiKey:
    """A key in a header or a parameter of a name."""

    name: str
    value: Secret = field(repr=False)
    in_query: bool = False


@dataclass(frozen=True)
class OAuth2:
    """OAuth 2 client credentials. token_url: an address, or a path at the service's own."""

    token_url: str
    client_id: Secret = field(repr=False)
    client_secret: Secret = field(repr=False)
    scopes: Sequence[str] = ()


Credentials = Bearer | Basic | ApiKey | OAuth2


def authenticator(credentials: Credentials | None) -> Any:
    """What requests calls with each request, None for a service that wants nobody's name. OAuth2 has `Tokens`.

    Raises SourceError for a secret that is not set.
    """
    # Here and not above: dlt takes a second of each start, and only what asks an API needs it.
    from dlt.sources.helpers.rest_client import auth

    if isinstance(credentials, Bearer):
        return auth.BearerTokenAuth(token=credentials.token())
    if isinstance(credentials, Basic):
        return auth.HttpBasicAuth(credentials.user(), credentials.password())
    if isinstance(credentials, ApiKey):
        where: Literal["query", "header"] = "query" if credentials.in_query else "header"
        return auth.APIKeyAuth(name=credentials.name, api_key=credentials.value(), location=where)
    return None


class Tokens:
    """The token of OAuth 2 client credentials, shared by all threads that ask."""

    def __init__(self, credentials: OAuth2) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()
        self._token: str | None = None
        self._ends = 0.0

    def current(self, exchange: Exchange, where: str) -> Any:
        """What requests calls with each request; fetches a token where there is none that holds."""
        from dlt.sources.helpers.rest_client.auth import BearerTokenAuth

        with self._lock:
            if self._token is None or time.monotonic() >= self._ends:
                self._token = self._fetched(exchange, where)
            return BearerTokenAuth(token=self._token)

    def refused(self, used: Any) -> None:
        """The service did not take a token: it is not used again."""
        with self._lock:
            if self._token == used.token:
                self._token = None

    def _fetched(self, exchange: Exchange, where: str) -> str:
        import requests

        given = self._credentials
        url = given.token_url
        if url.startswith("/"):
            url = exchange.base.rstrip("/") + url
        fields = {
            "grant_type": "client_credentials",
            "client_id": given.client_id(),
            "client_secret": given.client_secret(),
        }
        if given.scopes:
            fields["scope"] = " ".join(given.scopes)
        request = requests.Request("POST", url, data=fields, headers={"Accept": "application/json"})
        answer = exchange.send(request, f"{where}: asking for a token", auth=None)
        token, lasts = _told(answer)
        if token is None:
            text = "asking for a token: the answer has no access_token. Check token_url and the credentials"
            raise PermanentSourceError(f"{where}: {text}.")
        self._ends = time.monotonic() + max(0.0, lasts - _SPARE_SECONDS)
        return token


def _told(answer: Answer | str) -> tuple[str | None, float]:
    """The token, None where there is none, and for how many seconds it holds."""
    if not isinstance(answer, Answer) or answer.body is None:
        return None, 0
    try:
        found = json.loads(answer.body)
        token = found["access_token"]
        lasts = float(found.get("expires_in", _USUAL_SECONDS))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None, 0
    return (token if isinstance(token, str) and token else None), lasts
