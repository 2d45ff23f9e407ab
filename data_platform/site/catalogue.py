"""The catalogue: pages about every table, from contracts, the lake's commits and the published warehouse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data_platform.contracts.partitions import Partitions
from data_platform.lake.names import TableName
from data_platform.lake.sent import SentPartition
from data_platform.lineage.graph import column_graph
from data_platform.lineage.seen import all_seen
from data_platform.planning.catalog import Catalog, ModelTable, PythonModel, RawTable, Table
from data_platform.planning.versions import Versions
from data_platform.site import pages
from data_platform.site.columns import (
    ColumnLine,
    check_lines,
    column_lines,
    description_of,
    raw_column_lines,
    rule_lines,
)
from data_platform.site.commits import Stored, stored
from data_platform.site.lineage_page import last_commits, write_lineage
from data_platform.site.samples import Sample, samples
from data_platform.site.search_data import table_entry
from data_platform.site.sightings import Received, received

_LAYERS = ("raw", "staged", "curated")
_MADE_BY = {
    "raw": "as received",
    "view": "view",
    "python": "Python",
    "pass_through": "taken over as it is",
    "sql": "SQL",
}

OpenSince = Callable[[TableName], Mapping[str, datetime]]
"""Of a staged table: rule → since when the oldest row that it rejects has been rejected."""


@dataclass(frozen=True)
class Entry:
    """A table with all that its page tells. `made_by` is raw, view, python, pass_through or sql."""

    table: Table
    made_by: str
    columns: tuple[ColumnLine, ...]
    stored: Stored | None
    received: Received | None
    sample: Sample | None
    read_by: tuple[TableName, ...]
    sent: tuple[SentPartition, ...] = ()
    """The last sending of each partition, where the table is written back."""

    @property
    def name(self) -> str:
        return self.table.name.sql

    @property
    def description(self) -> str:
        return description_of(self.table)

    @property
    def made_in_words(self) -> str:
        return _MADE_BY[self.made_by]

    @property
    def personal(self) -> tuple[str, ...]:
        """The columns that hold personal data."""
        return tuple(column.name for column in self.columns if column.personal)

    @property
    def changed_at(self) -> datetime | None:
        """When anything of it was last committed or received."""
        if self.received is not None:
            return self.received.last_at
        return None if self.stored is None else self.stored.last.committed_at


@dataclass(frozen=True)
class Moment:
    """When the pages were made, and of which publication their sample rows are (None: nothing is published)."""

    now: datetime
    published_at: datetime | None


def write_catalogue(
    folder: Path, versions: Versions, warehouse: Path | None, moment: Moment, open_since: OpenSince
) -> None:
    """Writes `index.html`, `tables/…`, `lineage…`, `data/…` and `assets/…` into a folder that nobody reads yet.

    `versions`: the lake at one look, with the catalog. `warehouse`: the published file, None where there is none; then
    pages have no sample rows.
    """
    catalog = versions.catalog
    shown = samples(catalog, warehouse) if warehouse is not None else {}
    entries = _entries(catalog, versions, shown, moment.now, open_since)
    pages.write_assets(folder)
    pages.write_script(folder / "data" / "search.js", "search", {"tables": [_searched(entry) for entry in entries]})
    datasets = [_dataset(catalog, name, entries) for name in catalog.by_dataset]
    pages.write(
        folder / "index.html",
        pages.render(
            "index.html", title="Catalogue", section="Catalogue", datasets=datasets, entries=entries, moment=moment
        ),
    )
    for entry in entries:
        template = "raw.html" if isinstance(entry.table, RawTable) else "table.html"
        text = pages.render(template, title=entry.name, section="Catalogue", root="../", **_page(entry, moment))
        pages.write(folder / "tables" / f"{entry.name}.html", text)
    graph = column_graph(catalog, all_seen(catalog, versions.lake.notes))
    write_lineage(folder, graph, catalog, last_commits(versions))


def _entries(
    catalog: Catalog, versions: Versions, shown: Mapping[str, Sample], now: datetime, open_since: OpenSince
) -> list[Entry]:
    read_by: dict[TableName, list[TableName]] = {}
    for table in catalog:
        for name in table.reads:
            read_by.setdefault(name, []).append(table.name)
    return [
        _entry(table, versions, shown.get(table.name.sql), tuple(read_by.get(table.name, ())), now, open_since)
        for table in catalog
    ]


def _entry(
    table: Table,
    versions: Versions,
    sample: Sample | None,
    read_by: tuple[TableName, ...],
    now: datetime,
    open_since: OpenSince,
) -> Entry:
    if isinstance(table, RawTable):
        seen = received(table, versions.sightings(table.name), now)
        return Entry(table, "raw", raw_column_lines(table.columns), None, seen, None, read_by)
    in_lake = None
    if not table.is_view:
        has = versions.of(table.name)
        states = {key: state for key, state in versions.snapshot(table.name).partitions.items() if key in has}
        since = open_since(table.name) if table.name.layer == "staged" else {}
        in_lake = stored(states, versions.lake.table(table.name).history(), since)
    columns = column_lines(table, rule_lines(table))
    sent = _sent(table, versions) if table.sink is not None else ()
    return Entry(table, made_by(table), columns, in_lake, None, sample, read_by, sent)


def _sent(table: ModelTable, versions: Versions) -> tuple[SentPartition, ...]:
    assert table.sink is not None  # only these are asked for
    noted = versions.lake.sent(table.name).read()
    return tuple({one.partition: one for one in noted if one.target == table.sink.shown}.values())


def made_by(table: Table) -> str:
    """How a table comes to its rows: raw, view, python, pass_through or sql."""
    if isinstance(table, RawTable):
        return "raw"
    if table.is_view:
        return "view"
    if isinstance(table.model, PythonModel):
        return "python"
    # A contract alone takes over the raw table of its name: then the contract is the model's file.
    return "pass_through" if table.model.path == table.path else "sql"


def _searched(entry: Entry) -> dict[str, Any]:
    return table_entry(
        name=entry.name,
        dataset=entry.table.dataset,
        made_by=entry.made_by,
        description=entry.description,
        owners=entry.table.owners,
        columns=entry.columns,
    )


def _dataset(catalog: Catalog, name: str, entries: list[Entry]) -> dict[str, Any]:
    """A dataset on the index: its tables by layer, raw ones first."""
    own = [entry for entry in entries if entry.table.dataset == name]
    layers = [(layer, [entry for entry in own if entry.table.name.layer == layer]) for layer in _LAYERS]
    return {
        "name": name,
        "description": catalog.descriptions.get(name, ""),
        "layers": [(layer, found) for layer, found in layers if found],
    }


def _page(entry: Entry, moment: Moment) -> dict[str, Any]:
    table = entry.table
    found: dict[str, Any] = {"entry": entry, "table": table, "moment": moment, "partitions": _told(table.partitions)}
    if isinstance(table, ModelTable):
        found |= {
            "rules": rule_lines(table),
            "checks": check_lines(table),
            "contract_file": _file(table.path),
            "model_file": _file(table.model.path),
            "code": table.model.text,
        }
    else:
        found |= {"defs_file": _file(table.path, parents=2), "sources": [source.shown for source in table.sources]}
    return found


def _told(partitions: Partitions | None) -> str:
    if partitions is None:
        return "none: one table over all times"
    return f"{partitions.kind}, from {partitions.start:{partitions.format}}, by the clocks of {partitions.timezone}"


def _file(path: Path, parents: int = 3) -> str:
    """As an author calls it: `dataset/curated/daily_revenue.sql`."""
    return "/".join(path.parts[-parents:])
