"""How the commands look: the plan, and the table at the end of a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table as RichTable

from data_platform.cli.driving import Done
from data_platform.planning.catalog import ModelTable, RawTable, Table
from data_platform.planning.stale import Answer
from data_platform.settings import Settings
from data_platform.steps.platform import Platform

_MOST_LINES = 12


@dataclass
class _Line:
    """What a command did to one table."""

    partitions: int = 0
    rows_in: int = 0
    rows_out: int = 0
    seconds: float = 0.0
    bytes: int = 0
    rejected_by: dict[str, int] = field(default_factory=dict)

    def add_rules(self, counts: Mapping[str, int]) -> None:
        for rule, rows in counts.items():
            self.rejected_by[rule] = self.rejected_by.get(rule, 0) + rows


def print_plan(console: Console, answer: Answer) -> None:
    """What is stale and why, then what waits."""
    if answer.stale:
        table = RichTable("table", "partition", "why", title="stale", title_justify="left")
        for item in answer.stale:
            table.add_row(str(item.table), item.partition, item.reason)
        console.print(table)
    else:
        console.print("Nothing is stale.")
    _print_waiting(console, answer)


def print_done(console: Console, platform: Platform, settings: Settings, done: Done) -> None:
    """What each table took and gave, then where the results are."""
    lines = {table.name: _line(platform, table, done.run_ids) for table in platform.catalog}
    if any(line.partitions for line in lines.values()):
        console.print(_table((str(name), line) for name, line in lines.items() if line.partitions))
    elif not done.failed:
        console.print("Nothing was stale: no file under lake/ or warehouse/ was touched." if not done.published else "")
    _print_waiting(console, done.answer)
    if done.failed:
        console.print(f"[red]{len(done.failed)} failed; what they had before stays.[/] Mend them and run again.")
    console.print(f"took {done.seconds:.1f} s")
    if settings.warehouse_path.exists():
        console.print(f"warehouse  {settings.warehouse_path}", soft_wrap=True, highlight=False)
        for page in sorted(settings.charts_path.glob("*.html")):
            console.print(f"chart      {page}", soft_wrap=True, highlight=False)
    console.print("lineage, checks and history: [bold]make ui[/], then http://localhost:3000", highlight=False)


def _line(platform: Platform, table: Table, run_ids: set[str]) -> _Line:
    line = _Line()
    if isinstance(table, RawTable):
        for sighting in platform.lake.ledger(table.name.table).read().all():
            if sighting.run_id in run_ids:
                line.partitions += 1
                line.rows_out += sighting.records or 0
                line.bytes += sighting.bytes
                if sighting.state == "refused":
                    line.add_rules({f"refused {sighting.uri}": 1})
    elif isinstance(table, ModelTable) and not table.is_view:
        for state in platform.lake.table(table.name).partitions().values():
            told = state.provenance
            if told.get("run_id") in run_ids:
                account = told.get("account", {})
                line.partitions += 1
                line.rows_in += account.get("arrived", 0)
                line.rows_out += told["rows"]
                line.seconds += told["wall_seconds"]
                line.bytes += told["bytes_written"]
                line.add_rules(account.get("rejected_by", {}) | account.get("dropped_by", {}))
    return line


def _table(lines: Iterable[tuple[str, _Line]]) -> RichTable:
    table = RichTable(title="what was done", title_justify="left")
    table.add_column("table")
    for heading in ("partitions", "rows in", "rows out", "seconds", "MB"):
        table.add_column(heading, justify="right")
    table.add_column("quarantined by rule")
    for name, line in lines:
        rules = sorted(line.rejected_by.items(), key=lambda item: -item[1])
        table.add_row(
            name,
            str(line.partitions),
            f"{line.rows_in:,}" if line.rows_in else "",
            f"{line.rows_out:,}",
            f"{line.seconds:.1f}" if line.seconds else "",
            f"{line.bytes / 1e6:.1f}",
            ", ".join(f"{rule} {rows:,}" for rule, rows in rules),
        )
    return table


def _print_waiting(console: Console, answer: Answer) -> None:
    for silent in answer.unanswered:
        console.print(f"[red]could not ask[/] {silent.table} {silent.partition}: {silent.error}", highlight=False)
    overdue = [item for item in answer.waiting if item.overdue]
    for item in overdue[:_MOST_LINES]:
        console.print(f"[yellow]waiting[/] {item.table} {item.partition}: {item.reason}", highlight=False)
    rest = len(answer.waiting) - len(overdue[:_MOST_LINES])
    if rest:
        console.print(f"{rest} {'more ' if overdue else ''}partitions wait for their sources or inputs")
