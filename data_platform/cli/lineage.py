"""The command `lineage`: prints where each column of a table comes from, and what permutation sees."""

from datetime import UTC, datetime

from rich.console import Console

from data_platform.lake.names import TableName
from data_platform.lineage.edges import Disagreement, Edge
from data_platform.lineage.graph import column_graph, columns_of
from data_platform.lineage.permuting import Permuted
from data_platform.lineage.personal import personal_of
from data_platform.lineage.seen import all_seen
from data_platform.planning.catalog import Catalog, RawTable
from data_platform.steps.errors import StepError
from data_platform.steps.lineage import permute
from data_platform.steps.platform import Platform


def say(platform: Platform, name: str, *, verify: bool, rows: int, console: Console) -> int:
    """1 where permutation and what is declared disagree. Raises StepError for a table that there is not."""
    table = platform.catalog.tables.get(_name(name))
    if table is None:
        raise StepError(f"'{name}' is no table; there are {', '.join(t.name.sql for t in platform.catalog)}")
    if verify:
        if isinstance(table, RawTable):
            raise StepError(f"{name} is received, not computed: there is nothing to permute")
        with console.status(f"permuting the inputs of {name}"):
            _print_seen(console, permute(platform, table, now=datetime.now(UTC), rows=rows))
    graph = column_graph(platform.catalog, all_seen(platform.catalog, platform.lake.notes))
    by_column: dict[str | None, list[Edge]] = {}
    for edge in graph.into(table.name):
        by_column.setdefault(edge.column, []).append(edge)
    for column in (*columns_of(table), None):
        if column in by_column or column is not None:
            _line(console, column or "every column", style="bold")
        for edge in by_column.get(column, ()):
            found = "" if edge.found == ("sql",) else f"  [{', '.join(edge.found)}]"
            _line(console, f"  {edge.how:8} {edge.source.sql}.{edge.source_column}{found}")
            _line(console, f"           {edge.sql} ({edge.file}:{edge.line})".replace("  (", " ("), style="dim")
    disputed = graph.disagreements_of(table.name)
    for each in disputed:
        _line(console, f"disagreement: {each.text}{_personal(platform.catalog, each)}", style="yellow")
    return 1 if disputed else 0


def _personal(catalog: Catalog, each: Disagreement) -> str:
    """What makes it worse: personal data in a column of which nobody says so."""
    kind = personal_of(catalog.tables[each.source]).get(each.source_column)
    is_told = each.column in personal_of(catalog.tables[each.table])
    return f"; that is personal data ({kind})" if each.said == "permuted" and kind and not is_told else ""


def _name(text: str) -> TableName:
    try:
        return TableName.parse(text)
    except ValueError as error:
        raise StepError(str(error)) from error


def _print_seen(console: Console, seen: Permuted) -> None:
    sizes = ", ".join(f"{rows} rows of {name}" for name, rows in seen.rows.items())
    _line(console, f"permuted {len(seen.tried)} columns of {sizes}")
    for column, error in seen.failed.items():
        _line(console, f"could not be changed: {column}: {error}", style="yellow")
    for column in seen.unsteady:
        _line(console, f"nothing can be said of {column}: it differs between two runs over equal rows", style="yellow")
    if seen.unfinished:
        _line(console, "time was up before all columns were tried", style="yellow")


def _line(console: Console, text: str, style: str = "") -> None:
    # Names and SQL are data, also where they look like markup.
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
