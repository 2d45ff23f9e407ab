"""The version of a partition: a fingerprint of what it was made from. Equal inputs and code give equal versions."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from data_platform.engines.duckdb import version as engine_version
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sightings
from data_platform.lake.tables import UNPARTITIONED, Snapshot
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable
from data_platform.sql.syntax import normalised

# Changes when the same rows would be written differently (hidden columns, file options).
WRITE_FORMAT = "1"
_NOT_DATA = {"description", "owners", "personal", "unit"}


class Versions:
    """The versions of all partitions of all stored tables, read from the lake once and kept for one question."""

    def __init__(self, catalog: Catalog, lake: Lake) -> None:
        self.catalog = catalog
        self.lake = lake
        self._sightings: dict[TableName, Sightings] = {}
        self._tables: dict[TableName, Snapshot] = {}

    def of(self, name: TableName) -> Mapping[str, str]:
        """Partition → version: of raw tables what is received, of models the last commit's fingerprint."""
        if isinstance(self.catalog.tables[name], RawTable):
            sightings = self.sightings(name)
            return {key: version for key in sightings.partitions() if (version := sightings.data_version(key))}
        return {key: state.fingerprint for key, state in self.snapshot(name).partitions.items()}

    def sightings(self, name: TableName) -> Sightings:
        """The ledger of a raw table as it was when this question first looked."""
        if name not in self._sightings:
            self._sightings[name] = self.lake.ledger(name.table).read()
        return self._sightings[name]

    def snapshot(self, name: TableName) -> Snapshot:
        """A built table as it was when this question first looked."""
        if name not in self._tables:
            self._tables[name] = self.lake.table(name).snapshot()
        return self._tables[name]


def code_version(catalog: Catalog, table: ModelTable) -> str:
    """What computes a table, as a sha256: its SQL (and its views'), its contract, raw columns, engine and format.

    Comments, white space, descriptions, owners and units do not count.
    """
    views = [*catalog.views(table.reads), table]
    raw = {str(name): _columns(catalog.raw(name)) for name in catalog.stored(table.reads) if name.layer == "raw"}
    parts = [[_code(view), _promise(view)] for view in views]
    return _sha([parts, raw, engine_version(), WRITE_FORMAT])


def _code(table: ModelTable) -> Any:
    if isinstance(table.model, PythonModel):
        return [table.model.text, dict(table.model.packages)]
    return normalised(table.model.text)


def _promise(table: ModelTable) -> Any:
    return _without(table.contract.model_dump(mode="json"))


def _columns(raw: RawTable) -> Any:
    return {name: _without(column.model_dump(mode="json")) for name, column in raw.columns.items()}


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(part) for key, part in value.items() if key not in _NOT_DATA}
    return [_without(part) for part in value] if isinstance(value, list) else value


def fingerprint(code: str, inputs: Mapping[str, str]) -> str:
    """15 hexadecimal digits (60 bits: they fit a Delta transaction's version) of code and input versions."""
    return _sha([code, dict(inputs)])[:15]


def combined(versions: Mapping[str, str]) -> str:
    """The version of several partitions read as one."""
    return _sha(dict(versions))[:15]


def _sha(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def input_partitions(
    table: ModelTable, partition: str, read: RawTable | ModelTable, present: Mapping[str, str]
) -> list[str]:
    """Which partitions of an input a partition reads: its own, the only one, or all that are there.

    Empty when the input had not begun at that time (green taxis before August 2013).
    """
    if read.partitions is None:
        return [UNPARTITIONED]
    if table.partitions is None:
        return sorted(present)
    return [partition] if read.partitions.has(partition) else []
