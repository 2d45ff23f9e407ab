"""Which received file is behind `_source_file`, as its source called it."""

from dataclasses import dataclass
from datetime import datetime

from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.planning.catalog import RawTable
from data_platform.planning.versions import Versions
from data_platform.sources.address import redact


@dataclass(frozen=True)
class Origin:
    """A received file: where it came from (without secrets), for which partition, and when its bytes first came."""

    table: TableName
    partition: str
    uri: str
    received_at: datetime


class Origins:
    """The received files of all raw tables by what rows have in `_source_file`, for one question."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._raw = {str(table.name): table.name for table in versions.catalog if isinstance(table, RawTable)}
        self._by_key: dict[TableName, dict[str, list[Sighting]]] = {}

    def of(self, partition: str, source_file: str) -> Origin | None:
        """The file behind the rows that a table's partition has under this name; None if no raw table received it.

        Equal bytes are one file in the lake, whoever had them: the sighting for the rows' own partition is meant, and
        of several the last.
        """
        key = file_key(source_file)
        place = source_file[len(key) + 1 :]
        name = self._raw.get("/".join(key.split("/")[:2]))
        seen = [] if name is None else self._seen(name).get(key, [])
        own = [one for one in seen if f"{one.partition}/{one.slot}" == place]
        found = own or [one for one in seen if one.partition == partition] or seen
        if name is None or not found:
            return None
        last = max(found, key=lambda sighting: sighting.sequence)
        first = min(one.seen_at for one in found if one.slot == last.slot)
        return Origin(name, last.partition, redact(last.uri), first)

    def _seen(self, name: TableName) -> dict[str, list[Sighting]]:
        if name not in self._by_key:
            found: dict[str, list[Sighting]] = {}
            for sighting in self._versions.sightings(name).all():
                if sighting.key is not None:
                    found.setdefault(sighting.key, []).append(sighting)
            self._by_key[name] = found
        return self._by_key[name]


def file_key(source_file: str) -> str:
    """The lake key in a `_source_file`, which may tell as well for which partition and slot the bytes are read."""
    return source_file.partition("@")[0]
