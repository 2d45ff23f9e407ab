"""Messages over personal data: what may be told when something goes wrong, without the values that went wrong."""

import contextlib
import io
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import duckdb

from data_platform.privacy.detectors import replaced
from data_platform.sources.errors import Refused

HIDDEN = "…"
# What they tell is of the statement and the machine, never of a value.
_HARMLESS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.HTTPException,
)
_QUOTED = re.compile(
    r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*\"|«[^»]*»|“[^”]*”""",
    re.DOTALL,
)


def without_values(reason: str, error: BaseException | None, *, keep: str = "") -> str:
    """A reason without what it quotes, and without the words of the `error` behind it; `keep` is a name that stays.

    What is told of a file quotes its values: names where there is no header, the line that cannot be read.
    """
    head, name, rest = reason.partition(keep) if keep else ("", "", reason)
    for cause in _causes(error):
        if str(cause) and not isinstance(cause, Refused):  # which is our own words
            rest = rest.replace(str(cause), HIDDEN)
    return head + name + replaced(_QUOTED.sub(HIDDEN, rest))


def engine_error(error: duckdb.Error) -> str:
    """What of DuckDB's message may be told: its kind, where the rest may quote a value."""
    if isinstance(error, _HARMLESS):
        return str(error)
    kind = type(error).__name__.removesuffix("Exception")
    return (
        f"{kind} error, whose message may quote personal data and is not shown. Run the SELECT over the lake to see it"
    )


def model_error(error: BaseException, path: Path) -> str:
    """Which error a Python model raised, and where in its file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    at = f"{path}:{lines[-1]}" if lines else str(path)
    return f"{at}: raised {type(error).__name__}, whose message may quote personal data and is not shown"


@contextlib.contextmanager
def unheard() -> Iterator[io.StringIO]:
    """What is printed inside goes to nobody: logs are kept, and a model that prints its rows would be in them."""
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        yield heard


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
