"""How the commands look: the plan, and the table at the end of a run."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from data_platform.cli.driving import Done
from data_platform.lake.names import TableName
from data_platform.lake.sightings import Sighting
from data_platform.planning.catalog import Catalog, RawTable, Table
from data_platform.planning.findings import NO_PARTITION, Unanswered, Waiting
from data_platform.planning.stale import Answer
from data_platform.settings import Settings
from data_platform.steps.catalogue import catalogue_page
from data_platform.steps.dashboards import dashboards_folder
from data_platform.steps.platform import Platform


@dataclass
class _Line:
    """What a command did to one table: rows, seconds of work, bytes written."""

    partitions: int = 0
    has_account: bool = False
    rows_in: int = 0
    rows_out: int = 0
    rejected: int = 0
    dropped: int = 0
    seconds: float = 0.0
    bytes: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)


def print_plan(console: Console, catalog: Catalog, answer: Answer) -> None:
    """What is stale and why, what will be made after it, and what waits for something else."""
    followers = _followers(catalog, {item.table for item in answer.stale})
    if answer.stale:
        table = RichTable("table", "partition", "why", title="stale", title_justify="left")
        for item in answer.stale:
            table.add_row(str(item.table), item.partition, item.reason)
        console.print(table)
    else:
        console.print("Nothing is stale.")
    if followers:
        console.print(f"then what reads them, if they change: {', '.join(map(str, followers))}", highlight=False)
    waiting = [item for item in answer.waiting if item.overdue or item.table not in followers]
    _print_waiting(console, waiting, answer.unanswered)


def _followers(catalog: Catalog, stale: Collection[TableName]) -> list[TableName]:
    """The tables below those that are stale, in the order in which they are made."""
    found = set(stale)
    for name in catalog.order:
        if name in found:
            found.update(catalog.readers[name])
    return [name for name in catalog.order if name in found and name not in stale]


def print_done(console: Console, platform: Platform, settings: Settings, done: Done) -> None:
    """What each table took and gave, dataset by dataset, then where the results are."""
    by_dataset = sorted(platform.catalog, key=lambda table: table.dataset)
    lines = {table.name: _line(platform, table, done.run_ids) for table in by_dataset}
    made = {str(name): line for name, line in lines.items() if line.partitions}
    if made:
        console.print(_amounts(made))
        if any(line.by_rule for line in made.values()):
            console.print(_left_out(made))
    elif not done.failed and not done.published:
        console.print("Nothing was stale: no file under lake/ or warehouse/ was touched.")
    _print_waiting(console, done.waiting, done.unanswered)
    if done.failed:
        console.print(f"[red]{len(done.failed)} failed; what was there before stays.[/] Mend them and run again.")
    console.print(f"took       {done.seconds:.1f} s", highlight=False)
    if settings.warehouse_path.exists():
        console.print(f"warehouse  {settings.warehouse_path}", soft_wrap=True, highlight=False)
    if (dashboards := dashboards_folder(platform) / "index.html").exists():
        console.print(f"dashboards {dashboards}", soft_wrap=True, highlight=False)
    if (page := catalogue_page(platform)).exists():
        console.print(f"catalogue  {page}", soft_wrap=True, highlight=False)
    console.print("explore    make ui, then http://localhost:3000: lineage, checks, accounts", highlight=False)


def _line(platform: Platform, table: Table, run_ids: Collection[str]) -> _Line:
    if isinstance(table, RawTable):
        return _raw_line(platform.lake.ledger(table.name.table).read().all(), run_ids)
    states = {} if table.is_view else platform.lake.table(table.name).partitions()
    return _model_line([state.provenance for state in states.values()], run_ids)


def _raw_line(sightings: Iterable[Sighting], run_ids: Collection[str]) -> _Line:
    line = _Line()
    for sighting in sightings:
        if sighting.run_id in run_ids:
            line.partitions += 1
            line.rows_out += sighting.records or 0
            line.bytes += sighting.bytes
    return line


def _model_line(commits: Iterable[Mapping[str, Any]], run_ids: Collection[str]) -> _Line:
    line = _Line()
    for told in commits:
        if told.get("run_id") not in run_ids:
            continue
        line.partitions += 1
        line.rows_out += told["rows"]
        line.seconds += told["wall_seconds"]
        line.bytes += told["bytes_written"]
        if "account" in told:
            account = told["account"]
            line.has_account = True
            line.rows_in += account["arrived"]
            line.rejected += account["rejected"]
            line.dropped += account["dropped"]
            line.by_rule.update(account["rejected_by"])
            line.by_rule.update(account["dropped_by"])
    return line


def _amounts(lines: Mapping[str, _Line]) -> RichTable:
    table = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("table", no_wrap=True)
    for heading in ("partitions", "rows in", "rows out", "rejected", "dropped", "s", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, line in lines.items():
        table.add_row(
            name,
            str(line.partitions),
            f"{line.rows_in:,}" if line.has_account else "",
            f"{line.rows_out:,}",
            f"{line.rejected:,}" if line.has_account else "",
            f"{line.dropped:,}" if line.has_account else "",
            f"{line.seconds:.1f}" if line.seconds else "",
            f"{line.bytes / 1e6:.1f}",
        )
    return table


def _left_out(lines: Mapping[str, _Line]) -> RichTable:
    """Rows by rule; a row that breaks two rules counts for both."""
    table = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("left out by rule", no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("of")
    for name, line in lines.items():
        for rule, rows in sorted(line.by_rule.items(), key=lambda item: -item[1]):
            table.add_row(rule, f"{rows:,}", name)
    return table


def _print_waiting(console: Console, waiting: Sequence[Waiting], unanswered: Sequence[Unanswered]) -> None:
    for silent in unanswered:
        console.print(f"[red]could not ask[/] {silent.table} {silent.partition}: {silent.error}", highlight=False)
    by_table: dict[tuple[TableName, bool], list[Waiting]] = {}
    for item in waiting:
        if item.partition == NO_PARTITION:
            console.print(f"left aside {item.table}: {escape(item.reason)}", highlight=False, soft_wrap=True)
        else:
            by_table.setdefault((item.table, item.overdue), []).append(item)
    for (table, overdue), items in by_table.items():
        first, last = items[0], items[-1]
        word = "[yellow]missing[/]" if overdue else "waiting"
        which = first.partition if len(items) == 1 else f"{first.partition} to {last.partition} ({len(items)})"
        console.print(f"{word} {table} {which}: {first.reason}", highlight=False, soft_wrap=True)
