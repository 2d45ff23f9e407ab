"""One way from a column to a column, who says so, and where who says so disagree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from data_platform.lake.names import TableName
from data_platform.lineage.permuting import Permuted, Reaction
from data_platform.sql.column_flow import How

Found = Literal["sql", "declared", "permuted"]


@dataclass(frozen=True)
class Edge:
    """One way from a column to a column of a table that reads it; `column` None: it decides about all of its rows.

    `sql` is the fragment of the author's text in which the source stands, '' where a Python model only says so;
    `file` is `dataset/layer/file`, `line` counts from 1. `found` says who says so.
    """

    source: TableName
    source_column: str
    table: TableName
    column: str | None
    how: How
    sql: str
    file: str
    line: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Disagreement:
    """A source that a Python model declares and no permutation shows, or the other way round."""

    source: TableName
    source_column: str
    table: TableName
    column: str
    said: Literal["declared", "permuted"]
    text: str


def compared(
    edges: Sequence[Edge], seen: Permuted, table: TableName, file: str
) -> tuple[list[Edge], list[Disagreement]]:
    """The edges into a table with what permutation saw of them: those it confirms, those that nobody else knows, and
    where the two disagree. That a SELECT's source shows no reaction in a sample is no disagreement: its text decides.
    """
    reacting: dict[tuple[TableName, str], set[str]] = {}
    for each in seen.reactions:
        reacting.setdefault((each.source, each.source_column.lower()), set()).add(each.column.lower())
    told: list[Edge] = []
    disputed: list[Disagreement] = []
    known: set[tuple[TableName, str, str | None]] = set()
    for edge in edges:
        key = (edge.source, edge.source_column.lower())
        known.add((*key, edge.column and edge.column.lower()))
        columns = reacting.get(key, set())
        confirmed = bool(columns) if edge.column is None else edge.column.lower() in columns
        told.append(replace(edge, found=(*edge.found, "permuted")) if confirmed else edge)
        if not confirmed and "declared" in edge.found and edge.column is not None and _was_tried(seen, edge):
            disputed.append(_without_reaction(edge, seen))
    unknown = [each for each in seen.reactions if not _is_known(each, known)]
    told += _seen_only(unknown, seen, table, file)
    if edges:
        disputed += [_without_word(each, table, edges[0]) for each in _one_a_pair(unknown)]
    return told, disputed


def _is_known(each: Reaction, known: set[tuple[TableName, str, str | None]]) -> bool:
    key = (each.source, each.source_column.lower())
    return (*key, None) in known or (*key, each.column.lower()) in known


def _was_tried(seen: Permuted, edge: Edge) -> bool:
    tried = {name.lower() for name in seen.tried}
    steady = {name.lower() for name in seen.columns if name not in seen.unsteady}
    return f"{edge.source.sql}.{edge.source_column}".lower() in tried and (edge.column or "").lower() in steady


def _without_reaction(edge: Edge, seen: Permuted) -> Disagreement:
    rows = seen.rows.get(edge.source.sql, 0)
    text = (
        f"{edge.file}:{edge.line} declares that {edge.column} comes from {edge.source.sql}.{edge.source_column}, but "
        f"nothing changed when its values did, in a sample of {rows} rows"
    )
    assert edge.column is not None
    return Disagreement(edge.source, edge.source_column, edge.table, edge.column, "declared", text)


def _without_word(each: Reaction, table: TableName, edge: Edge) -> Disagreement:
    said = "is not declared" if "declared" in edge.found else "is not in the text"
    text = f"{each.column} changed when {each.source.sql}.{each.source_column} did, which {said} in {edge.file}"
    return Disagreement(each.source, each.source_column, table, each.column, "permuted", text)


def _seen_only(unknown: Sequence[Reaction], seen: Permuted, table: TableName, file: str) -> Iterator[Edge]:
    everywhere = {name for name in seen.columns if name not in seen.unsteady}
    by_source: dict[tuple[TableName, str], dict[str, set[str]]] = {}
    for each in unknown:
        kinds = by_source.setdefault((each.source, each.source_column), {"direct": set(), "indirect": set()})
        kinds[each.kind].add(each.column)
    for (source, source_column), kinds in by_source.items():
        decided = sorted(kinds["indirect"])
        # What decides about every row is said once.
        columns: list[str | None] = [None] if len(everywhere) > 1 and kinds["indirect"] >= everywhere else [*decided]
        for column in columns:
            yield Edge(source, source_column, table, column, "filter", "", file, 1, ("permuted",))
        for name in sorted(kinds["direct"]):
            yield Edge(source, source_column, table, name, "value", "", file, 1, ("permuted",))


def _one_a_pair(reactions: Sequence[Reaction]) -> list[Reaction]:
    return list({(each.source, each.source_column, each.column): each for each in reactions}.values())
