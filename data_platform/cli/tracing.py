"""The command `trace`: prints the source files and row numbers behind a row, and what is to be known of them."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console

from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.trace import Traced, trace

_MOST_RUNS = 40


def say(
    platform: Platform,
    table: str,
    key: Sequence[str],
    *,
    null: Sequence[str],
    partition: str | None,
    console: Console,
) -> int:
    """`key` are texts `column=value`. Raises StepError, as `trace` does, and for a text without '='."""
    values: dict[str, str | None] = {}
    for text in key:
        column, equals, value = text.partition("=")
        if not equals:
            raise StepError(f"'{text}' is no column=value; for a column that is NULL write --null {text}")
        values[column] = value
    with console.status(f"tracing {table}"):
        found = trace(platform, table, values | dict.fromkeys(null), partition)
    _print(console, found)
    return 0


def _print(console: Console, found: Traced) -> None:
    def line(text: str, style: str = "") -> None:
        # What a source called its file is data, also where it looks like markup.
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    rows = f"{found.matched:,} row{'' if found.matched == 1 else 's'}"
    line(f"{found.table.sql}: {rows}, made of {found.count:,} source rows")
    for file in found.files:
        line(f"  {file.uri}")
        more = f" … ({file.count:,} in all)" if file.count > len(file.rows) else ""
        line(f"    through {file.through.sql} {file.partition}, rows {runs(file.rows)}{more}")
    if found.quarantined:
        line("quarantined with the same key:")
    for row in found.quarantined[:_MOST_RUNS]:
        line(f"  row {row.row} of {row.uri}: {', '.join(row.rules)}")
    if len(found.quarantined) > _MOST_RUNS:
        line(f"  … and {len(found.quarantined) - _MOST_RUNS} more")
    for note in found.notes:
        line(f"note: {note}", style="yellow")


def runs(rows: Sequence[int]) -> str:
    """`3, 17, 22 to 25`: consecutive numbers together, the first of them."""
    found = list(_runs(rows))
    told = [str(first) if first == last else f"{first} to {last}" for first, last in found[:_MOST_RUNS]]
    return ", ".join(told) + (" …" if len(found) > _MOST_RUNS else "")


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    for _, group in groupby(enumerate(rows), key=lambda item: item[1] - item[0]):
        numbers = [row for _, row in group]
        yield numbers[0], numbers[-1]
