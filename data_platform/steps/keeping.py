"""Keeping what arrived: its bytes as they came, and the rows that models read. Whatever arrives comes in here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.contracts.raw import match
from data_platform.lake.lake import Lake
from data_platform.planning.catalog import RawTable
from data_platform.sources.errors import Refused

if TYPE_CHECKING:
    from data_platform.sources.inspect import Inspected


@dataclass(frozen=True)
class Kept:
    """What a received sighting tells of its bytes, under the names that the ledger has for it."""

    key: str
    data_key: str
    unparsed_key: str | None
    records: int
    unparsed: int | None
    columns: tuple[tuple[str, str], ...]
    reading: str | None
    read_as: str | None
    sha256: str
    bytes: int
    forgotten: int | None = None


def _anything(_parquet: Path) -> None:
    """What is asked of rows by one that takes them all."""


def keep(
    lake: Lake,
    table: RawTable,
    path: Path,
    *,
    name: str,
    sha256: str,
    look: Callable[[Path], None] = _anything,
) -> Kept:
    """Moves a whole file, called `name` by its source, into the lake, with its rows where it is text.

    `look` is shown the rows as Parquet before anything is kept, and may raise Refused as well. Nothing names what was
    kept before a sighting does. Who is forgotten is taken out first: then what is kept is Parquet of the others.
    Raises Refused when the file is not what it claims to be, and leaves it where it was; of a table with personal data
    the reason quotes nothing of the file.
    """
    fault: Refused
    try:
        return _keep(lake, table, path, name, sha256, look)
    except Refused as error:
        if not table.is_personal:
            raise
        fault = Refused(table.told(error.reason, error, keep=name))
    # Here and not above: an error that it came from would be logged with its message.
    raise fault


def _keep(lake: Lake, table: RawTable, path: Path, name: str, sha256: str, look: Callable[[Path], None]) -> Kept:
    # Here and not above: pyarrow takes 0.2 s of each start, and only a file that came needs it.
    from data_platform.sources.arrival import arrived

    raw, of = lake.raw, table.name.table
    rows, lines = raw.incoming(of).path, raw.incoming(of).path
    try:
        found = arrived(path, name, rows, lines, options=table.read, declared=table.names)
        _refuse_unknown(table, name, found.columns)
        look(rows if found.parsed else path)
        if without := _without_forgotten(lake, table, path, rows, lines, found, name):
            path.unlink()
            return without
        # Bytes that are read in another way give other rows, which older commits still mean.
        read_name = ".".join(filter(None, (name, table.read.fingerprint)))
        size = path.stat().st_size
        store = partial(raw.store, of, sha256=sha256)
        unparsed = store(lines, name=f"{read_name}.unparsed.parquet") if found.parsed and found.unparsed else None
        data = store(rows, name=f"{read_name}.parquet") if found.parsed else None
        key = store(path, name=name)
    finally:
        rows.unlink(missing_ok=True)
        lines.unlink(missing_ok=True)
    return Kept(
        key=key,
        data_key=data or key,
        unparsed_key=unparsed,
        records=found.records,
        unparsed=found.unparsed if found.parsed else None,
        columns=found.columns,
        reading=table.read.fingerprint or None if found.parsed else None,
        read_as=found.told or None,
        sha256=sha256,
        bytes=size,
    )


def _without_forgotten(
    lake: Lake, table: RawTable, path: Path, rows: Path, lines: Path, found: "Inspected", name: str
) -> Kept | None:
    """What is kept of a file with rows or texts of who is forgotten; None for one without."""
    if not lake.forgotten.mark():
        return None
    from data_platform.steps.forgotten_files import Received, file_remover

    unparsed = lines if found.parsed and found.unparsed else None
    file = Received(rows if found.parsed else path, unparsed, found.columns, found.parsed)
    remover = file_remover(lake, table)
    if not remover.found(file):
        return None
    taken, told = remover.kept(lake, file, name)
    reading = table.read.fingerprint if found.parsed else None
    read_as = "; ".join(filter(None, (found.told, taken.told)))
    return Kept(**told, reading=reading, read_as=read_as, forgotten=taken.removed)


def _refuse_unknown(table: RawTable, name: str, columns: tuple[tuple[str, str], ...]) -> None:
    drift = match(table.columns, columns).drift
    unknown = drift.unknown
    if table.is_personal and len(unknown) == len(columns):
        # Without a header the first row's values are the names, which the ledger and all messages have.
        raise Refused(
            f"{name}: has {len(columns)} columns, and none of them is declared. Does it begin with a header? Say what "
            "the columns are with `read: {header: false, names: […]}`"
        )
    if unknown and table.unknown_columns == "refuse":
        told = f"{len(unknown)} of them" if table.is_personal else ", ".join(unknown)
        raise Refused(
            f"{name}: has columns that are not declared: {told}. Declare them, or write `unknown_columns: warn`."
        )
