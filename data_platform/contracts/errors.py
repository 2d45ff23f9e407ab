"""What is wrong in an author's file, told so that it can be mended without reading our code."""

import difflib
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_MOST_NAMES = 40
_LONGEST_VALUE = 80


class ContractError(ValueError):
    """A mistake in a dataset's YAML: `path:line: what is wrong and what to do`."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class Mistakes(ValueError):  # noqa: N818 - several errors, told as one
    """Several mistakes in authors' files, a line each."""

    def __init__(self, found: Sequence[ValueError]) -> None:
        self.lines = tuple(dict.fromkeys(line for mistake in found for line in _lines(mistake)))
        super().__init__("\n".join((f"{len(self.lines)} mistakes", *self.lines)))


class Gathering:
    """Goes on after a mistake, so that all of them are told at once. `kinds` are those that it may go on after."""

    def __init__(self, *kinds: type[ValueError]) -> None:
        self._kinds: tuple[type[ValueError], ...] = (Mistakes, ContractError, *kinds)
        self._found: list[ValueError] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """What stands inside ends with its first mistake; what follows is still looked at."""
        try:
            yield
        except self._kinds as mistake:
            self._found.append(mistake)

    def tell(self) -> None:
        """Raises the mistake that was made, or Mistakes when there are several."""
        # What is found again on another way is one mistake.
        found = list({str(mistake): mistake for mistake in self._found}.values())
        if len(found) == 1:
            raise found[0]
        if found:
            raise Mistakes(found)


def _lines(mistake: ValueError) -> Sequence[str]:
    return mistake.lines if isinstance(mistake, Mistakes) else [str(mistake)]


def shown(value: object) -> str:
    """A value as it may stand in a message: YAML's aliases make a page of gigabytes out of ten lines."""
    text = "nothing" if value is None else _shortened.repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


_shortened = reprlib.Repr()
_shortened.maxstring = _shortened.maxother = _LONGEST_VALUE


def nearest(name: str, valid: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the closest valid name, or the valid names when none is close and they are few."""
    names = sorted(valid)
    close = closest(name, names)
    if close is not None:
        return f" (did you mean '{close}'?)"
    return f" (valid: {', '.join(names)})" if 0 < len(names) <= _MOST_NAMES else ""


def closest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that is most like this one; None when none is close."""
    return next(iter(difflib.get_close_matches(name, sorted(valid), n=1, cutoff=0.6)), None)
