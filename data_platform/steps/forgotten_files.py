"""A received file without whom it must not hold: which rows go, which texts change, and what is kept in its place."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data_platform.contracts.raw import RawColumn, match
from data_platform.lake.lake import Lake
from data_platform.lake.names import TableName
from data_platform.lake.raw import INCOMING
from data_platform.planning.catalog import RawTable
from data_platform.privacy.removing import Remover
from data_platform.privacy.searching import Needles
from data_platform.privacy.tombstones import Tombstones
from data_platform.sources.inspect import inspect_parquet
from data_platform.steps.errors import StepError

_ROWS_AT_ONCE = 1 << 16
_SOURCE_ROW = "_source_row"  # of parsed text alone; what is kept is numbered by its order


@dataclass(frozen=True)
class Received:
    """The files of one sighting: its rows, and the lines of a text that could not be read."""

    data: Path
    unparsed: Path | None
    columns: Sequence[tuple[str, str]]
    is_text: bool


@dataclass
class Taken:
    """What was found in a file: rows and lines that go, others that change; what else is known by them."""

    removed: int = 0
    changed: int = 0
    linked: dict[str, set[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.removed or self.changed)

    @property
    def told(self) -> str:
        """In a line, for people."""
        return f"without {self.removed} records and with {self.changed} changed, of people who are forgotten"


@dataclass(frozen=True)
class FileRemover:
    """Takes forgotten rows and values out of files of one raw table (None: of one that no dataset has any more)."""

    name: TableName
    declared: Mapping[str, RawColumn]
    remover: Remover
    known: Mapping[str, str] = field(default_factory=dict)
    """Columns whose values are told of each row that goes, and what they are."""
    needles: Needles | None = None
    """The values themselves, where they are known: for bytes that are in no row, such as a title above the columns."""

    def found(self, file: Received) -> Taken:
        """What would be taken out of a file; writes nothing."""
        taken = Taken()
        for _ in self._rows(file, taken):
            pass
        for _ in self._lines(file, taken):
            pass
        return taken

    def kept(self, lake: Lake, file: Received, name: str, folder: str = INCOMING) -> tuple[Taken, dict[str, Any]]:
        """Writes what is left, as Parquet, into the lake; what was taken, and what a sighting says of the rest.

        The same file and tombstones always give the same bytes.
        """
        taken = Taken()
        table = self.name.table
        data, lines = (lake.raw.incoming(table, folder).path for _ in range(2))
        try:
            rows = _written(self._rows(file, taken), data, _schema(file))
            unparsed = _written(_numbered(self._lines(file, taken), rows), lines, None)
            sha256 = _sha256(data, lines) if unparsed else _sha256(data)
            inspected = inspect_parquet(data, name)
            name = name if name.endswith(".parquet") else f"{name}.parquet"
            size = data.stat().st_size
            unparsed_key = None
            if unparsed:
                unparsed_key = lake.raw.store(table, lines, sha256=sha256, name=f"{name}.unparsed.parquet")
            key = lake.raw.store(table, data, sha256=sha256, name=name)
        finally:
            data.unlink(missing_ok=True)
            lines.unlink(missing_ok=True)
        told: dict[str, Any] = {"sha256": sha256, "key": key, "data_key": key, "bytes": size}
        told |= {"columns": inspected.columns, "records": rows + unparsed}
        counted = unparsed if file.is_text or unparsed else None
        return taken, told | {"unparsed_key": unparsed_key, "unparsed": counted}

    def _rows(self, file: Received, taken: Taken) -> Iterator[pa.Table]:
        kinds = self._kinds(file.columns)
        known = self._physical(file.columns, self.known)
        for rows in _batches(file.data):
            rows = rows.drop_columns([_SOURCE_ROW]) if file.is_text else rows
            cleaned = self.remover.cleaned(rows, kinds, self._tagged(file.columns))
            taken.removed += cleaned.removed.num_rows
            taken.changed += cleaned.changed
            for column, kind in known.items():
                if column in cleaned.removed.column_names:
                    texts = cleaned.removed[column].cast(pa.string()).unique().to_pylist()
                    taken.linked.setdefault(kind, set()).update(text for text in texts if text and text.strip())
            yield cleaned.kept

    def _lines(self, file: Received, taken: Taken) -> Iterator[pa.Table]:
        """A line that could not be read goes as a whole: nobody can tell which of it is whose."""
        for lines in [] if file.unparsed is None else _batches(file.unparsed):
            holds = [self.remover.without(f"{one['text']}\n{one['error']}") for one in lines.to_pylist()]
            theirs = [
                new != f"{one['text']}\n{one['error']}" for new, one in zip(holds, lines.to_pylist(), strict=True)
            ]
            taken.removed += sum(theirs)
            yield lines.filter(pa.array([not one for one in theirs], pa.bool_()))

    def _kinds(self, columns: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
        kinds = {
            name: self.remover.tombstones.kinds_of(self.name, name, spec.pii) for name, spec in self.declared.items()
        }
        return self._physical(columns, {name: found for name, found in kinds.items() if found})

    def _tagged(self, columns: Sequence[tuple[str, str]]) -> Collection[str]:
        personal = {name: True for name, spec in self.declared.items() if spec.pii not in (None, "free_text")}
        return self._physical(columns, personal)

    def _physical(self, columns: Sequence[tuple[str, str]], told: Mapping[str, Any]) -> dict[str, Any]:
        """The same by what the file calls the columns."""
        matched = match(self.declared, columns).columns
        found = {name: matched.get(name) for name in told}
        return {at.name: told[name] for name, at in found.items() if at is not None}


def file_remover(lake: Lake, table: RawTable) -> FileRemover:
    """Takes all who are forgotten by now out of files of a table. Raises StepError where their digests mean nothing."""
    return FileRemover(table.name, table.columns, Remover(standing_tombstones(lake), digest_with(lake)))


def digest_with(lake: Lake) -> Callable[[str], str]:
    """The keyed digest that tombstones are made with. Raises StepError without a key."""
    if lake.digest is None:
        raise StepError("there is no key for personal values: who is forgotten cannot be told from others")
    return lake.digest


def standing_tombstones(lake: Lake, request: str | None = None) -> Tombstones:
    """Those of all requests, or of one. Raises StepError where they were made with another key than there is now."""
    found = Tombstones()
    for name, stored in lake.forgotten.of("tombstones", request):
        if stored["key"] != lake.hashed_with():
            raise StepError(
                f"the tombstones of {name} were made with another key: who is forgotten would come back unseen. "
                "Put the key back that was there (DATA_PLATFORM_PERSONAL_KEY, or secrets/personal.key of the home)"
            )
        found |= Tombstones.from_json(stored)
    return found


def _batches(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            yield pa.Table.from_batches([batch])


def _schema(file: Received) -> pa.Schema:
    with pq.ParquetFile(file.data) as data:
        schema = data.schema_arrow
    return schema.remove(schema.get_field_index(_SOURCE_ROW)) if file.is_text else schema


def _numbered(lines: Iterator[pa.Table], first: int) -> Iterator[pa.Table]:
    """Behind the rows, so that all numbers of the file are taken."""
    for table in lines:
        numbers = pa.array(range(first, first + table.num_rows), pa.int64())
        yield table.set_column(table.column_names.index(_SOURCE_ROW), _SOURCE_ROW, numbers)
        first += table.num_rows


def _written(tables: Iterator[pa.Table], path: Path, schema: pa.Schema | None) -> int:
    """Writes them, and says how many rows; no file for none, unless its schema is given."""
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for table in tables:
            if table.num_rows and writer is None:
                writer = _opened(path, schema or table.schema)
            if writer is not None and table.num_rows:
                writer.write_table(table)
                rows += table.num_rows
        if writer is None and schema is not None:
            writer = _opened(path, schema)
            writer.write_table(schema.empty_table())
    finally:
        if writer is not None:
            writer.close()
    return rows


def _opened(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Without statistics, which would have values too."""
    return pq.ParquetWriter(path, schema, compression="zstd", write_statistics=False)


def _sha256(*paths: Path) -> str:
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
