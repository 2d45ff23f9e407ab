"""Delta tables whose Parquet the engine writes: which files make up a table at a version, and replacing partitions."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_platform.lake import schema
from data_platform.lake.errors import NoSuchVersion, VersionGone
from data_platform.lake.log import Log, LoggedFile, Version, mark, read_log
from data_platform.lake.names import TableName
from data_platform.lake.schema import Column
from data_platform.lake.storage import NewFile, Storage

UNPARTITIONED = "all"  # the single partition of a table that has no partitions
HORIZON = "vacuum"  # app transaction: the lowest version whose files are all still there

_PLAIN = re.compile(rb"[A-Za-z0-9._-]")
_LONGEST_FOLDER = 200  # bytes; file systems allow 255, and "_partition=" comes before


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file that the engine has written and nobody sees yet; `stats` as RETURN_STATS gives them."""

    partition: str
    rejected: bool
    key: str
    rows: int
    bytes: int
    stats: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Rows:
    """Clean and rejected rows of some files."""

    clean: int
    rejected: int

    @classmethod
    def of(cls, files: Iterable[WrittenFile]) -> "Rows":
        counted = [(file.rejected, file.rows) for file in files]
        return cls(sum(n for rejected, n in counted if not rejected), sum(n for rejected, n in counted if rejected))


@dataclass(frozen=True)
class PartitionState:
    """What the last commit that touched a partition says of it."""

    partition: str
    fingerprint: str
    version: int
    committed_at: datetime
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class Commit:
    """One commit of the platform: the partitions it replaced, and where their content comes from."""

    table: TableName
    version: int
    committed_at: datetime
    partitions: tuple[str, ...]
    fingerprints: Mapping[str, str]
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class Base:
    """What was there when work began: per partition the version that last touched it, None for never."""

    versions: Mapping[str, int | None]

    @property
    def partitions(self) -> tuple[str, ...]:
        return tuple(self.versions)


@dataclass(frozen=True)
class TableFiles:
    """Lake keys of a table's data files: the table's own rows, and those it rejected."""

    clean: tuple[str, ...]
    rejected: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """One moment of a table: the last commit of each partition, and the files behind them."""

    partitions: Mapping[str, PartitionState]
    live: tuple[LoggedFile, ...]

    def files(self, partitions: Collection[str] | None = None) -> TableFiles:
        """The files of some partitions (default: of all)."""
        return _chosen(self.live, partitions)


