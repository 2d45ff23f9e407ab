"""A source that gives up soon, and bytes to ask it for."""

from typing import Any

from data_platform.sources.http_file import HttpFile

BODY = bytes(range(256)) * 1000


def impatient(url: str, **settings: Any) -> HttpFile:
    """Three tries, hardly a wait between them."""
    return HttpFile(url, **{"attempts": 3, "first_wait_seconds": 0.001, "jitter_seconds": 0.0, **settings})
