"""Reading Delta logs: what each version of a table added, removed and said about itself.

The platform's own tables keep their whole log, so it is simply replayed; the process remembers what it
has read and reads only newer versions. Nothing here writes.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from data_platform.lake.errors import DamagedLog, NewerFormat, NoSuchVersion
from data_platform.lake.storage import Storage, StoredFile

METADATA_KEY = "data_platform"
LOG_FOLDER = "_delta_log"
# What a reader must understand of a table of ours; anything else would change which rows it has.
_READER_FEATURES = {"timestampNtz"}
_VERSION_FILE = re.compile(r"/\d{20}\.json$")


@dataclass(frozen=True)
class LoggedFile:
    """A data file as the log names it: `key` in the lake, and its partition values if the table has any."""

    key: str
    partition: str | None
    rejected: bool


@dataclass(frozen=True)
class Version:
    """One commit of a Delta log. `note` is what the platform wrote into it, None for anybody else's commit.

    `at` never runs backwards along the log, whatever the clocks of the writers did.
    """

    number: int
    at: datetime
    adds: tuple[LoggedFile, ...]
    removes: tuple[str, ...]
    transactions: Mapping[str, int]
    fields: tuple[Mapping[str, Any], ...] | None
    note: Mapping[str, Any] | None


@dataclass(frozen=True, eq=False)
class Log:
    """A table's log up to a version: an immutable snapshot. Never empty."""

    versions: tuple[Version, ...]

    @property
    def version(self) -> int:
        return self.versions[-1].number

    def upto(self, number: int) -> "Log":
        """The log as it was at a version. Raises NoSuchVersion."""
        if not 0 <= number <= self.version:
            raise NoSuchVersion(f"there is no version {number}: the table has versions 0 to {self.version}")
        return Log(self.versions[: number + 1])

    @cached_property
    def live(self) -> Mapping[str, LoggedFile]:
        """The files that make up the table, by key, in the order in which they came."""
        files: dict[str, LoggedFile] = {}
        for version in self.versions:
            for key in version.removes:
                files.pop(key, None)
            files.update((file.key, file) for file in version.adds)
        return files

    @cached_property
    def fields(self) -> tuple[Mapping[str, Any], ...]:
        """The columns in Delta's JSON form, partition columns included."""
        return next((version.fields for version in reversed(self.versions) if version.fields is not None), ())

    @cached_property
    def touched(self) -> Mapping[str, Version]:
        """Per partition the last of the platform's commits that replaced it."""
        return {p: version for version in self.versions if version.note for p in version.note.get("partitions", ())}

    def transaction(self, app_id: str) -> int | None:
        """The number that the last commit with this app transaction carried."""
        return next((v.transactions[app_id] for v in reversed(self.versions) if app_id in v.transactions), None)

    def find(self, commit_id: str) -> Version | None:
        """The commit that carries this id, looked for from the newest down."""
        return next((v for v in reversed(self.versions) if v.note and v.note.get("commit") == commit_id), None)


# By log folder: the file that began the log when we read it, to notice a table that was deleted and made anew.
_known: dict[str, tuple[StoredFile, Log]] = {}
_lock = threading.Lock()


def read_log(storage: Storage, folder: str) -> Log | None:
    """The whole log of the table in `folder` as of now, None if there is no table.

    Costs one stat and one failed read when nothing has changed since this process read it last.
    Raises DamagedLog when the log's beginning has been deleted.
    """
    beginning = storage.stat(version_key(folder, 0))
    if beginning is None:
        _refuse_damage(storage, folder)
        return None
    with _lock:
        before, known = _known.get(storage.delta_uri(folder), (None, None))
        old = known.versions if known is not None and before == beginning else ()
        new = tuple(_newer(storage, folder, old[-1] if old else None))
        if old and not new:
            return known
        log = Log(old + new)
        _known[storage.delta_uri(folder)] = (beginning, log)
        return log


def mark(storage: Storage, folder: str, known: str = "") -> str:
    """Where a log ends, as a text to compare with later ones; "" where there is no table.

    Two stats and a look for a newer version while it ends where `known` says; else the log is read.
    """
    if known:
        number = int(known.partition(" ")[0])
        if _seen(storage, folder, number) == known and not storage.exists(version_key(folder, number + 1)):
            return known
    log = read_log(storage, folder)
    return "" if log is None else _seen(storage, folder, log.version)


def _seen(storage: Storage, folder: str, number: int) -> str:
    """The beginning of a log and one of its versions, as the store has them: of a log that was begun anew, others."""
    files = (storage.stat(version_key(folder, version)) for version in (0, number))
    return f"{number} {' '.join(f'{file.bytes}@{file.modified_at.isoformat()}' if file else '-' for file in files)}"


def _refuse_damage(storage: Storage, folder: str) -> None:
    later = [file for file in storage.list(f"{folder}/{LOG_FOLDER}") if _VERSION_FILE.search(file.key)]
    # Looked at again, since the table may just have been created.
    if later and not storage.exists(version_key(folder, 0)):
        raise DamagedLog(
            f"{folder}: version 0 is missing from {folder}/{LOG_FOLDER}. The platform needs the whole log "
            "(it sets delta.enableExpiredLogCleanup=false); restore the files, or move the folder away to rebuild."
        )


def _newer(storage: Storage, folder: str, last: Version | None) -> Iterator[Version]:
    number = last.number + 1 if last else 0
    at = last.at if last else datetime.min.replace(tzinfo=UTC)
    while (content := storage.read(version_key(folder, number))) is not None:
        version = _parse(folder, number, content, not_before=at)
        yield version
        number, at = number + 1, version.at


def version_key(folder: str, number: int) -> str:
    """The file of one version."""
    return f"{folder}/{LOG_FOLDER}/{number:020d}.json"


def _parse(folder: str, number: int, content: bytes, *, not_before: datetime) -> Version:
    at, note, fields = not_before, None, None
    adds, removes, transactions = [], [], {}
    for line in content.splitlines():
        action: dict[str, Any] = json.loads(line)
        if add := action.get("add"):
            values = add["partitionValues"]
            adds.append(
                LoggedFile(_key(folder, add["path"]), values.get("_partition"), values.get("_rejected") == "true")
            )
        elif remove := action.get("remove"):
            removes.append(_key(folder, remove["path"]))
        elif transaction := action.get("txn"):
            transactions[transaction["appId"]] = transaction["version"]
        elif metadata := action.get("metaData"):
            fields = tuple(json.loads(metadata["schemaString"])["fields"])
        elif protocol := action.get("protocol"):
            _check_protocol(folder, protocol)
        elif info := action.get("commitInfo"):
            at = max(at, _moment(info["timestamp"]))
            note = json.loads(info[METADATA_KEY]) if METADATA_KEY in info else None
    return Version(number, at, tuple(adds), tuple(removes), transactions, fields, note)


def _check_protocol(folder: str, protocol: Mapping[str, Any]) -> None:
    unknown = sorted(set(protocol.get("readerFeatures", ())) - _READER_FEATURES)
    if protocol["minReaderVersion"] == 2:
        unknown = ["columnMapping"]
    if unknown or protocol["minReaderVersion"] > 3:
        needs = ", ".join(unknown) or f"reader version {protocol['minReaderVersion']}"
        raise NewerFormat(
            f"{folder}: the table needs {needs}, which this platform cannot read: something newer has written it. "
            "Update the platform, or move the folder away to rebuild the table."
        )


def _key(folder: str, path: str) -> str:
    """A path in a log is relative to the table and URL-encoded."""
    return f"{folder}/{unquote(path)}"


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
