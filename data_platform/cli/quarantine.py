"""The command `reconsider`: asks, or does it through the job of that name, and prints what comes of each row."""

from collections import Counter
from collections.abc import Mapping, Sequence

import dagster as dg
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from data_platform.cli.driving import QUIET, failures
from data_platform.components.command_runs import OWNER_TAG, free_dead_runs, owner
from data_platform.components.reconsidering import reconsider_job
from data_platform.engines.comparing import Moved
from data_platform.lake.errors import LakeError
from data_platform.planning.catalog import ModelTable
from data_platform.steps.errors import StepError
from data_platform.steps.platform import Platform
from data_platform.steps.reconsider import Reconsidered, built_partitions, staged_table
from data_platform.steps.reconsider import reconsider as reconsidered

_SOME = 20


def say(platform: Platform, name: str, partitions: Sequence[str], console: Console) -> int:
    """Prints what would happen; 1 when a partition could not be made, or would be refused."""
    table = staged_table(platform.catalog, name)
    found, failed = [], []
    for partition in built_partitions(platform, table, partitions):
        try:
            with console.status(f"{table.name} {partition}"):
                found.append(reconsidered(platform, table, partition))
        except (StepError, LakeError) as error:
            failed.append(str(error))
    _print(console, table, found)
    if any(told.differs for told in found):
        console.print(f"Nothing was changed. `--apply` makes {_those(found)} again from raw.", highlight=False)
    elif not failed:
        console.print("Inputs and code are those of the commits: nothing would change.")
    _print_failed(console, failed)
    return 1 if failed or any(told.refusal for told in found) else 0


def do(
    instance: dg.DagsterInstance,
    resources: Mapping[str, object],
    platform: Platform,
    name: str,
    partitions: Sequence[str],
    console: Console,
) -> int:
    """Makes the partitions in a run of the job, and prints what became of their rows; 1 when one could not be made."""
    table = staged_table(platform.catalog, name)
    chosen = list(built_partitions(platform, table, partitions))
    found: list[Reconsidered] = []
    free_dead_runs(instance)
    with owner(instance) as ours, console.status(f"{table.name}: {len(chosen)} partitions"):
        config = {"table": table.name.sql, "partitions": chosen, "apply": True}
        result = reconsider_job(found.append).execute_in_process(
            instance=instance,
            resources=dict(resources),
            run_config={**QUIET, "ops": {"reconsider_table": {"config": config}}},
            tags={OWNER_TAG: ours},
            raise_on_error=False,
        )
    _print(console, table, found)
    made = [told for told in found if told.differs]
    if made:
        readers = ", ".join(reader.sql for reader in platform.catalog.readers[table.name])
        then = f" What reads it ({readers}) follows with `make run`." if readers else ""
        console.print(f"Made and committed: {_those(made)}.{then}", highlight=False)
    elif result.success:
        console.print("Inputs and code are those of the commits: nothing was made.")
    _print_failed(console, failures(result))
    return 0 if result.success else 1


def _those(found: Sequence[Reconsidered]) -> str:
    keys = [told.partition for told in found if told.differs]
    return ", ".join(keys) if len(keys) <= _SOME else f"{len(keys)} partitions, {keys[0]} to {keys[-1]},"


def _print(console: Console, table: ModelTable, found: Sequence[Reconsidered]) -> None:
    differing = [told for told in found if told.differs]
    if not differing:
        return
    console.print(_partitions(differing, table.name.sql))
    for told in differing:
        if told.refusal:
            console.print(f"[red]{told.partition} would be refused[/]: {escape(told.refusal)}", highlight=False)
    _print_moved(console, "quarantined rows that pass, by the rules they broke", [told.passing for told in differing])
    _print_moved(console, "clean rows that newly fail, by the rules they break", [told.failing for told in differing])


def _print_moved(console: Console, title: str, moves: Sequence[Moved]) -> None:
    """How many by rule, then some of them."""
    counts: Counter[str] = Counter()
    for moved in moves:
        counts.update(moved.by_rule)
    if not counts:
        return
    rules = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    rules.add_column(title, no_wrap=True)
    rules.add_column("rows", justify="right")
    for rule, rows in counts.most_common():
        rules.add_row(rule, f"{rows:,}")
    console.print(rules)
    for example in [example for moved in moves for example in moved.examples][:_SOME]:
        told = f"row {example.row} of {example.uri}: {', '.join(example.rules)}"
        console.print(told, highlight=False, markup=False, soft_wrap=True)


def _partitions(found: Sequence[Reconsidered], title: str) -> RichTable:
    """A line for each partition; what happens to none of them has no column."""
    columns = {
        "quarantined": [told.quarantined for told in found],
        "pass": [told.passing.rows for told in found],
        "clean": [told.clean for told in found],
        "newly fail": [told.failing.rows for told in found],
        "dropped": [told.let_go for told in found],
        "taken up": [told.taken_up for told in found],
        "of replaced files": [told.replaced for told in found],
        "of new files": [told.arrived for told in found],
    }
    always = ("quarantined", "pass", "clean", "newly fail")
    shown = {name: rows for name, rows in columns.items() if name in always or any(rows)}
    table = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for name in shown:
        table.add_column(name, justify="right")
    for number, told in enumerate(found):
        table.add_row(told.partition, *(f"{rows[number]:,}" for rows in shown.values()))
    return table


def _print_failed(console: Console, failed: Sequence[str]) -> None:
    for text in failed:
        console.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
