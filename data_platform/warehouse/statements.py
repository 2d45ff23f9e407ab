"""Relations as SQL text that old and new DuckDB read alike. Every name and literal is quoted; nothing is executed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from glob import escape
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import identifier, literal
from data_platform.warehouse.relations import (
    PublishedColumn,
    PublishedRelation,
    PublishedTable,
    PublishedView,
    SourceOfRows,
    relation_key,
)

# Constant, not a hash: a hash of a phone number or an address is reversed by trying them all.
MASK = "***"


def quoted(*parts: str) -> str:
    """A possibly qualified identifier: `"staged"."trips"`."""
    return ".".join(identifier(part) for part in parts)


def create(relation: PublishedRelation, catalog: str) -> str:
    """The statement that makes `relation` in the attached database `catalog`."""
    target = quoted(catalog, relation.schema, relation.name)
    if isinstance(relation, PublishedView):
        # A line of its own for the bracket: the text may end in a comment.
        written = f"({relation.sql}\n) AS written"
        return f"CREATE VIEW {target} AS {_select(relation, written)}"
    kind = "VIEW" if relation.as_view else "TABLE"
    return f"CREATE {kind} {target} AS {_select(relation, _rows_of_files(relation))}"


def comments(relation: PublishedRelation, catalog: str) -> Iterator[str]:
    """The statements that carry the descriptions of `relation` and its columns over."""
    target = quoted(catalog, relation.schema, relation.name)
    kind = "TABLE" if isinstance(relation, PublishedTable) and not relation.as_view else "VIEW"
    if relation.comment:
        yield f"COMMENT ON {kind} {target} IS {literal(relation.comment)}"
    for column in relation.columns:
        if column.comment:
            yield f"COMMENT ON COLUMN {target}.{quoted(column.name)} IS {literal(column.comment)}"


def definition(relations: Iterable[PublishedRelation]) -> str:
    """A sha256 over names, columns, comments, masks, view texts and the files behind views.

    It changes when a publication of the same data would look different or sit elsewhere.
    """
    text = [
        [create(_without_copied_files(relation), "w"), *comments(relation, "w"), *_sources(relation)]
        for relation in sorted(relations, key=relation_key)
    ]
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()


def _without_copied_files(relation: PublishedRelation) -> PublishedRelation:
    if isinstance(relation, PublishedView) or relation.as_view:
        return relation
    return replace(relation, files=())


def _sources(relation: PublishedRelation) -> Iterator[str]:
    """What a quarantine tells of its rows besides themselves: it may change while they do not."""
    for source in relation.sources if isinstance(relation, PublishedTable) else ():
        yield " ".join(_told_of(source))


def _select(relation: PublishedRelation, source: str) -> str:
    columns = ", ".join(
        f"{_masked(column, _type(relation, column))} AS {quoted(column.name)}" for column in relation.columns
    )
    return f"SELECT {columns} FROM {source}"


def _masked(column: PublishedColumn, type_text: str) -> str:
    """The column's published value. Personal text keeps whether there is one; personal values of other types go."""
    if not column.personal:
        return f"CAST({quoted(column.name)} AS {type_text})"
    if column.masking is not None:
        return replace(column.masking, type=type_text).sql(f"CAST({quoted(column.name)} AS {type_text})")
    if type_text == "VARCHAR":
        return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN {literal(MASK)} END"
    return f"CAST(NULL AS {type_text})"


def _rows_of_files(table: PublishedTable) -> str:
    # The empty typed branch gives an empty list its columns, and files that lack a column its NULLs.
    typed = ", ".join(f"CAST(NULL AS {_type(table, column)}) AS {quoted(column.name)}" for column in table.columns)
    empty = f"(SELECT {typed} WHERE false)"
    if not table.files:
        return f"{empty} AS rows_of_files"
    read = f"read_parquet({_file_list(table.files)}, union_by_name=true, hive_partitioning=false, filename='_file')"
    rows = _with_sources(read, table.sources) if table.sources else f"SELECT * FROM {read}"
    return f"({empty} UNION ALL BY NAME {rows}) AS rows_of_files"


def _with_sources(read: str, sources: Sequence[SourceOfRows]) -> str:
    """The rows with what is known of the file that each came from; one of no known file keeps its place."""
    known = ", ".join(f"({', '.join([literal(str(s.file.absolute())), *_told_of(s)])})" for s in sources)
    return (
        "SELECT r.*, s._partition, s._source_uri, "
        "list_min(list_transform(r._rules, lambda rule: s._since[rule])) AS _open_since "
        f"FROM {read} AS r LEFT JOIN (VALUES {known}) AS s(_file, _source_file, _partition, _source_uri, _since) "
        "ON r._file = s._file AND r._source_file = s._source_file"
    )


def _told_of(source: SourceOfRows) -> list[str]:
    """All but its own file, as SQL."""
    rules = ", ".join(literal(rule) for rule in source.rejected_since)
    times = ", ".join(literal(at.astimezone(UTC).replace(tzinfo=None)) for at in source.rejected_since.values())
    since = f"map(CAST([{rules}] AS VARCHAR[]), CAST([{times}] AS TIMESTAMP[]))"
    return [literal(source.source_file), literal(source.partition), literal(source.uri), since]


def _file_list(files: Sequence[Path]) -> str:
    # Absolute, because readers start anywhere; escaped, because DuckDB takes [ * ? in a path for a pattern;
    # sorted, because the same files in another order are no new publication.
    return "[" + ", ".join(literal(escape(str(file.absolute()))) for file in sorted(files)) + "]"


def _type(relation: PublishedRelation, column: PublishedColumn) -> str:
    """The column's type as DuckDB itself writes it: its parser is the only quoting that type text has."""
    try:
        return str(duckdb.sqltype(column.type))
    except duckdb.Error as error:
        raise ValueError(
            f"{relation_key(relation)}: column '{column.name}' has type '{column.type}', which is no DuckDB type"
        ) from error
