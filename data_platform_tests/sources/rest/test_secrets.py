"""A planted secret is sent to the service, and shows nowhere else, whatever the service does with it."""

import logging
import traceback
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from data_platform.sources.errors import SourceError
from data_platform_tests.sources.rest.playing import AUTHS, CANARY, Api, Hook, Stage, uri


def _echo(text: str) -> str:
    return f'{{"error": "{text} {CANARY}"}}'


# What a service may do with the secret of a request: say it, in every place that there is.
ECHOES: dict[str, Hook] = {
    "in a 401": lambda *_: Response(_echo(""), 401, {"WWW-Authenticate": CANARY}),
    "in a 403": lambda *_: Response(_echo(""), 403),
    "in a 500": lambda *_: Response(_echo(""), 500, {"Retry-After": CANARY}),
    "in a page without records": lambda *_: Response(_echo("")),
    "in a total": lambda *_: JSONResponse({"data": [], "meta": {"total": CANARY}}),
    "in a cursor": lambda *_: JSONResponse({"data": [], "meta": {"total": 0, "next": {"to": CANARY}}}),
    "in a redirect": lambda _, request: RedirectResponse(f"http://{CANARY}.example/?{request.url.query}&k={CANARY}"),
    "in broken JSON": lambda *_: Response(f'{{"data": ["{CANARY}'),
    "in HTML": lambda *_: Response(f"<html><title>{CANARY}</title>"),
    "in a record on two pages": lambda number, _: JSONResponse(
        {"data": [{"id": CANARY}], "meta": {"total": 2, "next": str(number) if number % 2 else None}}
    ),
}


@pytest.mark.parametrize("auth", [name for name in AUTHS if name != "none"])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_secret_is_in_no_message_log_repr_or_file(
    stage: Stage, tmp_path: Path, auth: str, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = Api(auth=auth, hook=ECHOES[echo])
    source = stage.source(api, total=("meta", "total"), key=("id",))
    with source.connected() as connected, pytest.raises(SourceError) as told:
        connected.fetch(uri(source), tmp_path / "f")
    shown = [
        "".join(traceback.format_exception(told.value)),
        repr(source),
        source.shown,
        uri(source),
        *(record.getMessage() for record in caplog.records),
    ]
    assert api.asked
    assert CANARY not in "\n".join(shown)
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_secret_in_the_address_shows_in_no_fault_of_the_connection(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = stage.source(Api(auth="query"), base_url="http://127.0.0.1:9")
    with pytest.raises(SourceError) as told:
        source.look(uri(source))
    everything = "".join(traceback.format_exception(told.value)) + caplog.text
    assert CANARY not in everything
    assert told.value.__cause__ is None or CANARY not in repr(told.value.__cause__.__context__)


def test_a_token_service_that_says_the_secret_is_not_quoted(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async def token(_request: Request) -> Response:
        return JSONResponse({"access_token": None, "error": CANARY})

    api = Api(auth="oauth2")
    api.token = token  # type: ignore[method-assign,assignment] # this one says it
    source = stage.source(api)
    with pytest.raises(SourceError, match="asking for a token: the answer has no access_token") as told:
        source.look(uri(source))
    assert CANARY not in "".join(traceback.format_exception(told.value)) + caplog.text
