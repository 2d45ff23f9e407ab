"""From a number to where it comes from: the tables that a query reads, and the commits that stand in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data_platform.lake.names import TableName
from data_platform.planning.catalog import Catalog, ModelTable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STANDING = """
SELECT table_name, partition, version, committed_at, rows_out, fingerprint
FROM operations.commits
QUALIFY row_number() OVER (PARTITION BY table_name, partition ORDER BY version DESC) = 1
ORDER BY table_name, partition DESC
"""
_PUBLISHED = "SELECT DISTINCT publication_id, published_at FROM operations.publication"


@dataclass(frozen=True)
class Standing:
    """The commit that a partition of a table has in this publication. `committed_at` is UTC."""

    partition: str
    version: int
    committed_at: datetime
    rows: int | None
    fingerprint: str


@dataclass(frozen=True)
class Followed:
    """A relation that queries read. A view has no commits of its own: `stored` are the tables behind it."""

    name: str
    in_catalogue: bool
    stored: Mapping[str, tuple[Standing, ...]]


@dataclass(frozen=True)
class Publication:
    """What the numbers of a page were read from. `published_at` is UTC."""

    id: str
    published_at: datetime


def publication(connection: "DuckDBPyConnection") -> Publication:
    """Which publication the connection reads."""
    (row,) = connection.execute(_PUBLISHED).fetchall()
    return Publication(*row)


def follow(connection: "DuckDBPyConnection", catalog: Catalog, tables: Iterable[str]) -> dict[str, Followed]:
    """Each of the relations (`schema.name`) with the commits behind it."""
    commits: dict[str, list[Standing]] = {}
    for table, *commit in connection.execute(_STANDING).fetchall():
        commits.setdefault(table, []).append(Standing(*commit))
    found = {}
    for text in sorted(set(tables)):
        stored, in_catalogue = _stored(catalog, text)
        behind = {name.sql: tuple(commits.get(str(name), ())) for name in stored}
        found[text] = Followed(text, in_catalogue, behind)
    return found


def _stored(catalog: Catalog, text: str) -> tuple[tuple[TableName, ...], bool]:
    """The tables with commits behind a published relation, and whether the catalogue has a page of that name."""
    layer, _, table = text.partition(".")
    # A quarantine holds what the commits of its table rejected.
    names = [
        name for name in catalog.tables if name.sql in (text, f"staged.{table}" if layer == "quarantine" else text)
    ]
    named = [name for name in names if isinstance(catalog.tables[name], ModelTable)]
    return catalog.stored(named), any(name.sql == text for name in named)
