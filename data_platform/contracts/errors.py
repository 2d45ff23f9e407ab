"""What is wrong in an author's file, told so that it can be mended without reading our code."""

import difflib
from collections.abc import Iterable
from pathlib import Path

_MOST_NAMES = 40


class ContractError(ValueError):
    """A mistake in a dataset's YAML: `path:line: what is wrong and what to do`."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


def nearest(name: str, valid: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the closest valid name, or the valid names when none is close and they are few."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (valid: {', '.join(names)})" if 0 < len(names) <= _MOST_NAMES else ""
