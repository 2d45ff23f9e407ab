"""How pages write figures, sizes, times and first sentences: the filters of the templates."""

import re
from datetime import UTC, datetime

_SENTENCE = re.compile(r"(.+?[.!?])(\s|$)", re.DOTALL)
_LONGEST = 140


def number(value: int | None) -> str:
    """A count with separators; nothing for None."""
    return "" if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Bytes in the unit that keeps one to three digits before the point; nothing for None."""
    if value is None:
        return ""
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{value} B" if unit == "B" else f"{amount:.1f} {unit}" if amount < 99.95 else f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def utc(at: datetime) -> str:
    """To the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def iso(at: datetime) -> str:
    """As scripts read it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def first_sentence(text: str) -> str:
    """The first sentence of a description, cut where it is long."""
    found = _SENTENCE.match(text)
    sentence = found[1] if found else text
    return sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST].rsplit(' ', 1)[0]} …"
