"""The tables of which nothing was stale when they were last looked at, and at which logs: while these have not moved,
they need not be looked at again. The logs stay the truth: a mark says where one ended, and is compared with the store.
"""

from pathlib import Path

from data_platform import kept
from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.versions import Versions


class Settled:
    """What is kept at `path` (None: nothing), for one question. `versions` begins from the marks that it has."""

    def __init__(self, catalog: Catalog, path: Path | None) -> None:
        self._catalog = catalog
        self._path = path
        found = {} if path is None else kept.read(path)
        self.marks: dict[str, str] = found.get("marks", {})
        self._states: dict[str, str] = found.get("states", {})
        self._before = dict(self._states)

    def state(self, table: ModelTable, code: str, versions: Versions) -> str:
        """All that decides whether anything of a table is stale. Taken before the logs are read: what comes in
        between makes a newer state, which is looked at again.
        """
        names = (table.name, *self._catalog.stored(table.reads))
        tables = [(str(name), repr(self._catalog.tables[name].partitions), versions.mark(name)) for name in names]
        return kept.digest(code, versions.lake.storage.delta_uri(""), tables)

    def holds(self, name: TableName, state: str) -> bool:
        return self._states.get(str(name)) == state

    def add(self, name: TableName, state: str) -> None:
        self._states[str(name)] = state

    def save(self, versions: Versions) -> None:
        """Keeps the tables that the catalog still has."""
        if self._path is None or self._states == self._before:
            return
        known = {str(name) for name in self._catalog.tables}
        marks = self.marks | {str(name): mark for name, mark in versions.marks.items()}
        kept.write(
            self._path,
            {
                "marks": {name: mark for name, mark in marks.items() if name in known},
                "states": {name: state for name, state in self._states.items() if name in known},
            },
        )
