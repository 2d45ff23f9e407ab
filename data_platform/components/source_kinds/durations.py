"""How long something is, as an author writes it: `3d`, `6h`, `90m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def duration(text: object) -> timedelta:
    """Raises ValueError for what is no number of days, hours or minutes."""
    if isinstance(text, timedelta):
        return text
    found = re.fullmatch(r"(\d{1,5})([dhm])", text, re.ASCII) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"'{text}' is no duration: write it like 3d, 6h or 90m")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(duration)]