class LakeTable:
    """One table: reading it as of any version, and replacing partitions of it in one commit."""

    def __init__(self, storage: Storage, name: TableName) -> None:
        self.name = name
        self._storage = storage
        self._folder = str(name)

    def exists(self) -> bool:
        return self._log() is not None

    def mark(self, known: str = "") -> str:
        """Where the log ends: equal marks, equal table. Cheap while it is still the `known` one."""
        return mark(self._storage, self._folder, known)

    def partitions(self) -> Mapping[str, PartitionState]:
        """Every partition that was ever committed, empty ones too, with its last commit; {} without a table."""
        log = self._log()
        return {} if log is None else {p: _state(p, version) for p, version in log.touched.items()}

    def columns(self, *, version: int | None = None) -> tuple[Column, ...]:
        """The table's columns in DuckDB's types, without `_partition` and `_rejected`; () without a table."""
        log = self._log_at(version)
        return () if log is None else schema.columns_of(log.fields)

    def files(self, partitions: Collection[str] | None = None, *, version: int | None = None) -> TableFiles:
        """The files of some partitions (default: of all), now or as of a version.

        Raises NoSuchVersion, and VersionGone below the vacuum horizon.
        """
        log = self._log_at(version)
        return _chosen(() if log is None else log.live.values(), partitions)

    def snapshot(self) -> "Snapshot":
        """The table as it is now, for a reader whose looks at versions and files must agree; empty without a table."""
        log = self._log()
        if log is None:
            return Snapshot({}, ())
        return Snapshot({p: _state(p, version) for p, version in log.touched.items()}, tuple(log.live.values()))

    def history(self) -> tuple[Commit, ...]:
        """The platform's commits to partitions, newest first."""
        log = self._log()
        versions = () if log is None else log.versions
        return tuple(_commit(self.name, version) for version in reversed(versions) if _replaced(version))

    def version_at(self, moment: datetime) -> int:
        """The version that a reader saw at that time, by the time in the commits themselves.

        Raises NoSuchVersion before the table's first version, VersionGone below the vacuum horizon.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{self.name}: {moment} has no time zone; say which, for example datetime(…, tzinfo=UTC)")
        log = self._log()
        seen = [version.number for version in log.versions if version.at <= moment] if log is not None else []
        if log is None or not seen:
            raise NoSuchVersion(f"{self.name}: there was no such table at {moment.isoformat()}")
        _refuse_gone(self._folder, log, seen[-1])
        return seen[-1]

    def check_columns(self, columns: Sequence[Column]) -> None:
        """Raises SchemaConflict or UnsupportedType if a commit with these columns would be refused; costs nothing."""
        fields = schema.fields(self._folder, columns)
        log = self._log()
        if log is not None:
            schema.additions(self._folder, log.fields, fields)

    def begin(self, partitions: Sequence[str]) -> Base:
        """Notes which commit last touched each partition, before their inputs are read. Give it to `commit`."""
        if not partitions or len(set(partitions)) != len(partitions):
            raise ValueError(f"{self.name}: expected partitions, each once; got {list(partitions)}")
        for partition in partitions:
            data_folder(self.name, partition, rejected=False)
        log = self._log()
        return Base(last_versions(log, partitions))

    def new_file(self, partition: str, *, rejected: bool) -> NewFile:
        """Where the engine writes a Parquet file of the partition; nobody sees it before `commit`."""
        return self._storage.new_file(data_folder(self.name, partition, rejected=rejected), ".parquet")

    def commit(
        self,
        base: Base,
        files: Sequence[WrittenFile],
        *,
        columns: Sequence[Column],
        fingerprints: Mapping[str, str],
        provenance: Mapping[str, Any],
        rows: Rows | None = None,
    ) -> Commit:
        """Replaces all of `base.partitions`, clean and rejected rows, in one commit; without files they become empty.

        `columns`: the table's complete list (new ones are added first, in a commit of their own). `fingerprints`:
        15 hex digits per partition. `provenance`: anything JSON can hold. `rows`: what the files must hold together,
        None where nobody counted. Raises PartitionMoved if somebody else
        replaced one of the partitions since `begin`, SchemaConflict, UnsupportedType; in each case nothing changed.
        """
        # Here and not above: reading needs no deltalake, which costs 0.15 s of start-up.
        from data_platform.lake.replace import Replacement, replace_partitions

        replacement = Replacement(self.name, base, files, columns, fingerprints, provenance, rows)
        return _commit(self.name, replace_partitions(self._storage, replacement))

    def _log(self) -> Log | None:
        return read_log(self._storage, self._folder)

    def _log_at(self, version: int | None) -> Log | None:
        log = self._log()
        if version is None:
            return log
        if log is None:
            raise NoSuchVersion(f"{self.name}: there is no version {version}, the table does not exist")
        then = log.upto(version)
        _refuse_gone(self._folder, log, version)
        return then


def data_folder(table: TableName, partition: str, *, rejected: bool) -> str:
    """Where a partition's files are. Raises ValueError for a key that cannot be a folder's name."""
    return f"{table}/_partition={_folder_name(partition)}/_rejected={str(rejected).lower()}"


def _chosen(live: Iterable[LoggedFile], partitions: Collection[str] | None) -> TableFiles:
    chosen = None if partitions is None else frozenset(partitions)
    files = [file for file in live if chosen is None or file.partition in chosen]
    files.sort(key=lambda file: (file.partition or "", file.key))
    return TableFiles(
        clean=tuple(file.key for file in files if not file.rejected),
        rejected=tuple(file.key for file in files if file.rejected),
    )


def _folder_name(partition: str) -> str:
    """A partition key as a folder name that no file system, URL, glob or SQL reads otherwise: é is ~C3~A9."""
    if not partition or any(ord(character) < 32 or ord(character) == 127 for character in partition):
        raise ValueError(f"{partition!r} is no partition key: it must not be empty or have control characters")
    name = "".join(
        chr(byte) if _PLAIN.fullmatch(bytes([byte])) else f"~{byte:02X}" for byte in partition.encode("utf-8")
    )
    if len(name) > _LONGEST_FOLDER:
        raise ValueError(
            f"partition key '{partition}' is too long: {len(name)} bytes as a folder, at most {_LONGEST_FOLDER}"
        )
    return name


def last_versions(log: Log | None, partitions: Sequence[str]) -> dict[str, int | None]:
    """Per partition the version that last replaced it, None for never."""
    touched = {} if log is None else log.touched
    return {p: touched[p].number if p in touched else None for p in partitions}


def _replaced(version: Version) -> list[str]:
    partitions: list[str] = (version.note or {}).get("partitions", [])
    return partitions


def _refuse_gone(folder: str, log: Log, version: int) -> None:
    horizon = log.transaction(HORIZON) or 0
    if version < horizon:
        raise VersionGone(
            f"{folder}: the files of version {version} have been deleted; the oldest that can still be read is "
            f"{horizon}, of {log.versions[horizon].at.isoformat()}"
        )


def _state(partition: str, version: Version) -> PartitionState:
    note = version.note or {}
    return PartitionState(
        partition, note["fingerprints"][partition], version.number, version.at, note.get("provenance", {})
    )


def _commit(table: TableName, version: Version) -> Commit:
    note = version.note or {}
    return Commit(
        table=table,
        version=version.number,
        committed_at=version.at,
        partitions=tuple(_replaced(version)),
        fingerprints=note.get("fingerprints", {}),
        provenance=note.get("provenance", {}),
    )
