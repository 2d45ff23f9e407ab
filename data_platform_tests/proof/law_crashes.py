"""A crash at any call into the platform, from outside: the profiler's hook raises in the middle of what runs."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import data_platform

_PACKAGE = str(Path(data_platform.__file__).parent)


class Crash(Exception):  # noqa: N818 - it is named for what happens
    """An error that nobody expects."""


class Death(BaseException):
    """The end of the process, as near as it gets within one: what tidies up after errors does not see it."""


def crash_at(call: int, kind: type[BaseException], run: Callable[[], object]) -> bool:
    """Runs until the n-th call of one of the platform's functions, or its return, and raises there; whether it did."""
    left = call

    def hook(frame: FrameType, what: str, _: Any) -> None:
        nonlocal left
        if what in ("call", "return") and frame.f_code.co_filename.startswith(_PACKAGE):
            left -= 1
            if left == 0:
                raise kind(f"at {what} of {frame.f_code.co_qualname}")

    sys.setprofile(hook)
    try:
        run()
    except kind:
        return True
    finally:
        sys.setprofile(None)
    return False
