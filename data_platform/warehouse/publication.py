"""`publication.json`: which publications lie in the warehouse folder and which lake files their views need."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data_platform.warehouse.files import replace_durably, write_beside
from data_platform.warehouse.read import open_read_only
from data_platform.warehouse.relations import Contents
from data_platform.warehouse.statements import definition

WAREHOUSE = "warehouse.duckdb"
PREVIOUS = "previous.duckdb"
RECORD = "publication.json"


@dataclass(frozen=True)
class Publication:
    """A whole warehouse file: data versions by `schema/name`, the shape (sha256) and the lake keys behind views."""

    id: str
    published_at: datetime
    versions: dict[str, str]
    definition: str
    needs: frozenset[str]

    def holds(self, contents: Contents) -> bool:
        """Whether publishing `contents` would give readers nothing new."""
        return (
            self.versions == dict(contents.versions)
            and self.needs == contents.needs
            and self.definition == definition(contents.relations)
        )


@dataclass(frozen=True)
class Record:
    """The content of `publication.json`.

    `publications` has every publication whose file may lie in the folder, newest first. While files are being
    replaced it lists one too many and is not `settled`: the warehouse file itself then says which one it is.
    """

    publications: tuple[Publication, ...]
    settled: bool


def current(folder: Path) -> Publication | None:
    """The publication that `warehouse.duckdb` in `folder` is; None when there is none, or none on record.

    Raises ValueError if `publication.json` cannot be read.
    """
    warehouse = folder / WAREHOUSE
    while True:
        record = read_record(folder)
        if not record.publications or not warehouse.exists():
            return None
        if record.settled:
            return record.publications[0]
        with open_read_only(warehouse) as connection:
            ids = connection.execute("SELECT DISTINCT publication_id FROM operations.publication").fetchall()
        found = next((one for one in record.publications if [(one.id,)] == ids), None)
        # Not listed although unsettled: a publisher went on between the two looks. Listed publications never
        # lose their file otherwise, so an unchanged record means that the file is not ours.
        if found is not None or read_record(folder) == record:
            return found


def needed_files(folder: Path) -> frozenset[str]:
    """Lake keys that views of the current or previous warehouse file read; maintenance must keep them."""
    return frozenset().union(*(publication.needs for publication in read_record(folder).publications))


def read_record(folder: Path) -> Record:
    """What `publication.json` says; an empty record if there is none."""
    path = folder / RECORD
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Record((), settled=True)
    try:
        data = json.loads(text)
        return Record(tuple(_publication(one) for one in data["publications"]), settled=data["settled"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no publication record ({error!r}). Delete it and publish again.") from error


def write_record(folder: Path, publications: Sequence[Publication], *, settled: bool, unique: str) -> None:
    """Replace `publication.json` in one step."""
    replace_durably(prepare_record(folder, publications, settled=settled, unique=unique), folder / RECORD)


def prepare_record(folder: Path, publications: Sequence[Publication], *, settled: bool, unique: str) -> Path:
    """A file beside `publication.json`, whole and ready to replace it: that will need no space on the disk."""
    data = {"settled": settled, "publications": [_json(publication) for publication in publications]}
    return write_beside(folder / RECORD, (json.dumps(data, indent=1) + "\n").encode(), unique=unique)


def _json(publication: Publication) -> dict[str, Any]:
    return {
        "id": publication.id,
        "published_at": publication.published_at.isoformat(),
        "versions": dict(sorted(publication.versions.items())),
        "definition": publication.definition,
        "needs": sorted(publication.needs),
    }


def _publication(data: dict[str, Any]) -> Publication:
    return Publication(
        id=data["id"],
        published_at=datetime.fromisoformat(data["published_at"]),
        versions=dict(data["versions"]),
        definition=data["definition"],
        needs=frozenset(data["needs"]),
    )
