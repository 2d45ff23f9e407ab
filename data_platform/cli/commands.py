"""What each command does, in order. How it looks is in `report`, how a run goes in `driving`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from rich.console import Console

from data_platform import dagster_home
from data_platform.cli import driving, forgetting, quarantine, report, tracing
from data_platform.cli import lineage as told_lineage
from data_platform.cli.ui import commands, together
from data_platform.components.datasets import Datasets, installed
from data_platform.components.samples import ensure_sample
from data_platform.definitions import DATASETS, build
from data_platform.planning.stale import stale
from data_platform.resources.environment import settings
from data_platform.resources.platform import platform_of, resources_of
from data_platform.service.samples import push_samples
from data_platform.settings import SettingsError
from data_platform.sources.push import Push
from data_platform.steps.catalogue import catalogue
from data_platform.steps.forget import FOLLOWED
from data_platform.steps.openlineage import send_events, write_events


def run() -> int:
    """Makes everything that is stale, publishes it, and says what was done."""
    console = _console()
    datasets = installed(DATASETS)
    _ensure_samples(console, datasets)
    platform = platform_of(settings(), datasets.catalog)
    dashboards = [one for dataset in datasets.by_name.values() for one in dataset.dashboards]
    with dg.DagsterInstance.from_config(str(dagster_home.prepare(settings()))) as instance:
        done = driving.run_what_is_stale(instance, build(), platform, dashboards, console)
    report.print_done(console, platform, settings(), done)
    return 1 if done.failed else 0


def plan() -> int:
    """Prints what is stale, what waits and why; changes nothing."""
    console = _console()
    datasets = installed(DATASETS)
    _ensure_samples(console, datasets)
    platform = platform_of(settings(), datasets.catalog)
    answer = stale(platform.catalog, platform.lake, datetime.now(UTC))
    report.print_plan(console, platform.catalog, answer)
    return 1 if answer.unanswered else 0


def sample() -> int:
    """Generates what the sample sources lack."""
    _ensure_samples(_console(), installed(DATASETS))
    return 0


def ui(arguments: Sequence[str]) -> int:
    """Dagster's web server and daemon, and the endpoint for pushes where a table has it, until Ctrl-C."""
    catalog = installed(DATASETS).catalog
    pushes = any(isinstance(source, Push) for table in catalog for source in getattr(table, "sources", ()))
    return together(commands(arguments, with_pushes=pushes))


def serve(host: str | None, port: int | None) -> int:
    """Takes in what clients push to the tables that have such a source."""
    from data_platform.service.serving import serve as serve_at  # only this command needs a web server

    chosen = settings()
    chosen.check_home()
    platform = platform_of(chosen, installed(DATASETS).catalog)
    return serve_at(platform, host=host or chosen.push_host, port=chosen.push_port if port is None else port)


def reconsider(table: str, partitions: Sequence[str], *, apply: bool) -> int:
    """Says what today's contract and model make of a table's quarantined and clean rows; with `apply` makes it so."""
    platform = platform_of(settings(), installed(DATASETS).catalog)
    if not apply:
        return quarantine.say(platform, table, partitions, _console())
    with dg.DagsterInstance.from_config(str(dagster_home.prepare(settings()))) as instance:
        resources = resources_of(settings(), platform)
        return quarantine.do(instance, resources, platform, table, partitions, _console())


def trace(table: str, key: Sequence[str], *, null: Sequence[str], partition: str | None) -> int:
    """Prints the source files and row numbers behind the rows of a table that have these values."""
    platform = platform_of(settings(), installed(DATASETS).catalog)
    return tracing.say(platform, table, key, null=null, partition=partition, console=_console())


def forget(column: str, values: str, *, follow: Sequence[str] | None, dry_run: bool) -> int:
    """Takes people out of everything that the platform keeps; says what that came to."""
    read = forgetting.read(values)
    datasets = installed(DATASETS)
    platform = platform_of(settings(), datasets.catalog)
    dashboards = [one for dataset in datasets.by_name.values() for one in dataset.dashboards]
    with dg.DagsterInstance.from_config(str(dagster_home.prepare(settings()))) as instance:
        return forgetting.do(
            instance,
            resources_of(settings(), platform),
            dashboards,
            _console(),
            column=column,
            values=read,
            follow=follow or FOLLOWED,
            dry_run=dry_run,
        )


def docs() -> int:
    """Writes the catalogue of what is there, whether or not anything was loaded yet, and says where it is."""
    settings().check_home()
    platform = platform_of(settings(), installed(DATASETS).catalog)
    written = catalogue(platform, now=datetime.now(UTC))
    outcome = "written" if written.changed else "unchanged"
    _console().print(f"catalogue  {written.page} ({outcome})", soft_wrap=True, highlight=False)
    return 0


def lineage(table: str, *, verify: bool, rows: int) -> int:
    """Prints where each column of a table comes from; with `verify` after permuting its model's inputs."""
    platform = platform_of(settings(), installed(DATASETS).catalog)
    return told_lineage.say(platform, table, verify=verify, rows=rows, console=_console())


def openlineage(file: str | None, since: datetime | None) -> int:
    """Sends one event a commit to the receiver of the settings, or writes them to a file."""
    chosen = settings()
    platform = platform_of(chosen, installed(DATASETS).catalog)
    namespace, where = chosen.openlineage_namespace, file or chosen.openlineage
    if file is not None:
        count = write_events(platform, Path(file), namespace=namespace, since=since)
    elif chosen.openlineage is not None:
        count = send_events(platform, chosen.openlineage, chosen.secret_key, namespace=namespace, since=since)
    else:
        raise SettingsError("DATA_PLATFORM_OPENLINEAGE names no receiver; set its address, or write to a --file")
    _console().print(f"{count:,} events, one a commit: {where}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _console() -> Console:
    """As wide as the terminal; wide enough for the tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=120)


def _ensure_samples(console: Console, datasets: Datasets) -> None:
    if settings().sources != "sample":
        return
    settings().check_home()
    for name, dataset in datasets.by_name.items():
        folder = settings().samples_path / name
        if ensure_sample(dataset.folder, folder):
            console.print(f"generated the sample of {name} in {folder}")
    pushed = {name: settings().samples_path / name / "pushes" for name in datasets.by_name}
    for folder in (folder for folder in pushed.values() if folder.is_dir()):
        platform = platform_of(settings(), datasets.catalog)
        for table, count in push_samples(platform, folder).items():
            console.print(f"pushed {count} files of the sample to {table}")


# Each takes the arguments that `__main__` declares for it.
COMMANDS: Mapping[str, Callable[..., int]] = {
    "run": run,
    "plan": plan,
    "sample": sample,
    "serve": serve,
    "ui": ui,
    "reconsider": reconsider,
    "trace": trace,
    "lineage": lineage,
    "openlineage": openlineage,
    "docs": docs,
    "forget": forget,
}
