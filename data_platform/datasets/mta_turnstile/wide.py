"""A line of the layout before 2014-10-18: a turnstile, then up to eight readings one behind the other."""

from collections.abc import Sequence

COLUMNS: tuple[str, ...] = ("C/A", "UNIT", "SCP", "DATE", "TIME", "DESC", "ENTRIES", "EXITS")
_TURNSTILE, _READING = COLUMNS[:3], COLUMNS[3:]


def parse(line: str) -> Sequence[Sequence[str | None]]:
    """The readings of a line, in its order, as texts under `COLUMNS`; an empty field is None, blanks stay.

    Raises ValueError for a line that does not end with a whole reading: which field is which is then a guess.
    """
    fields = [field or None for field in line.rstrip("\r\n").split(",")]
    turnstile, rest = fields[: len(_TURNSTILE)], fields[len(_TURNSTILE) :]
    if not rest or len(rest) % len(_READING):
        expected = f"{len(_TURNSTILE)} for the turnstile and {len(_READING)} for each reading ({','.join(COLUMNS)})"
        raise ValueError(f"{len(fields)} fields, expected {expected}")
    starts = range(0, len(rest), len(_READING))
    return [turnstile + rest[start : start + len(_READING)] for start in starts]
