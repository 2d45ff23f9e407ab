"""The version of a partition: a fingerprint of what it was made from. Equal inputs and code give equal versions."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from data_platform.contracts.contract import ColumnSpec, Mask, PersonalKind
from data_platform.contracts.raw import RawColumn
from data_platform.engines.duckdb import version as engine_version
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sightings
from data_platform.lake.tables import UNPARTITIONED, Snapshot
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable

# Changes when the same rows would be written differently (hidden columns, file options).
WRITE_FORMAT = "2"
# What changes no row: it is told to people, or says where rows go. Masks count where they are applied before the
# commit.
_TOLD = {"description", "owners", "arithmetic", "privacy", "lineage", "sink"}
_TOLD_OF_AUDIT = {"max_rejection_age_days"}
_TOLD_OF_COLUMN = {"description", "semantic", "unit", "per", "pii", "mask"}


class Versions:
    """The versions of all partitions of all stored tables, read from the lake once and kept for one question."""

    def __init__(self, catalog: Catalog, lake: Lake, known: Mapping[str, str] | None = None) -> None:
        """`known`: the marks of a question before (see `marks`)."""
        self.catalog = catalog
        self.lake = lake
        self.marks: dict[TableName, str] = {}
        """Where each log ended before it was read here, if it was."""
        self._known = known or {}
        self._sightings: dict[TableName, Sightings] = {}
        self._snapshots: dict[TableName, Snapshot] = {}
        self._versions: dict[TableName, Mapping[str, str]] = {}

    def of(self, name: TableName) -> Mapping[str, str]:
        """Partition → version: of raw tables what is received, of models the last commit's fingerprint.

        Partitions that the table no longer has (a later `start`, other partitions) stay in the lake, out of sight.
        """
        if name not in self._versions:
            table = self.catalog.tables[name]
            found = self._of_raw(name) if isinstance(table, RawTable) else self._of_model(name)
            self._versions[name] = {key: version for key, version in found.items() if _has(table, key)}
        return self._versions[name]

    def mark(self, name: TableName) -> str:
        """Where the log of a table, or of the ledger of a raw one, ended when this question first looked."""
        if name not in self.marks:
            is_raw = isinstance(self.catalog.tables[name], RawTable)
            log = self.lake.ledger(name.table) if is_raw else self.lake.table(name)
            self.marks[name] = log.mark(self._known.get(str(name), ""))
        return self.marks[name]

    def sightings(self, name: TableName) -> Sightings:
        """The ledger of a raw table as it was when this question first looked."""
        if name not in self._sightings:
            self.mark(name)
            self._sightings[name] = self.lake.ledger(name.table).read()
        return self._sightings[name]

    def snapshot(self, name: TableName) -> Snapshot:
        """A built table as it was when this question first looked."""
        if name not in self._snapshots:
            self.mark(name)
            self._snapshots[name] = self.lake.table(name).snapshot()
        return self._snapshots[name]

    def code(self, table: ModelTable) -> str:
        """What computes a table in this lake now."""
        return code_version(self.catalog, table, self.lake.hashed_with)

    def _of_raw(self, name: TableName) -> dict[str, str]:
        sightings = self.sightings(name)
        return {key: version for key in sightings.partitions() if (version := sightings.data_version(key))}

    def _of_model(self, name: TableName) -> dict[str, str]:
        return {key: state.fingerprint for key, state in self.snapshot(name).partitions.items()}


def _has(table: RawTable | ModelTable, key: str) -> bool:
    return key == UNPARTITIONED if table.partitions is None else table.partitions.has(key)


def code_version(catalog: Catalog, table: ModelTable, hashed_with: Callable[[], str] = str) -> str:
    """What computes a table, as a sha256: its SQL (and its views'), its contract, raw columns, engine and format; and
    the key that it is `hashed_with`, where its contract has it hash anything.

    Comments, white space, descriptions, owners, what columns mean and where they come from do not count.
    """
    views = [*catalog.views(table.reads), table]
    reads = [catalog.tables[name] for name in catalog.stored(table.reads)]
    raw = {str(read.name): _columns(read.columns) for read in reads if isinstance(read, RawTable)}
    parts = [[_code(view), _promise(view)] for view in views]
    key = [hashed_with()] if any(mask == "hash" for _, mask in _masks(table).values()) else []
    return _sha([parts, raw, engine_version(), WRITE_FORMAT, *key])


def _masks(table: ModelTable) -> dict[str, tuple[PersonalKind | None, Mask]]:
    """What is masked before the commit, and of which kind it is: staged tables are masked when they are published."""
    columns = table.contract.columns.items() if table.name.layer == "curated" else ()
    return {name: (spec.pii, spec.mask) for name, spec in columns if spec.mask is not None}


def _code(table: ModelTable) -> Any:
    if isinstance(table.model, PythonModel):
        modules = [dict(table.model.modules)] if table.model.modules else []
        return [table.model.text, dict(table.model.packages), *modules]
    return table.model.normalised


def _promise(table: ModelTable) -> Any:
    exclude: dict[str, Any] = {**dict.fromkeys((*_TOLD, "columns"), True), "audit": _TOLD_OF_AUDIT}
    if not table.contract.reads:
        # What was added to contracts later and is not written in one leaves its version as it was.
        exclude["reads"] = True
    if all(rule.warn is None for rule in table.contract.rules):
        exclude["rules"] = {"__all__": {"warn"}}
    promised = table.contract.model_dump(mode="json", exclude=exclude)
    columns = _columns(table.contract.columns)
    for name, spec in table.contract.columns.items():
        if spec.is_finite:  # all that a meaning adds to what is checked
            columns[name]["finite"] = True
    for name, masked in _masks(table).items():
        columns[name]["masked"] = masked
    return [promised, columns]


def _columns(columns: Mapping[str, ColumnSpec] | Mapping[str, RawColumn]) -> Any:
    return {name: column.model_dump(mode="json", exclude=_TOLD_OF_COLUMN) for name, column in columns.items()}


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

    Neighbours that its contract `reads` beside its own are read where they are `present`, and not waited for.
    Empty when the input had not begun at that time (green taxis before August 2013).
    """
    if read.partitions is None:
        return [UNPARTITIONED]
    if table.partitions is None:
        return sorted(present)
    if not read.partitions.has(partition):
        return []
    neighbours = (table.partitions.shifted(partition, offset) for offset in table.offsets(read.name))
    return [key for key in neighbours if key == partition or key in present]
