"""The catalogue of all tables: written again when a definition, commit, sighting or the publication is a new one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from data_platform import kept
from data_platform.lake.names import TableName
from data_platform.lineage.seen import all_seen
from data_platform.planning.catalog import Catalog, ModelTable, Table
from data_platform.planning.versions import Versions
from data_platform.site.catalogue import Moment, write_catalogue
from data_platform.site.front import write_front
from data_platform.site.pages import write
from data_platform.site.replacing import replaced
from data_platform.steps.dashboards import offer_dashboards
from data_platform.steps.platform import Platform
from data_platform.steps.rejections import opened
from data_platform.steps.space import told_if_full
from data_platform.warehouse.publication import WAREHOUSE, Publication, current

_MARK = "version.txt"


@dataclass(frozen=True)
class Catalogued:
    """The catalogue as it stands: its first page, its version, and whether it was written just now."""

    page: Path
    version: str
    changed: bool


def catalogue_page(platform: Platform) -> Path:
    """Where the catalogue begins, whether it is there yet or not."""
    return platform.site / "catalogue" / "index.html"


def catalogue_version(platform: Platform) -> str:
    """The version that the catalogue would have if it were written now: equal versions, equal pages."""
    return _wanted(Versions(platform.catalog, platform.lake), current(platform.warehouse))


def catalogue_is_behind(platform: Platform) -> bool:
    """Whether it would show something new. Before the first publication there is nothing to show by itself."""
    return current(platform.warehouse) is not None and _standing(platform) != catalogue_version(platform)


def catalogue(platform: Platform, *, now: datetime) -> Catalogued:
    """Writes the catalogue if it is behind. It takes the place of the one before in one step.

    Raises DiskFull for want of space; the one before stays.
    """
    publication = current(platform.warehouse)
    versions = Versions(platform.catalog, platform.lake)
    # Taken first: what is committed while pages are written makes a newer version, and they are written again.
    wanted = _wanted(versions, publication)
    page = catalogue_page(platform)
    if _standing(platform) == wanted:
        return Catalogued(page, wanted, changed=False)
    warehouse = None if publication is None else platform.warehouse / WAREHOUSE
    moment = Moment(now, None if publication is None else publication.published_at)

    def open_since(name: TableName) -> Mapping[str, datetime]:
        return _open_since(versions, name)

    with told_if_full("the catalogue", platform.site):
        with replaced(page.parent) as folder:
            write_catalogue(folder, versions, warehouse, moment, open_since)
            write(folder / _MARK, wanted)
        offer_dashboards(platform)
        write_front(platform.site)
    return Catalogued(page, wanted, changed=True)


def _standing(platform: Platform) -> str | None:
    mark = catalogue_page(platform).with_name(_MARK)
    return mark.read_text(encoding="utf-8") if mark.exists() else None


def _wanted(versions: Versions, publication: Publication | None) -> str:
    """All that the pages tell, as one: the publication, where each log ends, what tables say, what permuting
    showed, and the look of pages."""
    marks = {}
    for table in versions.catalog:
        if not isinstance(table, ModelTable) or not table.is_view:
            marks[str(table.name)] = versions.mark(table.name)
    permuted = {name.sql: repr(seen) for name, seen in all_seen(versions.catalog, versions.lake.notes).items()}
    sent = [versions.lake.sent(table.name).mark() for table in versions.catalog if _is_written_back(table)]
    told = [publication and publication.id, marks, _definitions(versions.catalog), permuted, _look(), *sent]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:15]


def _is_written_back(table: Table) -> bool:
    return isinstance(table, ModelTable) and table.sink is not None


def _definitions(catalog: Catalog) -> list[object]:
    tables: list[object] = []
    for table in catalog:
        head = [str(table.name), table.dataset, table.owners, repr(table.partitions)]
        if isinstance(table, ModelTable):
            sink = table.sink and table.sink.shown
            tables.append([*head, table.contract.model_dump_json(), table.model.text, str(table.model.path), sink])
        else:
            columns = {name: column.model_dump_json() for name, column in table.columns.items()}
            sources = [source.shown for source in table.sources]
            told = [table.description, table.format, table.check_every, table.unknown_columns, repr(table.expected)]
            tables.append([*head, *told, table.line, columns, sources])
    return [tables, dict(catalog.descriptions)]


@cache
def _look() -> str:
    """The pages themselves: all code of the platform may show in them, and each template, style and script does."""
    found = hashlib.sha256(kept.code().encode())
    for folder in ("data_platform.site.templates", "data_platform.site.assets"):
        for path in sorted((path for path in files(folder).iterdir() if path.is_file()), key=lambda path: path.name):
            found.update(path.read_bytes())
    return found.hexdigest()


def _open_since(versions: Versions, name: TableName) -> Mapping[str, datetime]:
    """Rule → since when the oldest row that it rejects, in the partitions that the table has, is rejected."""
    found: dict[str, datetime] = {}
    has = versions.of(name)
    for partition, since in opened(versions.lake.table(name).history()).items():
        if partition in has:
            for (_, rule), at in since.items():
                found[rule] = min(at, found.get(rule, at))
    return found
