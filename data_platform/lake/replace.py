"""Replacing partitions: what is checked before a commit, what is compared at it, and the actions it is made of."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deltalake.transaction import AddAction

from data_platform.lake import schema, stats
from data_platform.lake.commit import Change, DeltaFolder
from data_platform.lake.errors import LakeError, PartitionMoved
from data_platform.lake.log import Log, Version
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.storage import Storage
from data_platform.lake.tables import Base, Rows, WrittenFile, data_folder, last_versions

_FINGERPRINT = re.compile(r"[0-9a-f]{15}")


@dataclass(frozen=True)
class Replacement:
    """All partitions of `base`, to be replaced by `files`; see LakeTable.commit."""

    table: TableName
    base: Base
    files: Sequence[WrittenFile]
    columns: Sequence[Column]
    fingerprints: Mapping[str, str]
    provenance: Mapping[str, Any]
    rows: Rows | None = None


def replace_partitions(storage: Storage, new: Replacement) -> Version:
    """One commit, or one of LakeTable.commit's errors and no change."""
    _refuse_bad_files(storage, new)
    _refuse_bad_fingerprints(new)
    fields = schema.fields(str(new.table), new.columns)
    folder = DeltaFolder(storage, str(new.table), partitioned=True)
    _refuse_moved(folder.log(), new)
    folder.ensure(fields)
    change = _change(new, {field["name"]: field["type"] for field in fields})

    def attempt(log: Log) -> Change:
        _refuse_moved(log, new)
        return change

    return folder.commit(attempt)


def _change(new: Replacement, types: Mapping[str, schema.DeltaType]) -> Change:
    return Change(
        adds=[_add_action(new.table, file, types) for file in new.files],
        replaces=new.base.partitions,
        transactions={f"p/{p}": int(fingerprint, 16) for p, fingerprint in new.fingerprints.items()},
        note={
            "partitions": list(new.base.partitions),
            "fingerprints": dict(new.fingerprints),
            "provenance": dict(new.provenance),
        },
    )


def _add_action(table: TableName, file: WrittenFile, types: Mapping[str, schema.DeltaType]) -> AddAction:
    return AddAction(
        path=file.key.removeprefix(f"{table}/"),
        size=file.bytes,
        partition_values={"_partition": file.partition, "_rejected": str(file.rejected).lower()},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=stats.add_stats(file.rows, file.stats, types),
    )


def _refuse_moved(log: Log | None, new: Replacement) -> None:
    for partition, theirs in last_versions(log, new.base.partitions).items():
        ours = new.base.versions[partition]
        if theirs != ours:
            raise PartitionMoved(str(new.table), partition, base=ours, theirs=theirs)


def _refuse_bad_files(storage: Storage, new: Replacement) -> None:
    if len({file.key for file in new.files}) != len(new.files):
        raise LakeError(f"{new.table}: a file is named twice in one commit, its rows would count double")
    if new.rows is not None and Rows.of(new.files) != new.rows:
        raise LakeError(f"{new.table}: the files to commit hold {Rows.of(new.files)}, the account {new.rows}")
    for file in new.files:
        if file.partition not in new.base.versions:
            raise LakeError(f"{file.key}: is of partition '{file.partition}', but {new.base.partitions} were begun")
        if not file.key.startswith(data_folder(new.table, file.partition, rejected=file.rejected) + "/"):
            raise LakeError(f"{file.key}: not where {new.table} keeps [{file.partition}], rejected={file.rejected}")
        stored = storage.stat(file.key)
        if stored is None or stored.bytes != file.bytes:
            found = "is not there" if stored is None else f"has {stored.bytes} bytes"
            raise LakeError(f"{file.key}: {found}, expected {file.bytes} bytes. Nothing was committed; run again.")


def _refuse_bad_fingerprints(new: Replacement) -> None:
    if set(new.fingerprints) != set(new.base.versions):
        raise LakeError(f"{new.table}: fingerprints of {set(new.fingerprints)}, expected {set(new.base.versions)}")
    for partition, fingerprint in new.fingerprints.items():
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise LakeError(f"{new.table} [{partition}]: fingerprint '{fingerprint}', expected 15 hex digits")
