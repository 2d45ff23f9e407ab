"""Windows that were looked at after they had closed: what they have then is final, and is not asked for again.

A window that was received before, and has not changed since, leaves no sighting that says so. What is noted here may be
lost at any time, and costs one more look.
"""

from datetime import datetime
from pathlib import Path

from data_platform import kept
from data_platform.lake.sightings import Sighting
from data_platform.sources.slot import Place, Version


class Closed:
    """The versions that places had at or after their closing, by address."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, str] | None = None
        self._new: dict[str, str] = {}

    def has(self, place: Place, last: Sighting) -> bool:
        """Whether a place was seen to stay in the version that was received of it."""
        if self._known is None:
            self._known = dict(kept.read(self._path)) if self._path else {}
        return self._known.get(place.uri) == last.version

    def note(self, place: Place, seen: Version, now: datetime) -> None:
        """What a look found."""
        if place.closes is not None and place.closes <= now:
            self._new[place.uri] = seen.text

    def save(self) -> None:
        """Keeps what was noted for the next question."""
        if self._path is not None and self._new:
            kept.write(self._path, {**kept.read(self._path), **self._new})
