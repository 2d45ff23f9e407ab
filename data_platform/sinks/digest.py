"""Rows as one number, in whatever order they come and whoever holds them: equal numbers, equal rows."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_MODULUS = 1 << 128


class Digest:
    """Adds up rows: how many there were, and the sum of their hashes."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        self.rows += 1
        text = json.dumps([_text(value) for value in row])
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])) % _MODULUS

    @property
    def hash(self) -> str:
        return f"{self._sum:032x}"


def _text(value: Any) -> str | None:
    """One text for what is equal, whichever database gives it: `1.50` and `1.5` are one decimal."""
    if value is None:
        return None
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, float):
        return f"f{value + 0.0!r}"  # -0.0 is 0.0
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return "n" + (text.rstrip("0").rstrip(".") if "." in text else text) if value else "n0"
    if isinstance(value, datetime):
        return f"t{(value.astimezone(UTC) if value.tzinfo else value).isoformat()}"
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    if isinstance(value, bytes | memoryview):
        return f"x{bytes(value).hex()}"
    return f"n{value}" if isinstance(value, int) else f"s{value}"
