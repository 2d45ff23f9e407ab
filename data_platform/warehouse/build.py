"""Writes one complete warehouse file. It knows nothing of names that readers use, nor of other publications."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import literal
from data_platform.privacy.applying import define
from data_platform.warehouse.relations import (
    Contents,
    PublishedCommit,
    PublishedRelation,
    PublishedTable,
    PublishedView,
    relation_key,
)
from data_platform.warehouse.statements import comments, create, quoted

# The newest file format that the 1.x drivers in today's BI tools open; DuckDB 2.0's own default is not.
STORAGE_VERSION = "v1.2.0"
_CATALOG = "publication"

# Times are UTC without a zone: drivers differ in how they show zoned ones, some need further packages.
_PUBLICATION = {
    "publication_id": "VARCHAR",
    "published_at": "TIMESTAMP",
    "table_name": "VARCHAR",
    "data_version": "VARCHAR",
    "rows": "BIGINT",
}
_COMMITS = {
    "table_name": "VARCHAR",
    "partition": "VARCHAR",
    "version": "BIGINT",
    "committed_at": "TIMESTAMP",
    "rows_in": "BIGINT",
    "rows_out": "BIGINT",
    "rows_rejected": "BIGINT",
    "rows_dropped": "BIGINT",
    "by_rule": "JSON",
    "fingerprint": "VARCHAR",
    "run_id": "VARCHAR",
}
_OPERATIONS_COMMENTS = (
    ("TABLE", ("publication",), "What this file holds: one row per relation."),
    ("COLUMN", ("publication", "published_at"), "UTC"),
    ("COLUMN", ("publication", "data_version"), "Equal versions are equal data."),
    ("COLUMN", ("publication", "rows"), "NULL for views over other relations, which are not counted."),
    ("TABLE", ("commits",), "Lake commits by partition, each with the account of its rows."),
    ("COLUMN", ("commits", "committed_at"), "UTC"),
    ("COLUMN", ("commits", "by_rule"), "Rows per rule that they broke; a row can break several."),
)


def build(path: Path, contents: Contents, *, publication_id: str, now: datetime, config: Mapping[str, str]) -> None:
    """Write `contents` into the new file `path`, checkpointed and closed.

    `config` are DuckDB settings, for example memory_limit, temp_directory, threads. Raises duckdb.Error.
    """
    with duckdb.connect(config=dict(config)) as connection:
        connection.execute(
            f"ATTACH {literal(str(path))} AS {quoted(_CATALOG)} (STORAGE_VERSION {literal(STORAGE_VERSION)})"
        )
        # Views are bound as they are made: what they read must be found in the new file.
        connection.execute(f"USE {quoted(_CATALOG)}")
        # One transaction, because each has its own sync to disk and a large house has thousands of comments.
        if contents.key is not None:
            columns = (column for relation in contents.relations for column in relation.columns)
            define(connection, [column.masking for column in columns if column.masking is not None], contents.key)
        connection.execute("BEGIN")
        rows = {relation_key(relation): _publish(connection, relation) for relation in _in_order(contents.relations)}
        _write_operations(connection, contents, rows, publication_id=publication_id, now=now)
        connection.execute("COMMIT")
        connection.execute("USE memory")
        connection.execute(f"DETACH {quoted(_CATALOG)}")


def _in_order(relations: Iterable[PublishedRelation]) -> list[PublishedRelation]:
    """Views over other relations last; the sort is stable, so they keep their own order."""
    return sorted(relations, key=lambda relation: isinstance(relation, PublishedView))


def _publish(connection: duckdb.DuckDBPyConnection, relation: PublishedRelation) -> int | None:
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(_CATALOG, relation.schema)}")
    connection.execute(create(relation, _CATALOG))
    for statement in comments(relation, _CATALOG):
        connection.execute(statement)
    if not isinstance(relation, PublishedTable):
        return None
    target = quoted(_CATALOG, relation.schema, relation.name)
    return int(connection.execute(f"SELECT count(*) FROM {target}").fetchall()[0][0])


def _write_operations(
    connection: duckdb.DuckDBPyConnection,
    contents: Contents,
    rows: Mapping[str, int | None],
    *,
    publication_id: str,
    now: datetime,
) -> None:
    published = [
        {
            "publication_id": publication_id,
            "published_at": _utc(now),
            "table_name": key,
            "data_version": contents.versions.get(key),
            "rows": count,
        }
        for key, count in rows.items()
    ]
    connection.execute(f"CREATE SCHEMA {quoted(_CATALOG, 'operations')}")
    _write_table(connection, "publication", _PUBLICATION, published)
    _write_table(connection, "commits", _COMMITS, [_row(commit) for commit in contents.commits])
    for kind, names, comment in _OPERATIONS_COMMENTS:
        connection.execute(f"COMMENT ON {kind} {quoted(_CATALOG, 'operations', *names)} IS {literal(comment)}")


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, object]],
) -> None:
    target = quoted(_CATALOG, "operations", name)
    typed = ", ".join(f"{quoted(column)} {type_text}" for column, type_text in columns.items())
    connection.execute(f"CREATE TABLE {target} ({typed})")
    # One list a column: single INSERTs of a long history take minutes, and Arrow would import pandas.
    values = ", ".join("unnest(?)" for _ in columns)
    connection.execute(f"INSERT INTO {target} SELECT {values}", [[row[column] for row in rows] for column in columns])


def _row(commit: PublishedCommit) -> dict[str, object]:
    return {
        **vars(commit),
        "committed_at": _utc(commit.committed_at),
        "by_rule": json.dumps(dict(sorted(commit.by_rule.items()))),
    }


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
