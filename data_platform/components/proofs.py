"""What was found right when it was last looked at: an unchanged table is not checked again. Only what passed is kept,
so that a mistake is found anew each time, in the same words.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_platform import kept


class Proofs:
    """The findings in one file: those that were there, and those that this process used or made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = kept.read(path)
        self._used: dict[str, Any] = {}

    def once(self, find: Callable[[], Any], *of: Any) -> Any:
        """What `find()` gives, or gave before for equal `of`. Both are values that JSON can hold.

        `of` is all that `find` looks at, the name of the question first. What it raises is not kept.
        """
        key = kept.digest(*of)
        if key not in self._used:
            self._used[key] = self._known[key] if key in self._known else find()
        return self._used[key]

    def save(self) -> None:
        """Keeps what was used for the next process, and forgets the rest."""
        if self._used.keys() != self._known.keys():
            kept.write(self._path, self._used)
