"""Publishing: all datasets' tables, as they stand in the lake now, become one warehouse for readers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from data_platform.contracts.contract import ColumnSpec
from data_platform.lake.names import TableName
from data_platform.lake.tables import Commit, TableFiles
from data_platform.planning.catalog import Catalog, ModelTable, RawTable
from data_platform.planning.versions import Versions, combined
from data_platform.privacy.applying import Masking
from data_platform.sql.model import Model
from data_platform.steps.origins import Origins, file_key
from data_platform.steps.platform import Platform
from data_platform.steps.rejections import opened, sources_of_rejected
from data_platform.steps.space import told_if_full
from data_platform.warehouse.publication import Publication, current
from data_platform.warehouse.publish import PublicationMoved, publish
from data_platform.warehouse.relations import (
    Contents,
    PublishedColumn,
    PublishedCommit,
    PublishedRelation,
    PublishedTable,
    PublishedView,
    SourceOfRows,
)

_QUARANTINE_COLUMNS = (
    PublishedColumn("_partition", "VARCHAR", "Partition of the table that the row was kept out of"),
    PublishedColumn("_source_uri", "VARCHAR", "The file that the row came from, as its source calls it"),
    PublishedColumn("_source_row", "BIGINT", "Number of the row in that file, from 0"),
    PublishedColumn("_source_file", "VARCHAR", "Lake key of that file, as it was received"),
    PublishedColumn("_rules", "VARCHAR[]", "Every rule that the row breaks"),
    PublishedColumn("_open_since", "TIMESTAMP", "UTC: since when rows of that file are rejected by one of these rules"),
    PublishedColumn("_original", "VARCHAR", "JSON: column → text that its type could not hold", personal=False),
    PublishedColumn("_duplicate_of", "VARCHAR", "For duplicates: file and row number of the row that was kept"),
)
# Each lost attempt is a publication of somebody else, and costs a look at the lake: 8 at once can lose several times.
_ATTEMPTS = 40


@dataclass(frozen=True)
class Published:
    """The publication that readers see now, and whether it is a new one."""

    publication: Publication
    changed: bool
    relations: int


def publish_warehouse(platform: Platform, *, now: datetime) -> Published | None:
    """Publishes what is committed; None when nothing is yet. Does nothing when readers already see it.

    Raises PublicationMoved when others published at the same time again and again, DiskFull for want of space.
    """
    moved: PublicationMoved
    for _ in range(_ATTEMPTS):
        base = current(platform.warehouse)
        contents = _contents(platform)
        if contents is None:
            return None
        try:
            full = told_if_full("the warehouse", platform.warehouse, spill=platform.engine.temp_directory)
            with full, platform.engine.scratch() as config:
                publication = publish(platform.warehouse, contents, base=base, now=now, config=config)
        except PublicationMoved as error:
            moved = error
            continue
        return Published(publication, publication != base, len(contents.relations))
    raise moved


def behind(platform: Platform) -> bool:
    """Whether publishing now would give readers something new."""
    contents = _contents(platform)
    standing = current(platform.warehouse)
    return contents is not None and (standing is None or not standing.holds(contents))


def _contents(platform: Platform) -> Contents | None:
    versions = Versions(platform.catalog, platform.lake)
    origins = Origins(versions)
    relations: list[PublishedRelation] = []
    data: dict[str, str] = {}
    needs: set[str] = set()
    stored = [table for table in platform.catalog if isinstance(table, ModelTable) and not table.is_view]
    built = {table.name: versions.of(table.name) for table in stored if versions.of(table.name)}
    for table in platform.catalog:
        if not isinstance(table, ModelTable):
            continue
        if table.is_view:
            if all(name in built for name in platform.catalog.stored(table.reads)):
                relations.append(_view(table))
        elif table.name in built:
            version = _version(platform, table, built[table.name])
            files = versions.snapshot(table.name).files(built[table.name].keys())
            sources = _sources_of_quarantine(platform, table, versions, origins)
            for relation, keys in _tables(platform, table, files, sources):
                relations.append(relation)
                data[f"{relation.schema}/{relation.name}"] = version
                needs.update(keys)
    if not relations:
        return None
    return Contents(tuple(relations), data, frozenset(needs), _commits(versions, built), platform.personal_key)


def _version(platform: Platform, table: ModelTable, partitions: Mapping[str, str]) -> str:
    """Of what readers see of a table: its partitions and, where it is hashed as it is published, the key."""
    hashes = any(column.masking is not None and column.masking.mask == "hash" for column in _columns(table))
    return combined({**partitions, "": platform.personal_key.fingerprint} if hashes else partitions)


def _tables(
    platform: Platform, table: ModelTable, files: TableFiles, sources: tuple[SourceOfRows, ...]
) -> Iterator[tuple[PublishedTable, tuple[str, ...]]]:
    """A table as readers see it, and its quarantine beside it; with the lake files that stay in use."""
    staged = table.name.layer == "staged"
    local = platform.lake.storage.local
    columns = _columns(table)
    # What readers open must need nothing but DuckDB: a mask that takes more is applied to a copy.
    as_view = staged and all(column.masking is None or column.masking.function is None for column in columns)
    yield (
        PublishedTable(
            schema=table.name.layer,
            name=table.name.table,
            comment=table.contract.description,
            columns=columns,
            files=tuple(local(key) for key in files.clean),
            as_view=as_view,
        ),
        files.clean if as_view else (),
    )
    if staged:
        yield (
            PublishedTable(
                schema="quarantine",
                name=table.name.table,
                comment=f"Rows that broke a rule of {table.name.sql}, with all that they broke",
                columns=(*_columns(table), *_quarantine_columns(platform.catalog, table)),
                files=tuple(local(key) for key in files.rejected),
                as_view=False,
                sources=sources,
            ),
            (),
        )


def _sources_of_quarantine(
    platform: Platform, table: ModelTable, versions: Versions, origins: Origins
) -> tuple[SourceOfRows, ...]:
    """Of each quarantine file the source files of its rows, by the accounts of the commits that made them."""
    snapshot, partitions = versions.snapshot(table.name), versions.of(table.name)
    rejected = [file for file in snapshot.live if file.rejected and file.partition in partitions]
    since = opened(platform.lake.table(table.name).history()) if rejected else {}
    found = []
    for file in sorted(rejected, key=lambda file: file.key):
        state = snapshot.partitions[file.partition or ""]
        for source_file in sources_of_rejected(state.provenance):
            origin = origins.of(state.partition, source_file)
            key = file_key(source_file)
            by_rule = {rule: at for (of, rule), at in since.get(state.partition, {}).items() if of == key}
            uri = origin.uri if origin else source_file
            path = platform.lake.storage.local(file.key)
            found.append(SourceOfRows(path, source_file, state.partition, uri, dict(sorted(by_rule.items()))))
    return tuple(found)


def _view(table: ModelTable) -> PublishedView:
    assert isinstance(table.model, Model)  # a view is always SQL
    return PublishedView(
        schema=table.name.layer,
        name=table.name.table,
        comment=table.contract.description,
        sql=table.model.text,
        columns=_columns(table),
    )


def _columns(table: ModelTable) -> tuple[PublishedColumn, ...]:
    """Curated columns that have a mask hold what it left."""
    return tuple(
        PublishedColumn(
            name,
            spec.type,
            _comment(spec),
            table.conceals(name),
            Masking.of(spec) if table.conceals(name) else None,
        )
        for name, spec in table.contract.columns.items()
    )


def _quarantine_columns(catalog: Catalog, table: ModelTable) -> tuple[PublishedColumn, ...]:
    """`_original` holds texts of any column, also of raw ones: with personal ones among them it is masked too."""
    raw = [read for name in table.reads if isinstance(read := catalog.tables[name], RawTable)]
    personal = any(spec.personal for spec in table.contract.columns.values())
    personal = personal or any(column.personal for read in raw for column in read.columns.values())
    return tuple(
        PublishedColumn(column.name, column.type, column.comment, personal and column.name == "_original")
        for column in _QUARANTINE_COLUMNS
    )


def _comment(spec: ColumnSpec) -> str:
    return f"{spec.description} [{spec.meant}]".strip() if spec.meant else spec.description


def _commits(versions: Versions, names: Iterable[TableName]) -> Iterator[PublishedCommit]:
    """The history of tables up to what is published: whoever commits meanwhile is told of next time."""
    for name in names:
        last = max(state.version for state in versions.snapshot(name).partitions.values())
        history = versions.lake.table(name).history()
        yield from _told(commit for commit in history if commit.version <= last)


def _told(commits: Iterable[Commit]) -> Iterator[PublishedCommit]:
    for commit in commits:
        account = commit.provenance.get("account")
        for partition in commit.partitions:
            yield PublishedCommit(
                table_name=str(commit.table),
                partition=partition,
                version=commit.version,
                committed_at=commit.committed_at,
                rows_in=account["arrived"] if account else None,
                rows_out=commit.provenance.get("rows"),
                rows_rejected=account["rejected"] if account else None,
                rows_dropped=account["dropped"] if account else None,
                by_rule={**account["rejected_by"], **account["dropped_by"]} if account else {},
                fingerprint=commit.fingerprints[partition],
                run_id=commit.provenance.get("run_id"),
            )
