"""What permutation saw of each table, kept beside the lake until the table's code is another. It may be lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted
from data_platform.planning.catalog import Catalog, ModelTable
from data_platform.planning.versions import code_version

FOLDER = "lineage"


@dataclass(frozen=True)
class Seen:
    """One permutation of a model: over which partition's inputs, with which code."""

    code: str
    partition: str
    at: datetime
    permuted: Permuted


_SEEN = TypeAdapter(Seen)


def keep(notes: Path, table: TableName, seen: Seen) -> None:
    """Writes it below the folder of notes."""
    path = _path(notes, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(_SEEN.dump_json(seen))
    new.replace(path)


def seen_of(catalog: Catalog, table: ModelTable, notes: Path | None) -> Seen | None:
    """What was seen of a table as its code is now; None where that is nothing."""
    if notes is None:
        return None
    try:
        found = _SEEN.validate_json(_path(notes, table.name).read_bytes())
    except (OSError, ValueError):
        return None
    return found if found.code == code_version(catalog, table) else None


def all_seen(catalog: Catalog, notes: Path | None) -> Mapping[TableName, Permuted]:
    """Of all tables."""
    if notes is None or not (notes / FOLDER).is_dir():
        return {}
    found = {
        table.name: seen_of(catalog, table, notes)
        for table in catalog
        if isinstance(table, ModelTable) and _path(notes, table.name).exists()
    }
    return {name: seen.permuted for name, seen in found.items() if seen is not None}


def _path(notes: Path, table: TableName) -> Path:
    return notes / FOLDER / f"{table.sql}.json"
