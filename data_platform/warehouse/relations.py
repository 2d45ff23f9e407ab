"""What is published: relations with typed, described columns. Values only; how they become SQL is `statements`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_platform.privacy.applying import Masking
from data_platform.privacy.key import PersonalKey


@dataclass(frozen=True)
class PublishedColumn:
    """A column as readers see it. `type` is DuckDB type text; a `personal` one is published by its `masking`, and as
    nothing but whether there is a value where it has none.
    """

    name: str
    type: str
    comment: str = ""
    personal: bool = False
    masking: Masking | None = None


@dataclass(frozen=True)
class SourceOfRows:
    """Where the quarantined rows of one file that came from one source file are from, and since when each rule rejects
    rows of it. `source_file` is what the rows have in `_source_file`, `uri` what the source called it.
    """

    file: Path
    source_file: str
    partition: str
    uri: str
    rejected_since: Mapping[str, datetime]


@dataclass(frozen=True)
class PublishedTable:
    """Rows of Parquet files, under the declared columns and types and no others.

    `files` are local and may be none, may lack columns (read as NULL) and may have more (left out).
    `as_view` leaves the rows where they are: readers then need the files as long as the publication lives.
    Otherwise they are copied into the warehouse. `sources` of a quarantine offer `_partition`, `_source_uri` and
    `_open_since` as columns.
    """

    schema: str
    name: str
    comment: str
    columns: tuple[PublishedColumn, ...]
    files: tuple[Path, ...]
    as_view: bool
    sources: tuple[SourceOfRows, ...] = ()


@dataclass(frozen=True)
class PublishedView:
    """One SELECT, without a semicolon, over relations published before it."""

    schema: str
    name: str
    comment: str
    sql: str
    columns: tuple[PublishedColumn, ...]


PublishedRelation = PublishedTable | PublishedView


@dataclass(frozen=True)
class PublishedCommit:
    """One partition of one lake commit with its row account; a row of `operations.commits`.

    Row counts are None where a commit has no such account. `by_rule` counts rows per rule that they broke.
    """

    table_name: str
    partition: str
    version: int
    committed_at: datetime
    rows_in: int | None
    rows_out: int | None
    rows_rejected: int | None
    rows_dropped: int | None
    by_rule: Mapping[str, int]
    fingerprint: str
    run_id: str | None


@dataclass(frozen=True)
class Contents:
    """All of one publication, from one look at the lake.

    `versions`: relation as `schema/name` → version of its data; every PublishedTable has one.
    `needs`: lake keys of the files that the views read, so that maintenance keeps them.
    `commits` is only iterated if a file is written, so it may be a generator over long histories.
    `key` is that of hashed columns: only columns without a mask can do without.
    """

    relations: tuple[PublishedRelation, ...]
    versions: Mapping[str, str]
    needs: frozenset[str] = frozenset()
    commits: Iterable[PublishedCommit] = ()
    key: PersonalKey | None = None

    def __post_init__(self) -> None:
        if not self.relations:
            raise ValueError("nothing to publish: a publication has at least one relation")
        seen: set[str] = set()
        for relation in self.relations:
            key = relation_key(relation)
            if relation.schema.lower() == "operations":
                raise ValueError(f"{key}: the schema 'operations' is the publisher's own; choose another")
            if key.lower() in seen:
                raise ValueError(f"{key} is to be published twice; names differ by more than upper and lower case")
            if not relation.columns:
                raise ValueError(f"{key} has no columns; give it those of its contract")
            if isinstance(relation, PublishedTable) and key not in self.versions:
                raise ValueError(f"{key} has no data version; there are versions of {sorted(self.versions)}")
            seen.add(key.lower())


def relation_key(relation: PublishedRelation) -> str:
    """`schema/name`, as asset keys and lake tables are written."""
    return f"{relation.schema}/{relation.name}"
